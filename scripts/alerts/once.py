"""Saying something once, although Kestra delivers at least once and a process may die.

A claim is an object that only one process can create. It is kept when the message was taken, given
back when it was refused; one whose process died is taken over after a while. Only then can Slack,
which knows no idempotency, get a message twice: a lost alarm would be worse.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import orjson

from scripts.landing.store import LostRaceError, MissingObjectError, Store
from scripts.landing.writer import iso, now_utc

# Longer than a post with all its retries; a living process does not lose its claim.
STALE = timedelta(minutes=10)
POLL_SECONDS = 5


def once(store: Store, name: str, say: Callable[[], None]) -> bool:
    """Call `say` unless it was called for `name` (`<kind>/<id>`); whether it was called.

    Waits while another process is at it. Raises what `say` raises, having given the claim back.
    """
    place = f"state/alerts/{name}/"
    said = f"{place}said.json"
    claim = _claim(store, place, said)
    if claim is None:
        return False
    try:
        say()
    except BaseException:
        store.delete([claim])
        raise
    store.create(said, {"at": iso(now_utc())})
    return True


def _claim(store: Store, place: str, said: str) -> str | None:
    """The key of a new claim; None when it has been said."""
    while True:
        keys = list(store.list(place))
        if said in keys:
            return None
        claims = [key for key in keys if "/claim-" in key]
        if claims and not _stale(store, claims[-1]):
            time.sleep(POLL_SECONDS)
            continue
        number = int(claims[-1].rpartition("-")[2].partition(".")[0]) + 1 if claims else 1
        claim = f"{place}claim-{number:04d}.json"
        try:
            store.create(claim, {"at": iso(now_utc())})
        except LostRaceError:
            continue
        return claim


def _stale(store: Store, claim: str) -> bool:
    try:
        at: str = orjson.loads(store.read(claim))["at"]
    except MissingObjectError:  # given back this moment
        return False
    return datetime.fromisoformat(at) < now_utc() - STALE
