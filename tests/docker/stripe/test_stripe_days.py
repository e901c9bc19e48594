"""Payouts as the clock moves; the dates are worked out by hand on the calendar of 2026."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from stripe_local import Local

from docker.stripe.errors import StripeError
from docker.stripe.ledger import available_on, processing_fee

THURSDAY = datetime(2026, 9, 3, 15, 30, tzinfo=UTC)


def at(*when: int) -> datetime:
    return datetime(2026, 9, *when, tzinfo=UTC)


def payouts(local: Local, now: datetime) -> list[dict[str, Any]]:
    local.clock.set(now)
    return local.call("GET", "/v1/payouts", {"limit": 100})["data"]


def test_fees_by_hand() -> None:
    """2.9% + 30: 50 -> 1.45 + 30, 500 -> 14.5 + 30, 4999 -> 144.971 + 30, 5000 -> 145 + 30."""
    assert [processing_fee(a) for a in (50, 500, 4999, 5000)] == [31, 45, 175, 175]


def test_money_is_available_two_business_days_later() -> None:
    def available(day: int, hour: int = 23) -> datetime:
        return datetime.fromtimestamp(available_on(int(at(day, hour).timestamp())), UTC)

    assert available(1, 0) == at(3)  # Tuesday to Thursday
    assert available(3) == at(7)  # Thursday to Monday
    assert available(4) == at(8)  # Friday to Tuesday
    assert available(5) == at(8)  # Saturday and Sunday go with Friday
    assert available(6) == at(8)


def test_a_payout_is_pending_then_in_transit_then_paid(local: Local) -> None:
    local.clock.set(THURSDAY)
    first, second = local.pay(5000), local.pay(2000)
    local.call("POST", "/v1/refunds", {"payment_intent": second["id"], "amount": 500})
    assert payouts(local, at(6, 23, 59)) == []
    (payout,) = payouts(local, at(7, 0, 1))
    # 5000 - 175 + 2000 - 88 - 500
    assert (payout["amount"], payout["status"], payout["automatic"]) == (6237, "pending", True)
    assert payout["created"] == at(7).timestamp()
    assert payout["arrival_date"] == at(8).timestamp()
    assert payouts(local, at(7, 12, 1))[0]["status"] == "in_transit"
    assert payouts(local, at(8, 0, 1))[0]["status"] == "paid"
    rows = local.call(
        "GET",
        "/v1/balance_transactions",
        {"payout": payout["id"], "expand[]": "data.source"},
    )["data"]
    assert [row["type"] for row in rows] == ["payout", "refund", "charge", "charge"]
    assert rows[0]["source"]["id"] == payout["id"]
    assert rows[0]["id"] == payout["balance_transaction"]
    assert rows[3]["source"]["id"] == first["latest_charge"]
    assert {row["status"] for row in rows} == {"available"}
    assert sum(row["net"] for row in rows) == 0


def test_only_an_automatic_payout_knows_its_transactions(local: Local) -> None:
    local.store.insert("payout", {"id": "po_hand", "object": "payout", "automatic": False})
    message = "Balance transaction history can only be filtered on automatic transfers, not manual."
    with pytest.raises(StripeError, match=message) as refused:
        local.call("GET", "/v1/balance_transactions", {"payout": "po_hand"})
    assert refused.value.status == 400
    with pytest.raises(StripeError, match="No such payout: 'po_none'"):
        local.call("GET", "/v1/balance_transactions", {"payout": "po_none"})


def test_a_jump_over_weeks_lives_through_every_day(local: Local) -> None:
    for day in (1, 2, 3):
        local.clock.set(at(day, 10))
        local.pay(1000 * day)
    made = payouts(local, at(25, 8))
    assert [p["created"] for p in made] == [at(d).timestamp() for d in (7, 4, 3)]
    assert [p["amount"] for p in made] == [3000 - 117, 2000 - 88, 1000 - 59]
    assert {p["status"] for p in made} == {"paid"}
    events = local.call("GET", "/v1/events", {"type": "payout.*", "limit": 100})["data"]
    assert [e["type"] for e in events[:4]] == [
        "payout.reconciliation_completed",
        "payout.paid",
        "payout.updated",
        "payout.created",
    ]
    assert len(events) == 12
    assert [e["created"] for e in events] == sorted((e["created"] for e in events), reverse=True)


def test_a_balance_below_zero_waits(local: Local) -> None:
    local.clock.set(at(1, 10))
    intent = local.pay(5000)
    assert len(payouts(local, at(7, 10))) == 1
    local.call("POST", "/v1/refunds", {"payment_intent": intent["id"]})
    assert len(payouts(local, at(11, 10))) == 1
    local.pay(9000)
    (payout, _) = payouts(local, at(21, 10))
    assert payout["amount"] == 9000 - 291 - 5000


def test_every_transaction_is_paid_out_once(local: Local) -> None:
    dice = random.Random(7)
    intents = []
    for day in range(30):
        local.clock.set(at(1, 9) + timedelta(days=day))
        intents += [local.pay(dice.randrange(500, 20_000)) for _ in range(dice.randrange(4))]
        if intents and day % 3 == 0:
            chosen = intents.pop(dice.randrange(len(intents)))
            local.call("POST", "/v1/refunds", {"payment_intent": chosen["id"], "amount": 300})
    made = payouts(local, at(1) + timedelta(days=60))
    seen: list[str] = []
    for payout in made:
        rows = local.call(
            "GET", "/v1/balance_transactions", {"payout": payout["id"], "limit": 100}
        )["data"]
        assert sum(row["net"] for row in rows if row["type"] != "payout") == payout["amount"]
        seen += [row["id"] for row in rows]
    every = local.store.db.execute("SELECT id FROM balance_transaction").fetchall()
    assert sorted(seen) == sorted(id_ for (id_,) in every)
    balance = local.call("GET", "/v1/balance")
    assert balance["available"][0]["amount"] == balance["pending"][0]["amount"] == 0
