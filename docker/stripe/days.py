"""What the passing of time does: money becomes available, payouts are made, sent and paid.
What it bills is in `cycles.py`.

Money of a day is available two business days later at midnight UTC. At that moment everything
available in a currency goes into one payout (`pending`), which is `in_transit` from noon and `paid`
on its arrival date, the next business day. A balance that is not above zero waits.
"""

from docker.stripe import cycles
from docker.stripe.call import Call
from docker.stripe.objects import API_VERSION
from docker.stripe.resources import payouts
from docker.stripe.store import Body, Store

SENT_AFTER_SECONDS = 43200
DUE = f"""
SELECT min(due) FROM (
    SELECT min(json_extract(body, '$.available_on')) AS due FROM balance_transaction
    WHERE json_extract(body, '$.status') = 'pending'
    UNION ALL SELECT min(created) + ? FROM payout WHERE json_extract(body, '$.status') = 'pending'
    UNION ALL SELECT min(json_extract(body, '$.arrival_date')) FROM payout
    WHERE json_extract(body, '$.status') = 'in_transit'
    UNION ALL {cycles.DUE}
)
"""
# The plus keeps SQLite on the index of `payout`: the unpaid few, not all that was ever available.
UNPAID = """
SELECT json_extract(body, '$.currency'), sum(json_extract(body, '$.net')) FROM balance_transaction
WHERE payout IS NULL AND +json_extract(body, '$.status') = 'available' GROUP BY 1
"""
CLAIM = """
UPDATE balance_transaction SET payout = ? WHERE payout IS NULL
AND +json_extract(body, '$.status') = 'available' AND +json_extract(body, '$.currency') = ?
"""
AVAILABLE = """
UPDATE balance_transaction SET body = json_set(body, '$.status', 'available')
WHERE json_extract(body, '$.status') = 'pending' AND json_extract(body, '$.available_on') <= ?
"""


def due(store: Store) -> int | None:
    """The next moment at which time changes something; None when nothing waits."""
    moment: int | None = store.db.execute(DUE, (SENT_AFTER_SECONDS,)).fetchone()[0]
    return moment


def advance(store: Store, now: int) -> None:
    """Lives through every moment up to `now`, each with its own time stamps, in order."""
    while (moment := due(store)) is not None and moment <= now:
        with store.transaction():
            _live(store, moment)


def _live(store: Store, moment: int) -> None:
    call = Call(store, moment, "", "", {}, {}, API_VERSION, "")
    cycles.live(call)
    for payout in _with_status(store, "in_transit"):
        if payout["arrival_date"] <= moment:
            trace = {"status": "supported", "value": f"trace{payout['id'][-12:]}"}
            changes = {"status": "paid", "reconciliation_status": "completed", "trace_id": trace}
            paid = call.save("payout", payout, payout | changes, "payout.paid")
            call.emit("payout.reconciliation_completed", paid)
    for payout in _with_status(store, "pending"):
        if payout["created"] + SENT_AFTER_SECONDS <= moment:
            call.save("payout", payout, payout | {"status": "in_transit"}, "payout.updated")
    if store.db.execute(AVAILABLE, (moment,)).rowcount:
        _pay_out(call)


def _pay_out(call: Call) -> None:
    for currency, amount in call.store.db.execute(UNPAID).fetchall():
        if amount > 0:
            payout = payouts.make(call, currency, amount)
            # The payout's own transaction is claimed with the rest: it is listed with them.
            call.store.db.execute(CLAIM, (payout["id"], currency))


def _with_status(store: Store, status: str) -> list[Body]:
    return store.select("payout", "json_extract(body, '$.status') = ?", status)
