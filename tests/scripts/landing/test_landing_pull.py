"""Windows, and what a pull lands of what it reads."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lake import landed, manifests

from scripts.errors import FatalError
from scripts.landing.pull import (
    Change,
    Request,
    Window,
    fingerprint,
    land,
    normalize_time,
    plan_window,
)
from scripts.landing.state import State, read_state
from scripts.landing.store import LostRaceError, Store
from scripts.landing.writer import iso
from scripts.shopify.pull import _halves
from scripts.shopify.streams import STREAMS

moments = st.datetimes(datetime(2010, 1, 1), datetime(2025, 1, 1), timezones=st.just(UTC))
lookbacks = st.timedeltas(timedelta(0), timedelta(days=30))


@given(cursor=moments, lookback=lookbacks)
def test_the_next_window_meets_the_last_one(cursor: datetime, lookback: timedelta) -> None:
    window = plan_window(State(3, iso(cursor)), Request(), lookback)
    assert window.since == iso(cursor - lookback)
    assert window.since <= iso(cursor) <= window.until
    assert window.moves_cursor


@given(since=moments, until=moments, cursor=st.none() | moments, lookback=lookbacks)
def test_an_asked_for_window_is_taken_as_it_is(
    since: datetime, until: datetime, cursor: datetime | None, lookback: timedelta
) -> None:
    state = State(1, iso(cursor) if cursor else None)
    request = Request(iso(since), iso(until))
    if since > until:
        with pytest.raises(FatalError, match="the window is empty"):
            plan_window(state, request, lookback)
        return
    assert plan_window(state, request, lookback) == Window(
        iso(since), iso(until), moves_cursor=False
    )


def test_the_first_pull_and_a_full_refresh_read_everything() -> None:
    first = plan_window(State(), Request(), timedelta(hours=1))
    assert (first.since, first.moves_cursor) == (None, True)
    state = State(1, "2026-01-01T00:00:00.000000Z")
    again = plan_window(state, Request(full_refresh=True), timedelta(hours=1))
    assert (again.since, again.moves_cursor) == (None, True)


@given(moment=moments)
def test_text_order_of_times_is_time_order(moment: datetime) -> None:
    later = moment + timedelta(microseconds=1)
    assert iso(moment) < iso(later)
    assert normalize_time(iso(moment), "since") == iso(moment)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("2026-11-01T00:00:00Z", "2026-11-01T00:00:00.000000Z"),
        ("2026-11-01T00:00:00", "2026-11-01T00:00:00.000000Z"),
        ("2026-11-01T01:00:00+01:00", "2026-11-01T00:00:00.000000Z"),
        ("2026-11-01", "2026-11-01T00:00:00.000000Z"),
    ],
)
def test_times_are_normalized_to_utc(text: str, normal: str) -> None:
    assert normalize_time(text, "since") == normal


def test_a_bad_time_is_named() -> None:
    with pytest.raises(FatalError, match="until is not an ISO 8601 time: 'tomorrow'"):
        plan_window(State(), Request(until="tomorrow"), timedelta(0))


@given(since=moments, length=st.timedeltas(timedelta(seconds=2), timedelta(days=4000)))
def test_halves_of_a_window_leave_no_gap(since: datetime, length: timedelta) -> None:
    """Shopify's times are whole seconds: the second half begins in the second after the first."""
    orders = next(stream for stream in STREAMS if stream.name == "orders")
    first, second = _halves(Window(iso(since), iso(since + length), True), orders)
    assert (first.since, second.until) == (iso(since), iso(since + length))
    assert first.since is not None
    assert second.since is not None
    gap = datetime.fromisoformat(second.since) - datetime.fromisoformat(first.until)
    assert gap == timedelta(seconds=1)
    assert second.since <= second.until
    whole = datetime.fromisoformat(first.since).replace(microsecond=0)
    assert datetime.fromisoformat(first.until) >= whole


@given(st.dictionaries(st.text(), st.integers(0, 2**53) | st.text()))
def test_a_fingerprint_knows_content_and_not_key_order(record: dict[str, object]) -> None:
    turned = dict(reversed(record.items()))
    assert fingerprint(record) == fingerprint(turned)
    assert fingerprint(record) != fingerprint({**record, "more": 1, "and": None})


NOON = "2026-01-01T12:00:00.000000Z"


def pull(store: Store, window: Window, *changes: Change, **options: object) -> int:
    state = read_state(store, "shopify", "things")
    return land(store, "shopify", "things", "v", window, state, changes, **options).landed


def change(key: str, value: int, at: str = NOON) -> Change:
    return Change(key, {"id": key, "value": value}, at)


def test_only_what_changed_is_landed(store: Store) -> None:
    hour = timedelta(hours=1)
    window = Window(None, NOON, moves_cursor=True)
    assert pull(store, window, change("a", 1), change("b", 1), lookback=hour) == 2
    assert pull(store, window, change("a", 1), change("b", 2), lookback=hour) == 1
    assert pull(store, window, change("a", 1), change("b", 2), lookback=hour) == 0
    assert len(manifests(store, "shopify", "things")) == 2
    assert read_state(store, "shopify", "things").generation == 3


def test_the_state_forgets_what_the_lookback_cannot_meet(store: Store) -> None:
    window = Window(None, NOON, moves_cursor=True)
    old = change("old", 1, "2026-01-01T10:59:59.000000Z")
    pull(store, window, old, change("new", 1), lookback=timedelta(hours=1))
    assert set(read_state(store, "shopify", "things").seen) == {"new"}


def test_what_is_gone_from_a_snapshot_is_deleted_once(store: Store) -> None:
    window = Window(None, NOON, moves_cursor=True)
    pull(store, window, change("a", 1), change("b", 1), snapshot=True)
    assert pull(store, window, change("a", 1), snapshot=True) == 1
    assert pull(store, window, change("a", 1), snapshot=True) == 0
    last = landed(store, "shopify", "things")[-1]
    assert (last["_id"], last["_deleted"]) == ("b", True)


def test_a_source_that_fails_halfway_leaves_nothing(store: Store) -> None:
    def changes() -> Iterator[Change]:
        yield change("a", 1)
        raise FatalError("the count is wrong")

    with pytest.raises(FatalError):
        land(store, "shopify", "things", "v", Window(None, NOON, True), State(), changes())
    assert list(store.list("")) == []


def test_a_pull_that_lost_the_race_fails_and_its_rows_stay(store: Store) -> None:
    window = Window(None, NOON, moves_cursor=True)
    stale = read_state(store, "shopify", "things")
    pull(store, window, change("a", 1))
    with pytest.raises(LostRaceError, match="created by another run first"):
        land(store, "shopify", "things", "v", window, stale, [change("b", 1)])
    assert [e["_id"] for e in landed(store, "shopify", "things")] == ["a", "b"]
    assert read_state(store, "shopify", "things").generation == 1
