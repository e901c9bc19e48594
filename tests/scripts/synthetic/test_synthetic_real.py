"""Where people really buy, nothing is invented."""

import pytest
from hostile import Answer, hostile

from scripts.errors import FatalError
from scripts.settings import Shopify, Stripe
from scripts.shopify.client import Client
from scripts.synthetic.payments import Payments
from scripts.synthetic.shop import prepare


def test_a_shop_that_is_open_gets_no_orders() -> None:
    shop = {"myshopifyDomain": "open.myshopify.com", "plan": {"partnerDevelopment": False}}
    with hostile(Answer({"data": {"shop": shop, "locations": {"nodes": []}}})) as server:
        client = Client(Shopify(server.url, "tests-" + "token", "2026-10"))
        with pytest.raises(FatalError, match=r"^open\.myshopify\.com is no development store"):
            prepare(client)
        assert len(server.asked) == 1


@pytest.mark.parametrize("kind", ["sk", "rk"])
def test_a_live_key_takes_no_payments(kind: str) -> None:
    with pytest.raises(FatalError, match="STRIPE_API_KEY is a live one"):
        Payments(Stripe("_".join((kind, "live", "real" * 5)), None, 25))
