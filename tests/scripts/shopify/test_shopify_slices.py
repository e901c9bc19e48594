"""The parts of a window: each moment in one of them, however finely the shop keeps time."""

import re
from datetime import UTC, datetime
from operator import ge, gt, le

from hypothesis import given
from hypothesis import strategies as st

from scripts.landing.window import Slice, halves
from scripts.landing.writer import iso
from scripts.shopify.planning import BEGINNING, cut, search
from scripts.shopify.streams import STREAMS

ORDERS = next(stream for stream in STREAMS if stream.name == "orders")
COMPARED = {"<=": le, ">=": ge, ">": gt}


@given(
    st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2026, 1, 1, 0, 1)),
    st.integers(2, 60),
)
def test_a_record_is_in_one_slice_whatever_its_microseconds(at: datetime, pieces: int) -> None:
    """Shopify shows whole seconds, but recorded cursors of its orders and customers end in
    `2026-06-22 22:34:00.609599`: between `<=...:00` and `>=...:01` such an order was in no slice,
    and each slice's count was right."""
    minute = Slice("2026-01-01T00:00:00.000000Z", "2026-01-01T00:01:00.000000Z")
    slices = [
        half
        for piece in cut(minute, str(minute.since), pieces)
        for half in halves(piece, BEGINNING) or (piece,)
    ]
    moment = iso(at.replace(tzinfo=UTC))
    searches = [re.findall(r"updated_at:([<>]=?)'(.*?)'", search(ORDERS, s)) for s in slices]
    found = [s for s in searches if all(COMPARED[op](moment, bound) for op, bound in s)]
    assert len(found) == 1
