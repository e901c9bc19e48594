"""A client without a pace on the shared local Stripe."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe
from local_service import Service
from stripe_account import At, official, unlimited

from scripts import settings
from scripts.landing.writer import iso
from scripts.stripe.client import Client


@pytest.fixture
def client(stripe_environment: dict[str, str]) -> Client:
    return Client(settings.stripe(), unlimited())


@pytest.fixture
def account(stripe_environment: dict[str, str]) -> stripe.StripeClient:
    """The official client, for what a shop does."""
    return official(stripe_environment["STRIPE_API_BASE"], stripe_environment["STRIPE_API_KEY"])


@pytest.fixture
def subscription(account: stripe.StripeClient) -> Any:
    """A monthly subscription to twelve things, paid with a card."""
    customer = account.v1.customers.create({"email": "ann@example.com"})
    method = account.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    items: Any = []
    for n in range(12):
        price = account.v1.prices.create(
            {
                "currency": "usd",
                "unit_amount": 1000 + n,
                "recurring": {"interval": "month"},
                "product_data": {"name": f"Thing {n}"},
            }
        )
        items.append({"price": price.id})
    return account.v1.subscriptions.create(
        {"customer": customer.id, "default_payment_method": method.id, "items": items}
    )


@pytest.fixture
def ago(stripe_server: Service) -> At:
    """Sets Stripe's clock so long before now; zero is now again."""

    def move(age: timedelta) -> None:
        now = iso(datetime.now(UTC) - age) if age else None
        stripe_server.admin("POST", "clock", {"now": now})

    return move
