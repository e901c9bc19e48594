"""Saying something once, although Kestra delivers at least once and a process may die.

A claim is kept when the message was taken, given back when it was refused; one whose process died
is taken over after a while. Only then can Slack, which knows no idempotency, get a message twice: a
lost alarm would be worse.
"""

import time
from collections.abc import Callable
from datetime import timedelta

from scripts.landing.claims import claim
from scripts.landing.store import Store
from scripts.landing.writer import iso, now_utc

# Longer than a post with all its retries; a living process does not lose its claim.
STALE = timedelta(minutes=10)
POLL_SECONDS = 5


def once(store: Store, name: str, say: Callable[[], None]) -> bool:
    """Call `say` unless it was called for `name` (`<kind>/<id>`); whether it was called.

    Waits while another process is at it. Raises what `say` raises, having given the claim back.
    """
    place = f"state/alerts/{name}"
    said = f"{place}/said.json"
    while not store.exists(said):
        mine = claim(store, place, STALE)
        if mine is None:
            time.sleep(POLL_SECONDS)
            continue
        try:
            say()
        except BaseException:
            store.delete([mine])
            raise
        store.create(said, {"at": iso(now_utc())})
        return True
    return False
