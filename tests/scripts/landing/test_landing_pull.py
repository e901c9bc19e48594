"""Windows, and what a pull lands of what it reads."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lake import landed, manifests

from scripts.errors import FatalError, RetriableError
from scripts.landing.clock import SourceClock
from scripts.landing.pull import Reader, Request, pull
from scripts.landing.slices import Change, SliceTooBigError, Target, fingerprint
from scripts.landing.state import read_state
from scripts.landing.store import LostRaceError, Store
from scripts.landing.window import Slice, Window, halves, normalize_time, plan_window
from scripts.landing.writer import iso, now_utc

moments = st.datetimes(datetime(2010, 1, 1), datetime(2025, 1, 1), timezones=st.just(UTC))
lookbacks = st.timedeltas(timedelta(0), timedelta(days=30))


@given(cursor=moments, lookback=lookbacks)
def test_the_next_window_meets_the_last_one(cursor: datetime, lookback: timedelta) -> None:
    window = plan_window(iso(cursor), Request(), lookback)
    assert window.since == iso(cursor - lookback)
    assert window.since <= iso(cursor) <= window.until


@given(since=moments, until=moments, cursor=st.none() | moments, lookback=lookbacks)
def test_an_asked_for_window_is_taken_as_it_is(
    since: datetime, until: datetime, cursor: datetime | None, lookback: timedelta
) -> None:
    state = iso(cursor) if cursor else None
    request = Request(iso(since), iso(until))
    if since > until:
        with pytest.raises(FatalError, match="the window is empty"):
            plan_window(state, request, lookback)
        return
    again = (until - lookback).replace(microsecond=0)
    assert plan_window(state, request, lookback) == Window(iso(since), iso(until), iso(again))


def test_a_clock_that_was_set_back_is_named() -> None:
    with pytest.raises(FatalError, match=r"the last pull read until 2999-.*: set the clock"):
        plan_window("2999-01-01T00:00:00.000000Z", Request(), timedelta(hours=1))


def test_the_first_pull_and_a_full_refresh_read_everything() -> None:
    assert plan_window(None, Request(), timedelta(hours=1)).since is None
    cursor = "2026-01-01T00:00:00.000000Z"
    assert plan_window(cursor, Request(full_refresh=True), timedelta(hours=1)).since is None


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
        plan_window(None, Request(until="tomorrow"), timedelta(0))


@given(since=st.none() | moments, length=st.timedeltas(timedelta(0), timedelta(days=4000)))
def test_halves_of_a_slice_leave_no_gap(since: datetime | None, length: timedelta) -> None:
    """Nor do they share a moment: the second half begins after the first one's last."""
    beginning = "2009-01-01T00:00:00.000000Z"
    end = iso((since or datetime(2009, 1, 1, tzinfo=UTC)) + length)
    parts = halves(Slice(iso(since) if since else None, end, "kind"), beginning)
    if length < timedelta(seconds=2):
        assert parts is None
        return
    assert parts is not None
    first, second = parts
    assert (first.since, second.until) == (iso(since) if since else None, end)
    assert (first.kind, second.kind) == ("kind", "kind")
    assert (second.since, second.after, first.after) == (first.until, True, False)
    assert second.since < second.until
    whole = datetime.fromisoformat(first.since or beginning).replace(microsecond=0)
    assert datetime.fromisoformat(first.until) >= whole


@given(st.dictionaries(st.text(), st.integers(0, 2**53) | st.text()))
def test_a_fingerprint_knows_content_and_not_key_order(record: dict[str, object]) -> None:
    turned = dict(reversed(record.items()))
    assert fingerprint(record) == fingerprint(turned)
    assert fingerprint(record) != fingerprint({**record, "more": 1, "and": None})


THINGS = Target("shopify", "things", "v")
HOUR = timedelta(hours=1)


def change(key: str, value: int, at: str | None = None) -> Change:
    return Change(key, {"id": key, "value": value}, at or iso(now_utc()))


def land(store: Store, *changes: Change, **options: object) -> int:
    reader = Reader(lambda piece: changes, **options)
    return pull(store, THINGS, Request(), reader).landed


def test_only_what_changed_is_landed(store: Store) -> None:
    assert land(store, change("a", 1), change("b", 1), lookback=HOUR) == 2
    assert land(store, change("a", 1), change("b", 2), lookback=HOUR) == 1
    assert land(store, change("a", 1), change("b", 2), lookback=HOUR) == 0
    assert len(manifests(store, "shopify", "things")) == 2
    assert read_state(store, "shopify", "things").generation == 3


def test_the_state_forgets_what_the_lookback_cannot_meet(store: Store) -> None:
    old = change("old", 1, iso(now_utc() - timedelta(minutes=61)))
    land(store, old, change("new", 1), lookback=HOUR)
    assert set(read_state(store, "shopify", "things").seen) == {"new"}


