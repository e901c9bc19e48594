"""One pull of one stream: window, slices, each slice landed whole, then the cursor.

The order is the guarantee. A slice's manifest comes before the state that calls it done, and the
cursor moves when all slices are done, so a run that dies anywhere goes on from its last complete
slice; what it landed twice, silver counts once.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from scripts.landing.known import landed_after
from scripts.landing.slices import Change, Landed, SliceTooBigError, Target, land_slice
from scripts.landing.state import OpenWindow, Seen, State, read_state, write_state
from scripts.landing.store import Store
from scripts.landing.window import NEVER, Request, Slice, Window, halves, plan_window
from scripts.landing.writer import iso, now_utc

log = logging.getLogger(__name__)
# A window that was asked for and left unfinished is begun anew after a day: the source moved on.
RESUME_WITHIN = timedelta(days=1)
UNKNOWN = ["", ""]  # a version like none


def one_slice(window: Window) -> list[Slice]:
    return [Slice(window.since, window.until)]


def always(_: Slice) -> bool:
    return True


@dataclass(frozen=True)
class Reader:
    """How a source reads one stream.

    read: the records of a slice; raises SliceTooBigError to have it cut in two.
    plan: a window's slices, oldest first.
    lookback: how far a window overlaps the one before.
    snapshot: the stream is always read whole and compared.
    workers: slices read at once.
    beginning: ISO 8601 UTC; no record is older.
    readable: whether a slice of an unfinished window can still be read as it was planned; else the
        window is begun anew.
    window: the next window, from the cursor, the request and the lookback.
    details: what the manifests say besides.
    ahead: how far our clock is ahead of the source's, once its plan has been made.
    """

    read: Callable[[Slice], Iterable[Change]]
    plan: Callable[[Window], Sequence[Slice]] = one_slice
    lookback: timedelta = timedelta(0)
    snapshot: bool = False
    workers: int = 1
    beginning: str = "2004-01-01T00:00:00.000000Z"
    readable: Callable[[Slice], bool] = always
    window: Callable[[str | None, Request, timedelta], Window] = plan_window
    details: Mapping[str, object] = field(default_factory=dict[str, object])
    ahead: Callable[[], timedelta] = timedelta


@dataclass(frozen=True)
class Result:
    stream: str
    read: int
    landed: int


@dataclass(frozen=True)
class _Run:
    store: Store
    target: Target
    request: Request
    reader: Reader

    @property
    def place(self) -> str:
        """Below `state/<source>/`. A window that was asked for has a place of its own: a backfill
        must not make the schedule forget where it was."""
        if not self.request.asks_for_window:
            return self.target.stream
        span = f"{self.request.since or 'beginning'}_{self.request.until or 'now'}"
        return f"_windows/{self.target.stream}/{span}"


def pull(store: Store, target: Target, request: Request, reader: Reader) -> Result:
    """Land the window and move the cursor. An unfinished window is finished first.

    Raises what the reader raises once the slices under way have ended; LostRaceError when another
    run of the same stream was faster.
    """
    run = _Run(store, target, request, reader)
    state = read_state(store, target.source, run.place)
    resumed = _resumable(run, state)
    total = _window(run, state if resumed else _begin(run, state))
    if resumed and not request.asks_for_window:
        state = read_state(store, target.source, run.place)
        rest = _window(run, _begin(run, state))
        total = Result(total.stream, total.read + rest.read, total.landed + rest.landed)
    log.info("%s/%s: read %d, landed %d", target.source, total.stream, total.read, total.landed)
    return total


def _resumable(run: _Run, state: State) -> bool:
    if state.open is None or run.request.full_refresh != state.open.full_refresh:
        return False
    if not all(map(run.reader.readable, state.open.slices)):
        return False
    if not run.request.asks_for_window:
        return True
    return datetime.fromisoformat(state.open.planned_at) > now_utc() - RESUME_WITHIN


def _begin(run: _Run, state: State) -> State:
    """The state with a freshly planned window; not written yet."""
    window = run.reader.window(state.cursor, run.request, run.reader.lookback)
    slices = list(run.reader.plan(window))
    ahead = run.reader.ahead()
    if ahead and not run.request.until:
        until = iso(now_utc() - ahead)
        log.warning(
            "%s/%s: this machine's clock is %s ahead of the source's; the window ends at %s",
            run.target.source, run.target.stream, ahead, until,
        )  # fmt: skip
        request = replace(run.request, until=until)
        window = run.reader.window(state.cursor, request, run.reader.lookback)
        slices = list(run.reader.plan(window))
    opened = OpenWindow(window, slices, run.request.full_refresh, iso(now_utc()))
    return replace(state, open=opened)


def _window(run: _Run, state: State) -> Result:
    """Land every slice of the state's open window, then close it."""
    assert state.open is not None
    opened, before = state.open, state.seen
    if run.reader.snapshot and not run.request.asks_for_window:
        # Of what the state does not know it is only known that it may be there.
        before = before | dict.fromkeys(landed_after(run.store, run.target, state.run_id), UNKNOWN)
    if len(opened.slices) > 1 or any(piece.begins_work for piece in opened.slices):
        state = _write(run, state)
    read = landed = 0
    failures: list[BaseException] = []
    queue = deque(opened.slices)
    land = partial(_land, run, opened, before)
    with ThreadPoolExecutor(run.reader.workers) as pool:
        for ended in _as_landed(pool, run.reader.workers, queue, land):
            rest = opened.slices
            for piece, future in ended:
                error = future.exception()
                parts = _cut(run, piece, error)
                if parts:
                    queue.extendleft(reversed(parts))
                    opened = _replaced(opened, piece, parts, {})
                elif error:
                    failures.append(error)
                    queue.clear()
                else:
                    done = future.result()
                    read, landed = read + done.read, landed + done.landed
                    opened = _replaced(opened, piece, (), done.seen)
                    state = replace(state, run_id=done.run_id)
            if opened.slices and opened.slices != rest:
                state = _write(run, replace(state, open=opened))
    if failures:
        raise failures[0]
    _close(run, state, opened)
    return Result(run.target.stream, read, landed)


