"""Money that was pending when its list was read last, and should be there by now.

The lookback covers what settles within two weeks. A payout delay of 30 days, as in Brazil, or a
reserve of 90 lies beyond it; the state remembers such objects until their day (`Head.changes`).
"""

from collections.abc import Iterator
from dataclasses import replace

from scripts.landing.slices import Change
from scripts.landing.state import read_state
from scripts.landing.store import Store
from scripts.landing.window import Slice
from scripts.stripe.changed import fetched
from scripts.stripe.client import Client
from scripts.stripe.pages import head_of
from scripts.stripe.plan import bounds, instant
from scripts.stripe.streams import Stream


def settled(client: Client, store: Store, stream: Stream, piece: Slice) -> Iterator[Change]:
    """What is remembered, was due before the window's end and was not met in its list."""
    state = read_state(store, "stripe", stream.name)
    met = state.open.seen if state.open else {}
    end = bounds(piece)["lte"]
    due = [
        (key, end) for key, (_, at) in state.seen.items() if key not in met and at <= piece.until
    ]
    for change in fetched(client, stream, {"gte": end + 1}, due):
        yield change if change.deleted else _timed(change)


def _timed(change: Change) -> Change:
    assert isinstance(change.record, dict)
    return replace(change, at=instant(head_of(change.record).changes))
