"""One pull of one stream: window, records that changed, files, manifest, then the cursor.

The order is the guarantee. The cursor moves last and only forward, so a run that dies anywhere is
repeated from the old cursor; what it landed twice, silver counts once.
"""

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson

from scripts.errors import FatalError
from scripts.landing.state import State, write_state
from scripts.landing.store import Store
from scripts.landing.writer import LandingWriter, iso, now_utc

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Request:
    """What the flow asked for. Times are ISO 8601 in UTC; None means from the cursor, until now."""

    since: str | None = None
    until: str | None = None
    full_refresh: bool = False


@dataclass(frozen=True)
class Window:
    """[since, until], both inclusive, UTC. `moves_cursor` is false for a window that was asked for:
    a backfill must not make the schedule forget where it was."""

    since: str | None
    until: str
    moves_cursor: bool


@dataclass(frozen=True)
class Change:
    """A source record as it is now. `at` is when it changed (ISO 8601 UTC), for the lookback."""

    id: str
    record: object
    at: str
    deleted: bool = False


@dataclass(frozen=True)
class Result:
    stream: str
    read: int
    landed: int
    manifest: bool


def normalize_time(text: str, name: str) -> str:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise FatalError(f"{name} is not an ISO 8601 time: {text!r}") from error
    return iso(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def plan_window(state: State, request: Request, lookback: timedelta) -> Window:
    """The window to read. It overlaps the last one by `lookback`: objects become visible late."""
    until = normalize_time(request.until, "until") if request.until else iso(now_utc())
    asked = request.since is not None or request.until is not None
    if request.since:
        since: str | None = normalize_time(request.since, "since")
    elif request.full_refresh or state.cursor is None:
        since = None
    else:
        since = iso(datetime.fromisoformat(state.cursor) - lookback)
    if since and since > until:
        raise FatalError(f"the window is empty: since {since} is after until {until}")
    return Window(since, until, moves_cursor=not asked)


def fingerprint(record: object) -> str:
    """Tells two versions of a record apart, also two within one second of `updated_at`."""
    raw = orjson.dumps(record, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(raw, digest_size=8).hexdigest()


def land(
    store: Store,
    source: str,
    stream: str,
    api_version: str,
    window: Window,
    state: State,
    changes: Iterable[Change],
    *,
    full_refresh: bool = False,
    snapshot: bool = False,
    lookback: timedelta = timedelta(0),
) -> Result:
    """Land what changed since the state, then move the cursor.

    `changes` must raise when the source's own counts disagree with what it yielded: an exception
    here leaves neither manifest nor cursor. With `snapshot`, `changes` is the whole collection and
    a record that is missing from it is landed as deleted.
    """
    seen: dict[str, list[str]] = {}
    read = 0
    with LandingWriter(store, source, stream, api_version) as writer:
        for change in changes:
            read += 1
            version = fingerprint(change.record)
            before = state.seen.get(change.id)
            seen[change.id] = [version, change.at]
            if before and before[0] == version and not full_refresh and window.moves_cursor:
                continue
            writer.write(change.id, change.record, deleted=change.deleted)
        if snapshot and window.moves_cursor:
            for gone in state.seen.keys() - seen.keys():
                writer.write(gone, {"id": gone}, deleted=True)
        landed = writer.rows
        manifest = writer.finish(window.since, window.until, full_refresh=full_refresh)
        if window.moves_cursor:
            kept = seen if snapshot else _recent(state.seen | seen, window.until, lookback)
            write_state(
                store,
                source,
                stream,
                State(state.generation + 1, window.until, kept, writer.run_id),
            )
    log.info("%s/%s: read %d, landed %d", source, stream, read, landed)
    return Result(stream, read, landed, manifest)


def _recent(seen: dict[str, list[str]], until: str, lookback: timedelta) -> dict[str, list[str]]:
    """Only what the next window's lookback can meet again; the state must not grow for ever."""
    oldest = iso(datetime.fromisoformat(until) - lookback)
    return {key: value for key, value in seen.items() if value[1] >= oldest}