def _as_landed(
    pool: ThreadPoolExecutor, workers: int, queue: deque[Slice], land: Callable[[Slice], Landed]
) -> Iterator[list[tuple[Slice, Future[Landed]]]]:
    """Slices as they end, at most `workers` under way; the queue may change meanwhile. A slice that
    is to be the last one waits for the others."""
    under_way: dict[Future[Landed], Slice] = {}
    while queue or under_way:
        while queue and len(under_way) < workers and not (queue[0].last and under_way):
            piece = queue.popleft()
            under_way[pool.submit(land, piece)] = piece
        done = wait(under_way, return_when=FIRST_COMPLETED).done
        yield [(under_way.pop(future), future) for future in done]


def _cut(run: _Run, piece: Slice, error: BaseException | None) -> tuple[Slice, Slice] | None:
    if not isinstance(error, SliceTooBigError):
        return None
    log.info("%s/%s: %s; reading it in halves", run.target.source, run.target.stream, error)
    return halves(piece, run.reader.beginning)


def _land(run: _Run, opened: OpenWindow, before: Seen, piece: Slice) -> Landed:
    asked = run.request.asks_for_window
    window = {"since": opened.window.since, "until": opened.window.until}
    return land_slice(
        run.store,
        run.target,
        piece,
        run.reader.read(piece),
        {} if asked else before,
        remember_from=NEVER if asked else opened.window.remember_from,
        full_refresh=opened.full_refresh,
        snapshot=run.reader.snapshot and not asked,
        details={**run.reader.details, **({"asked": window} if asked else {})},
    )


def _replaced(opened: OpenWindow, piece: Slice, parts: Sequence[Slice], seen: Seen) -> OpenWindow:
    rest = [other for other in opened.slices if other != piece]
    return replace(opened, slices=[*parts, *rest], seen=opened.seen | seen)


def _close(run: _Run, state: State, opened: OpenWindow) -> None:
    """Move the cursor; a window that was asked for only forgets its progress."""
    if run.request.asks_for_window:
        if state.generation:
            _write(run, replace(state, open=None, seen={}))
        return
    seen = opened.seen if run.reader.snapshot else _recent(state.seen | opened.seen, opened.window)
    _write(run, replace(state, open=None, cursor=opened.window.until, seen=seen))


def _recent(seen: Seen, window: Window) -> Seen:
    """Only what the next window can meet again; the state must not grow for ever."""
    return {key: value for key, value in seen.items() if value[1] >= window.remember_from}


def _write(run: _Run, state: State) -> State:
    after = replace(state, generation=state.generation + 1)
    write_state(run.store, run.target.source, run.place, after)
    return after
