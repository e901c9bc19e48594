"""Money as Shopify shows it: decimal arithmetic, `12.5`-style amounts, bags of two currencies.

Documents store a bag as one short string, `"12.5 USD"` or `"12.5 USD/17.0 CAD"` (shop money /
presentment money). It is small, and the expanded objects are shared by all readers.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

CENT = Decimal("0.01")
ZERO = Decimal(0)
# currencies without a minor unit that shops are likely to use
WHOLE = frozenset({"JPY", "KRW", "VND", "CLP", "ISK", "XAF", "XOF", "UGX", "PYG", "RWF"})


def rounded(amount: Decimal, currency: str = "USD") -> Decimal:
    return amount.quantize(Decimal(1) if currency in WHOLE else CENT, ROUND_HALF_UP)


def amount_text(amount: Decimal) -> str:
    """`10.0`, `10.5`, `10.25`: at least one decimal, no trailing zeros after it."""
    text = f"{amount:.2f}"
    return text[:-1] if text.endswith("0") else text


class Bag:
    """An amount in the shop's currency and in the buyer's."""

    __slots__ = ("presentment", "presentment_currency", "shop", "shop_currency")

    def __init__(
        self,
        shop: Decimal,
        shop_currency: str,
        presentment: Decimal | None = None,
        presentment_currency: str | None = None,
    ) -> None:
        self.shop = shop
        self.shop_currency = shop_currency
        self.presentment = shop if presentment is None else presentment
        self.presentment_currency = presentment_currency or shop_currency

    def _like(self, shop: Decimal, presentment: Decimal) -> "Bag":
        return Bag(shop, self.shop_currency, presentment, self.presentment_currency)

    def __add__(self, other: "Bag") -> "Bag":
        return self._like(self.shop + other.shop, self.presentment + other.presentment)

    def __sub__(self, other: "Bag") -> "Bag":
        return self._like(self.shop - other.shop, self.presentment - other.presentment)

    def times(self, factor: Decimal | int) -> "Bag":
        """Multiplied and rounded to the currency's unit."""
        return self._like(
            rounded(self.shop * factor, self.shop_currency),
            rounded(self.presentment * factor, self.presentment_currency),
        )

    def __str__(self) -> str:
        shop = f"{amount_text(self.shop)} {self.shop_currency}"
        if self.presentment_currency == self.shop_currency:
            return shop
        return f"{shop}/{amount_text(self.presentment)} {self.presentment_currency}"


def parse(text: str) -> Bag:
    shop, _, presentment = text.partition("/")
    amount, _, currency = shop.partition(" ")
    if not presentment:
        return Bag(Decimal(amount), currency)
    amount2, _, currency2 = presentment.partition(" ")
    return Bag(Decimal(amount), currency, Decimal(amount2), currency2)


def total(bags: Iterable[Bag], zero: Bag) -> Bag:
    for bag in bags:
        zero = zero + bag
    return zero


def shares(whole: Decimal, weights: list[Decimal], currency: str) -> list[Decimal]:
    """`whole` split by `weights`, rounded, adding up exactly (the last share takes the rest)."""
    sum_of_weights = sum(weights, ZERO)
    if not sum_of_weights:
        return [ZERO for _ in weights]
    out: list[Decimal] = []
    seen = given = ZERO
    for weight in weights:
        seen += weight
        upto = rounded(whole * seen / sum_of_weights, currency)
        out.append(upto - given)
        given = upto
    return out


@lru_cache(maxsize=200_000)
def bag_json(text: str) -> dict[str, Any]:
    """The MoneyBag object of a stored string; shared, so never changed."""
    bag = parse(text)
    return {
        "shopMoney": money_json(f"{amount_text(bag.shop)} {bag.shop_currency}"),
        "presentmentMoney": money_json(
            f"{amount_text(bag.presentment)} {bag.presentment_currency}"
        ),
    }


@lru_cache(maxsize=200_000)
def money_json(text: str) -> dict[str, str]:
    """The MoneyV2 object of `12.5 USD`; shared, so never changed."""
    amount, _, currency = text.partition("/")[0].partition(" ")
    return {"amount": amount, "currencyCode": currency}
