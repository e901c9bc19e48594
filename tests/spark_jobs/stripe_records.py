"""Small Stripe objects with only the fields that a test is about; amounts in cents."""

from datetime import datetime


def epoch(at: str) -> int:
    return int(datetime.fromisoformat(at).timestamp())


def charge(charge_id: str, amount: int, order: str | None = None, **more) -> dict:
    status = more.get("status", "succeeded")
    taken = amount if status == "succeeded" and more.get("captured", True) else 0
    return {
        "id": charge_id,
        "created": epoch("2026-03-02T15:00:00+00:00"),
        "amount": amount,
        "amount_captured": taken,
        "amount_refunded": 0,
        "currency": "usd",
        "status": status,
        "captured": bool(taken),
        "refunded": False,
        "metadata": {"shopify_order_id": order} if order else {},
        **more,
    }


def entry(txn_id: str, source: str, amount: int, fee: int, available: str, **more) -> dict:
    """A balance transaction."""
    return {
        "id": txn_id,
        "created": epoch("2026-03-02T15:00:00+00:00"),
        "available_on": epoch(f"{available}T00:00:00+00:00"),
        "amount": amount,
        "fee": fee,
        "net": amount - fee,
        "currency": "usd",
        "type": "charge",
        "source": source,
        **more,
    }


def payout(payout_id: str, day: str, amount: int, automatic: bool = True) -> dict:
    return {
        "id": payout_id,
        "created": epoch(f"{day}T00:00:00+00:00"),
        "arrival_date": epoch(f"{day}T00:00:00+00:00"),
        "amount": amount,
        "currency": "usd",
        "status": "paid",
        "automatic": automatic,
        "balance_transaction": f"txn_{payout_id}",
    }


def subscription(sub_id: str, customer: str, cents: int, start: str, **more) -> dict:
    price = {"unit_amount": cents, "recurring": {"interval": "month", "interval_count": 1}}
    item = {"id": f"si_{sub_id}", "quantity": more.pop("quantity", 1), "price": price}
    price["recurring"] |= {"interval": more.pop("interval", "month")}
    return {
        "id": sub_id,
        "customer": customer,
        "status": "active",
        "created": epoch(f"{start}T12:00:00+00:00"),
        "start_date": epoch(f"{start}T12:00:00+00:00"),
        "currency": "usd",
        "items": {"data": [item]},
        **more,
    }
