"""Idempotency keys: the first answer is kept for a day and given again."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from docker.stripe.errors import (
    idempotency_in_use,
    idempotency_mismatch,
    idempotency_other_endpoint,
)
from docker.stripe.store import Store

KEPT_SECONDS = 86400


@dataclass(frozen=True)
class Saved:
    """An answer as it was first given."""

    status: int
    request_id: str
    body: bytes


def fingerprint(params: dict[str, Any]) -> bytes:
    return hashlib.sha256(json.dumps(params, sort_keys=True).encode()).digest()


def find(store: Store, key: str, endpoint: str, params: dict[str, Any], now: int) -> Saved | None:
    """The answer kept under `key`; Stripe's 400 when the key was used for something else."""
    row = store.db.execute(
        "SELECT endpoint, fingerprint, status, request_id, body FROM idempotency "
        "WHERE key = ? AND created > ?",
        (key, now - KEPT_SECONDS),
    ).fetchone()
    if row is None:
        return None
    if row[0] != endpoint:
        raise idempotency_other_endpoint(key, row[0])
    if row[1] != fingerprint(params):
        raise idempotency_mismatch(key)
    return Saved(row[2], row[3], row[4])


def keep(
    store: Store, key: str, endpoint: str, params: dict[str, Any], now: int, saved: Saved
) -> None:
    """Call in the transaction of the request's own changes: both become durable, or neither."""
    store.db.execute("DELETE FROM idempotency WHERE created <= ?", (now - KEPT_SECONDS,))
    store.db.execute(
        "INSERT INTO idempotency VALUES (?, ?, ?, ?, ?, ?, ?)",
        (key, endpoint, fingerprint(params), now, saved.status, saved.request_id, saved.body),
    )


@contextmanager
def exclusive(key: str | None, in_flight: set[str]) -> Iterator[None]:
    """Holds `key` while its request is under way; a second request meanwhile gets a 409."""
    if key is None:
        yield
        return
    if key in in_flight:
        raise idempotency_in_use(key)
    in_flight.add(key)
    try:
        yield
    finally:
        in_flight.discard(key)
