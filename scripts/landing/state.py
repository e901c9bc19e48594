"""Where a stream's next pull begins, and what of an unfinished window is done.

A state is never overwritten: each is a new numbered object created with If-None-Match, so of two
runs that read the same generation exactly one can move the cursor (docs: DESIGN.md, storage).
"""

import re
from dataclasses import asdict, dataclass, field
from typing import Any

import msgspec
import orjson

from scripts.errors import FatalError
from scripts.landing.store import Store
from scripts.landing.window import Slice, Window

KEEP_GENERATIONS = 20
NAME = re.compile(r"\d{10}\.json")

# id → [version, changed at (ISO 8601 UTC)]
Seen = dict[str, list[str]]


@dataclass(frozen=True)
class OpenWindow:
    """A window that a pull has begun: the slices still to read, and what the others met."""

    window: Window
    slices: list[Slice]
    full_refresh: bool
    planned_at: str
    seen: Seen = field(default_factory=dict)


@dataclass(frozen=True)
class State:
    """cursor: ISO 8601 UTC, upper bound of what was read.

    seen: records that the next window may meet again.
    """

    generation: int = 0
    cursor: str | None = None
    seen: Seen = field(default_factory=dict)
    run_id: str | None = None
    open: OpenWindow | None = None


def check_never_pulled(store: Store, source: str, stream: str, lacks: str) -> None:
    """FatalError for a stream that was pulled before, where `lacks` says what its key lacks now:
    skipped, it would grow old in runs that end well."""
    if cursor := read_state(store, source, stream).cursor:
        raise FatalError(
            f"{source}/{stream} was pulled until {cursor}, and now {lacks}: grant it, or go "
            f"on without the stream and delete s3://{store.bucket}/{_prefix(source, stream)}"
        )


def read_state(store: Store, source: str, stream: str) -> State:
    """`stream` may be a path below the source, such as `_windows/orders/<since>`. FatalError when
    it was damaged or edited: to begin anew without a word would hide it."""
    place = _prefix(source, stream)
    keys = [key for key in store.list(place) if NAME.fullmatch(key.removeprefix(place))]
    if not keys:
        return State()
    try:
        state = _state(store.read(keys[-1]))
        if int(keys[-1][-15:-5]) != state.generation:
            raise ValueError(f"it calls itself generation {state.generation}")
        if state.cursor is None and state.open is None and not stream.startswith("_windows/"):
            raise ValueError("it has neither a cursor nor a window")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise FatalError(
            f"s3://{store.bucket}/{keys[-1]} is no state that this version can read ({error}): put "
            "it right, or delete it, and the pull goes on from the one before it"
        ) from error
    return state


def write_state(store: Store, source: str, stream: str, state: State) -> None:
    """Create the state's generation; LostRaceError when another run has moved the cursor."""
    prefix = _prefix(source, stream)
    store.create(f"{prefix}{state.generation:010d}.json", asdict(state))
    if state.generation % KEEP_GENERATIONS == 0:
        store.delete(list(store.list(prefix))[:-KEEP_GENERATIONS])


def _prefix(source: str, stream: str) -> str:
    return f"state/{source}/{stream}/"


def _state(raw: bytes) -> State:
    document = orjson.loads(raw)
    state = State(**{**document, "open": _open(document.get("open"))})  # knows each field
    msgspec.convert(document, State)  # and its type
    return state


def _open(document: dict[str, Any] | None) -> OpenWindow | None:
    if document is None:
        return None
    return OpenWindow(
        window=Window(**document["window"]),
        slices=[Slice(**piece) for piece in document["slices"]],
        full_refresh=document["full_refresh"],
        planned_at=document["planned_at"],
        seen=document["seen"],
    )
