from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docker.shopify.money import Bag, amount_text, bag_json, parse, shares

CENTS = st.integers(min_value=0, max_value=10_000_000).map(lambda n: Decimal(n) / 100)


@pytest.mark.parametrize(
    ("amount", "text"), [("10", "10.0"), ("10.50", "10.5"), ("10.25", "10.25"), ("0", "0.0")]
)
def test_amounts_are_written_as_shopify_writes_them(amount: str, text: str) -> None:
    assert amount_text(Decimal(amount)) == text


@given(whole=CENTS, weights=st.lists(CENTS, min_size=1, max_size=12))
def test_shares_add_up_to_the_cent(whole: Decimal, weights: list[Decimal]) -> None:
    parts = shares(whole, weights, "USD")
    assert sum(parts) == (whole if any(weights) else 0)
    assert all(part >= 0 for part in parts)


def test_a_bag_keeps_both_currencies() -> None:
    bag = Bag(Decimal("10.00"), "CAD", Decimal("7.00"), "USD")
    assert str(bag) == "10.0 CAD/7.0 USD"
    assert str(parse(str(bag)).times(3)) == "30.0 CAD/21.0 USD"
    assert bag_json(str(bag)) == {
        "shopMoney": {"amount": "10.0", "currencyCode": "CAD"},
        "presentmentMoney": {"amount": "7.0", "currencyCode": "USD"},
    }
