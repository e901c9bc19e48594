"""Which span of time a pull reads, and how it is cut into slices."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from scripts.errors import FatalError
from scripts.landing.writer import iso, now_utc

# Cuts are at whole seconds: below this a span cannot be cut in two.
SHORTEST = timedelta(seconds=2)
NEVER = "~"  # after every time


@dataclass(frozen=True)
class Request:
    """What the flow asked for. Times are ISO 8601 in UTC; None means from the cursor, until now."""

    since: str | None = None
    until: str | None = None
    full_refresh: bool = False

    @property
    def asks_for_window(self) -> bool:
        return self.since is not None or self.until is not None


@dataclass(frozen=True)
class Window:
    """[since, until], both inclusive, ISO 8601 in UTC (or other texts whose order is that of what
    they stand for); since None is the beginning.

    remember_from: what changed from then on, the next window may meet again. The beginning of a
        second: sources show whole ones and search more finely, or round down.
    """

    since: str | None
    until: str
    remember_from: str = NEVER


@dataclass(frozen=True)
class Slice:
    """A part of a window that is read and landed as one. `kind` is the source's own word for how
    it reads the part; slices of one kind do not overlap. One that is `last` is read when all others
    have landed. One that `begins_work` at the source, which a pull that dies leaves behind, is
    written down before it is read, so that the next pull goes on with it. One that is `after` its
    `since` begins where another ends: that moment itself belongs to the other."""

    since: str | None
    until: str
    kind: str = "records"
    last: bool = False
    begins_work: bool = False
    after: bool = False


def normalize_time(text: str, name: str) -> str:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return iso(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError) as error:  # a zone can lead out of the years 1 to 9999
        raise FatalError(f"{name} is not an ISO 8601 time: {text!r}") from error


def plan_window(cursor: str | None, request: Request, lookback: timedelta) -> Window:
    """The window to read. It overlaps the last one by `lookback`: objects become visible late."""
    until = normalize_time(request.until, "until") if request.until else iso(now_utc())
    if request.since:
        since: str | None = normalize_time(request.since, "since")
    elif request.full_refresh or cursor is None:
        since = None
    else:
        since = iso(datetime.fromisoformat(normalize_time(cursor, "the state's cursor")) - lookback)
    if since and since > until and not request.since:
        raise FatalError(f"the last pull read until {cursor}, and now is {until}: set the clock")
    if since and since > until:
        raise FatalError(f"the window is empty: since {since} is after until {until}")
    again = (datetime.fromisoformat(until) - lookback).replace(microsecond=0)
    return Window(since, until, iso(again))


def halves(piece: Slice, beginning: str) -> tuple[Slice, Slice] | None:
    """The slice cut in two, with no moment in both or in neither: what a source shows in whole
    seconds it may keep, and search, more finely. None when it is too short.

    beginning: ISO 8601, where a slice without `since` starts: nothing is older.
    """
    start = datetime.fromisoformat(piece.since or beginning)
    end = datetime.fromisoformat(piece.until)
    if end - start < SHORTEST:
        return None
    middle = iso((start + (end - start) / 2).replace(microsecond=0))
    return (
        Slice(piece.since, middle, piece.kind, after=piece.after),
        Slice(middle, piece.until, piece.kind, after=True),
    )
