"""Disputes, opened by the test cards that ask for one."""

import copy

from docker.stripe import ledger, lists
from docker.stripe.call import Call
from docker.stripe.errors import invalid_request
from docker.stripe.objects import UNTOUCHED, merge_metadata, new_object
from docker.stripe.store import Body

NETWORK_CODES = {"fraudulent": "10.4", "product_not_received": "13.1"}
DAYS_TO_ANSWER = 9
OPEN = "needs_response"
# What test mode takes as evidence that decides a dispute (docs, "Testing").
VERDICTS = {"winning_evidence": "won", "losing_evidence": "lost"}


def open_(call: Call, charge: Body, reason: str) -> Body:
    """The bank takes the charge's amount back at once, and Stripe its fee."""
    dispute = new_object(
        "dispute",
        call.now,
        amount=charge["amount"],
        charge=charge["id"],
        currency=charge["currency"],
        evidence=UNTOUCHED["dispute_evidence"] | {"enhanced_evidence": {}},
        evidence_details={
            "due_by": call.now - call.now % ledger.DAY + DAYS_TO_ANSWER * ledger.DAY - 1,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        payment_intent=charge["payment_intent"],
        payment_method_details={
            "card": {
                "brand": charge["payment_method_details"]["card"]["brand"],
                "case_type": "chargeback",
                "network": charge["payment_method_details"]["card"]["network"],
                "network_reason_code": NETWORK_CODES[reason],
            },
            "type": "card",
        },
        reason=reason,
        status=OPEN,
    )
    fee = {
        "amount": ledger.DISPUTE_FEE,
        "application": None,
        "currency": charge["currency"],
        "description": "Dispute fee",
        "type": "stripe_fee",
    }
    withdrawn = ledger.enter(
        call,
        dispute | {"description": f"Chargeback withdrawal for {charge['id']}"},
        "adjustment",
        -charge["amount"],
        fee=ledger.DISPUTE_FEE,
        fee_details=[fee],
        reporting_category="dispute",
    )
    dispute["balance_transactions"] = [withdrawn]
    call.save("charge", charge, charge | {"disputed": True}, "charge.updated")
    call.create("dispute", dispute, "charge.dispute.created")
    call.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def update(call: Call) -> Body:
    """New evidence and metadata; submitted evidence is judged at once, as in test mode."""
    before = call.target("dispute")
    after = copy.deepcopy(before)
    merge_metadata(after, call.params)
    evidence = call.params.get("evidence")
    if evidence:
        _require_open(before)
        after["evidence"] |= evidence
        after["evidence_details"]["has_evidence"] = True
        if call.params.get("submit", True):
            after["evidence_details"]["submission_count"] += 1
            text = str(after["evidence"]["uncategorized_text"])
            after["status"] = VERDICTS.get(text, "under_review")
    return _settle(call, before, after)


def close(call: Call) -> Body:
    before = call.target("dispute")
    _require_open(before)
    return _settle(call, before, before | {"status": "lost"})


def retrieve(call: Call) -> Body:
    return call.target("dispute")


def list_(call: Call) -> bytes:
    return lists.page(call, "dispute")


def _require_open(dispute: Body) -> None:
    if dispute["status"] != OPEN:
        raise invalid_request("This dispute is already closed")


def _settle(call: Call, before: Body, after: Body) -> Body:
    if after["status"] == "won":
        returned = ledger.enter(
            call,
            after | {"description": f"Chargeback reversal for {after['charge']}"},
            "adjustment",
            after["amount"],
            reporting_category="dispute_reversal",
        )
        after["balance_transactions"] = [*after["balance_transactions"], returned]
    closed = after["status"] in ("won", "lost")
    call.save("dispute", before, after, f"charge.dispute.{'closed' if closed else 'updated'}")
    if after["status"] == "won":
        call.emit("charge.dispute.funds_reinstated", after)
    return after