def test_a_record_shown_in_the_second_in_which_the_next_window_begins_lands_once(
    store: Store,
) -> None:
    """Shopify shows 12:00:05 for 12:00:05.6, which a window from 12:00:05.3 on finds again."""
    shown: list[Change] = []

    def read(piece: Slice) -> Iterator[Change]:
        again = datetime.fromisoformat(piece.until) - HOUR
        shown.append(change("a", 1, iso(again.replace(microsecond=0))))
        yield shown[0]

    reader = Reader(read, lookback=HOUR)
    assert [pull(store, THINGS, Request(), reader).landed for _ in range(2)] == [1, 0]


def test_what_is_gone_from_a_snapshot_is_deleted_once(store: Store) -> None:
    land(store, change("a", 1), change("b", 1), snapshot=True)
    assert land(store, change("a", 1), snapshot=True) == 1
    assert land(store, change("a", 1), snapshot=True) == 0
    last = landed(store, "shopify", "things")[-1]
    assert (last["_id"], last["_deleted"]) == ("b", True)


def test_what_a_dead_run_landed_of_a_snapshot_is_compared_too(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that came, was landed by a run that died before its state, and went stayed for ever; so
    did a value that was taken back, and the tombstone of what came back."""

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    land(store, change("a", 1), change("back", 1), snapshot=True)
    with monkeypatch.context() as patched:
        patched.setattr("scripts.landing.pull.write_state", die)
        with pytest.raises(KeyboardInterrupt):
            land(store, change("a", 2), change("ghost", 1), snapshot=True)
    assert land(store, change("a", 1), change("back", 1), snapshot=True) == 3
    last = {line["_id"]: line for line in landed(store, "shopify", "things")}
    assert {key: line["_deleted"] for key, line in last.items()} == {
        "a": False,
        "back": False,
        "ghost": True,
    }
    assert last["a"]["record"]["value"] == 1
    assert land(store, change("a", 1), change("back", 1), snapshot=True) == 0


def test_a_tombstone_is_as_old_as_the_reading_that_missed_the_record(store: Store) -> None:
    """Of two pulls at once the slow one's tombstone stood after what the other had read again."""
    read_again: list[str] = []

    def read(piece: Slice) -> Iterator[Change]:
        read_again.append(iso(now_utc()))
        yield change("a", 1)

    land(store, change("a", 1), change("b", 1), snapshot=True)
    pull(store, THINGS, Request(), Reader(read, snapshot=True))
    last = landed(store, "shopify", "things")[-1]
    assert (last["_id"], last["_deleted"]) == ("b", True)
    assert last["_extracted_at"] <= read_again[0]


def test_a_source_that_fails_halfway_leaves_nothing(store: Store) -> None:
    def read(piece: Slice) -> Iterator[Change]:
        yield change("a", 1)
        raise FatalError("the count is wrong")

    with pytest.raises(FatalError):
        pull(store, THINGS, Request(), Reader(read))
    assert list(store.list("")) == []


def test_a_pull_that_lost_the_race_fails_and_its_rows_stay(store: Store) -> None:
    def read(piece: Slice) -> Iterator[Change]:
        land(store, change("a", 1))
        yield change("b", 1)

    with pytest.raises(LostRaceError, match="created by another run first"):
        pull(store, THINGS, Request(), Reader(read))
    assert sorted(e["_id"] for e in landed(store, "shopify", "things")) == ["a", "b"]
    assert read_state(store, "shopify", "things").generation == 1


# Ten records, one a minute; a source that cannot give more than three at once.
START = datetime(2026, 1, 1, 12, tzinfo=UTC)
MINUTES = [iso(START + timedelta(minutes=number)) for number in range(10)]
TEN = Request(MINUTES[0], MINUTES[9])


class Source:
    """Gives the records of a slice; `broken` are ids that it fails on. Keeps what was asked."""

    def __init__(self) -> None:
        self.broken: set[str] = set()
        self.asked: list[Slice] = []

    def read(self, piece: Slice) -> Iterator[Change]:
        self.asked.append(piece)
        found = [at for at in MINUTES if (piece.since or "") <= at <= piece.until]
        if piece.after:
            found = [at for at in found if at != piece.since]
        if len(found) > 3:
            raise SliceTooBigError(f"{len(found)} records")
        for at in found:
            if at in self.broken:
                raise RetriableError("the source fell over")
            yield Change(at, {"id": at}, at)


@pytest.mark.parametrize("workers", [1, 3])
def test_a_slice_that_is_too_big_is_read_in_halves(store: Store, workers: int) -> None:
    source = Source()
    done = pull(store, THINGS, TEN, Reader(source.read, workers=workers))
    assert (done.read, done.landed) == (10, 10)
    assert sorted(e["_id"] for e in landed(store, "shopify", "things")) == MINUTES
    assert len(manifests(store, "shopify", "things")) == 4


def test_a_slice_that_cannot_be_cut_fails_the_pull(store: Store) -> None:
    def read(piece: Slice) -> Iterator[Change]:
        raise SliceTooBigError("too many in one second")

    with pytest.raises(SliceTooBigError, match="too many in one second"):
        pull(store, THINGS, Request(MINUTES[0], MINUTES[0]), Reader(read))


@pytest.mark.parametrize("asked", [TEN, Request()])
def test_a_broken_pull_goes_on_from_its_last_complete_slice(store: Store, asked: Request) -> None:
    source = Source()
    thirds = [Slice(MINUTES[0], MINUTES[2]), Slice(MINUTES[3], MINUTES[5])]
    rest = [Slice(MINUTES[6], MINUTES[8]), Slice(MINUTES[9], MINUTES[9])]
    reader = Reader(source.read, plan=lambda window: thirds + rest)
    source.broken = {MINUTES[4]}
    with pytest.raises(RetriableError):
        pull(store, THINGS, asked, reader)
    assert read_state(store, "shopify", "things").cursor is None
    source.broken, source.asked = set(), []
    again = replace(reader, plan=lambda window: [])
    pull(store, THINGS, asked, again)
    assert source.asked == [thirds[1], *rest]
    assert sorted(e["_id"] for e in landed(store, "shopify", "things")) == MINUTES
    moved = read_state(store, "shopify", "things")
    assert moved.open is None
    assert bool(moved.cursor) == (asked == Request())


def test_a_full_refresh_does_not_go_on_with_another_window(store: Store) -> None:
    source = Source()
    source.broken = {MINUTES[4]}
    parts = [Slice(MINUTES[0], MINUTES[2]), Slice(MINUTES[3], MINUTES[5])]
    reader = Reader(source.read, plan=lambda window: parts)
    with pytest.raises(RetriableError):
        pull(store, THINGS, Request(), reader)
    source.broken, source.asked = set(), []
    pull(store, THINGS, Request(full_refresh=True), reader)
    assert source.asked == parts


def test_the_time_of_reading_is_the_time_of_extraction(store: Store) -> None:
    land(store, Change("a", {"id": "a"}, MINUTES[0], read_at=MINUTES[1]))
    assert landed(store, "shopify", "things")[0]["_extracted_at"] == MINUTES[1]


def test_a_clock_that_is_ahead_does_not_move_the_cursor_into_the_future(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """What changed between the source's now and ours would have been before the cursor."""
    planned: list[Window] = []

    def plan(window: Window) -> list[Slice]:
        planned.append(window)
        return [Slice(window.since, window.until)]

    hour, lookback, began = timedelta(hours=1), timedelta(minutes=10), now_utc()
    reader = Reader(lambda piece: [], plan=plan, lookback=lookback, ahead=lambda: hour)
    pull(store, THINGS, Request(), reader)
    state = read_state(store, "shopify", "things")
    assert iso(began - hour) <= str(state.cursor) <= iso(now_utc() - hour)
    again = datetime.fromisoformat(planned[-1].until) - lookback
    assert planned[-1].remember_from == iso(again.replace(microsecond=0))
    assert "clock is 1:00:00 ahead of the source's" in caplog.text
    pull(store, THINGS, Request(until=MINUTES[3]), reader)
    assert planned[-1].until == MINUTES[3]


def test_a_source_tells_its_time_with_its_answers() -> None:
    clock = SourceClock()
    assert clock.ahead() == timedelta(0)
    for off in (timedelta(hours=-1), timedelta(seconds=30)):
        clock.hear(format_datetime(now_utc() - off, usegmt=True))
        assert clock.ahead() == timedelta(0)
    clock.hear(format_datetime(now_utc() - timedelta(hours=1), usegmt=True))
    assert abs(clock.ahead() - timedelta(hours=1)) < timedelta(seconds=5)
    for hours in (-1, 1):
        clock.hear(format_datetime(now_utc() + timedelta(hours=hours), usegmt=True))
        assert abs(clock.now() - now_utc() - timedelta(hours=hours)) < timedelta(seconds=5)
    assert clock.ahead() == timedelta(0)
    clock.hear("yesterday")
    assert clock.ahead() == timedelta(0)


def test_the_last_slice_is_read_when_all_others_have_landed(store: Store) -> None:
    pieces = [Slice(None, str(n), f"part{n}") for n in range(5)]
    pieces.append(Slice(None, "9", "rest", last=True))
    landed_before: list[int] = []

    def read(piece: Slice) -> Iterator[Change]:
        if piece.last:
            landed_before.append(len(manifests(store, "shopify", "things")))
        yield change(piece.kind, 1)

    reader = Reader(read, plan=lambda window: pieces, workers=4)
    assert pull(store, THINGS, Request(), reader).landed == 6
    assert landed_before == [5]


def test_a_window_that_cannot_be_read_as_planned_is_begun_anew(store: Store) -> None:
    readable = True

    def read(piece: Slice) -> Iterator[Change]:
        yield change(piece.kind, 1)
        if piece.kind == "two" and readable:
            raise RetriableError("not now")

    def plan(window: Window) -> list[Slice]:
        return [Slice(None, window.until, kind) for kind in ("one", "two")]

    reader = Reader(read, plan=plan, readable=lambda piece: readable)
    with pytest.raises(RetriableError):
        pull(store, THINGS, Request(), reader)
    planned = read_state(store, "shopify", "things").open
    assert planned is not None
    assert [piece.kind for piece in planned.slices] == ["two"]
    readable = False
    assert pull(store, THINGS, Request(), reader).landed == 2
    cursor = read_state(store, "shopify", "things").cursor
    assert cursor is not None
    assert cursor > planned.window.until
