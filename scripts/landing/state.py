"""Where a stream's next pull begins.

A state is never overwritten: each is a new numbered object created with If-None-Match, so of two
runs that read the same generation exactly one can move the cursor (docs: DESIGN.md, storage).
"""

from dataclasses import asdict, dataclass, field

import orjson

from scripts.landing.store import Store

KEEP_GENERATIONS = 20


@dataclass(frozen=True)
class State:
    """cursor: ISO 8601 UTC, upper bound of what was read.

    seen: id -> [version, changed at] of records that the next window may meet again.
    """

    generation: int = 0
    cursor: str | None = None
    seen: dict[str, list[str]] = field(default_factory=dict)
    run_id: str | None = None


def _prefix(source: str, stream: str) -> str:
    return f"state/{source}/{stream}/"


def read_state(store: Store, source: str, stream: str) -> State:
    keys = list(store.list(_prefix(source, stream)))
    if not keys:
        return State()
    return State(**orjson.loads(store.read(keys[-1])))


def write_state(store: Store, source: str, stream: str, state: State) -> None:
    """Create the state's generation; LostRaceError when another run has moved the cursor."""
    prefix = _prefix(source, stream)
    store.create(f"{prefix}{state.generation:010d}.json", asdict(state))
    if state.generation % KEEP_GENERATIONS == 0:
        store.delete(list(store.list(prefix))[:-KEEP_GENERATIONS])
