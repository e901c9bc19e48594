"""The balance: a transaction for every movement of money, with its fee and its day."""

from datetime import UTC, datetime, timedelta
from typing import Any

from docker.stripe.call import Call
from docker.stripe.objects import new_object
from docker.stripe.store import Body

DAY = 86400
AVAILABLE_AFTER_DAYS = 2  # T+2 in business days, a United States account's schedule
DISPUTE_FEE = 1500


def charge(call: Call, body: Body) -> Body:
    """What a captured charge brings: its amount less the processing fee."""
    amount = body["amount_captured"] or body["amount"]
    fee = processing_fee(amount)
    details = [
        {
            "amount": fee,
            "application": None,
            "currency": body["currency"],
            "description": "Stripe processing fees",
            "type": "stripe_fee",
        }
    ]
    return enter(call, body, "charge", amount, fee=fee, fee_details=details)


def processing_fee(amount: int) -> int:
    """2.9% + 30 minor units, half a unit rounded up. Stripe keeps it when a charge is refunded."""
    return (amount * 29 + 500) // 1000 + 30


def enter(call: Call, source: Body, type_: str, amount: int, **fields: Any) -> Body:
    """A new balance transaction of `source`; `net` is the amount less the fee."""
    transaction = new_object(
        "balance_transaction",
        call.now,
        amount=amount,
        available_on=available_on(call.now),
        balance_type="payments",
        currency=source["currency"],
        description=source.get("description"),
        reporting_category=type_,
        source=source["id"],
        status="pending",
        type=type_,
    )
    transaction |= fields
    transaction["net"] = amount - transaction["fee"]
    return call.create("balance_transaction", transaction)


def available_on(created: int) -> int:
    """Midnight UTC, two business days after the day of `created`."""
    return add_business_days(created - created % DAY, AVAILABLE_AFTER_DAYS)


def add_business_days(midnight: int, days: int) -> int:
    """Saturdays and Sundays do not count; bank holidays do (this service knows none)."""
    day = datetime.fromtimestamp(midnight, UTC)
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < 5
    return int(day.timestamp())
