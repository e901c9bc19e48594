"""Payouts: made by the passing days (see `docker.stripe.days`), read and annotated here."""

import copy

from docker.stripe import ledger, lists
from docker.stripe.call import Call
from docker.stripe.objects import merge_metadata, new_object
from docker.stripe.resources.accounts import BANK_ACCOUNT_ID
from docker.stripe.store import Body


def make(call: Call, currency: str, amount: int) -> Body:
    """An automatic payout of `amount`, and the balance transaction that takes it out."""
    payout = new_object(
        "payout",
        call.now,
        amount=amount,
        arrival_date=ledger.add_business_days(call.now - call.now % ledger.DAY, 1),
        automatic=True,
        currency=currency,
        description="STRIPE PAYOUT",
        destination=BANK_ACCOUNT_ID,
        metadata={},
        method="standard",
        reconciliation_status="in_progress",
        source_type="card",
        status="pending",
        trace_id={"status": "pending", "value": None},
        type="bank_account",
    )
    taken = ledger.enter(call, payout, "payout", -amount, available_on=call.now, status="available")
    payout["balance_transaction"] = taken["id"]
    return call.create("payout", payout, "payout.created")


def update(call: Call) -> Body:
    before = call.target("payout")
    after = copy.deepcopy(before)
    merge_metadata(after, call.params)
    return call.save("payout", before, after, "payout.updated")


def retrieve(call: Call) -> Body:
    return call.target("payout")


def list_(call: Call) -> bytes:
    return lists.page(call, "payout")
