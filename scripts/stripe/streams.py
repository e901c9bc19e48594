"""What is pulled from Stripe: each stream is a description, one engine (pull.py) runs them all."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Stream:
    """A list of the API.

    events: event types (one trailing wildcard) that tell of changes; None where Stripe sends none,
    so a window of `lookback` is read again and compared instead.
    """

    name: str
    path: str
    object: str
    events: str | None
    lookback: timedelta = timedelta(hours=1)


STREAMS = (
    Stream("customers", "/v1/customers", "customer", "customer.*"),
    Stream("payment_intents", "/v1/payment_intents", "payment_intent", "payment_intent.*"),
    Stream("charges", "/v1/charges", "charge", "charge.*"),
    # Refunds tell of themselves as refund.*, in older accounts as charge.refund.updated only.
    Stream("refunds", "/v1/refunds", "refund", "refund.*"),
    # pending → available within days, without an event.
    Stream(
        "balance_transactions",
        "/v1/balance_transactions",
        "balance_transaction",
        None,
        lookback=timedelta(days=14),
    ),
    Stream("payouts", "/v1/payouts", "payout", "payout.*"),
)
