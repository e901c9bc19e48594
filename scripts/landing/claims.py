"""Claims: objects that only one process can create, so that a thing is done by one of many."""

from datetime import datetime, timedelta

import orjson

from scripts.landing.store import LostRaceError, MissingObjectError, Store
from scripts.landing.writer import iso, now_utc


def claim(
    store: Store, place: str, valid_for: timedelta, said: dict[str, object] | None = None
) -> str | None:
    """The key of a new claim below `place/`; None while another one, younger than `valid_for`,
    holds. Claims are numbered: the one that takes over an old claim is again only one. `said` is
    kept in it. Delete the key to give the claim back."""
    claims = list(store.list(f"{place}/claim-"))
    if claims and not _older(store, claims[-1], valid_for):
        return None
    number = int(claims[-1].rpartition("-")[2].partition(".")[0]) + 1 if claims else 1
    key = f"{place}/claim-{number:04d}.json"
    try:
        store.create(key, {"at": iso(now_utc()), **(said or {})})
    except LostRaceError:
        return None
    return key


def holds(store: Store, place: str, valid_for: timedelta) -> bool:
    """Whether somebody has claimed it and the claim is younger than `valid_for`."""
    claims = list(store.list(f"{place}/claim-"))
    return bool(claims) and not _older(store, claims[-1], valid_for)


def held(store: Store, place: str) -> tuple[str, dict[str, object]] | None:
    """The last claim's key and what it says; None when there is none."""
    claims = list(store.list(f"{place}/claim-"))
    return (claims[-1], orjson.loads(store.read(claims[-1]))) if claims else None


def _older(store: Store, key: str, age: timedelta) -> bool:
    try:
        at: str = orjson.loads(store.read(key))["at"]
    except MissingObjectError:  # given back this moment; the caller comes again
        return False
    return datetime.fromisoformat(at) < now_utc() - age
