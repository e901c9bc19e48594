"""Webhook deliveries: who wants an event, the signed request, retries for three days."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Callable

import orjson
import requests

from docker.stripe.store import Body, Store

# Minutes after the first try, on the settable clock, until three days have passed (docs).
BACKOFF_SECONDS = [60 * minutes for minutes in (5, 30, 120, 300, 600, *[720] * 5)]
PARALLEL = 16
TIMEOUT_SECONDS = 10
POLL_SECONDS = 0.1

Due = tuple[str, str, int]


def subscribed(store: Store, type_: str) -> list[Body]:
    """The enabled endpoints that want events of this type."""
    return [
        endpoint
        for endpoint in store.select("webhook_endpoint", "1")
        if endpoint["status"] == "enabled" and {type_, "*"} & set(endpoint["enabled_events"])
    ]


def schedule(store: Store, event: Body, endpoints: list[Body]) -> None:
    rows = [(event["id"], endpoint["id"], event["created"]) for endpoint in endpoints]
    store.db.executemany("INSERT INTO delivery VALUES (?, ?, 0, ?, 'pending')", rows)


def signature(secret: str, payload: bytes, at: int) -> str:
    """The `Stripe-Signature` header: HMAC-SHA256 of `time.payload`."""
    digest = hmac.new(secret.encode(), str(at).encode() + b"." + payload, hashlib.sha256)
    return f"t={at},v1={digest.hexdigest()}"


async def deliver_forever(store: Store, now: Callable[[], int]) -> None:
    """Sends what is due, for as long as the service runs."""
    while True:
        due: list[Due] = store.db.execute(
            "SELECT event, endpoint, attempt FROM delivery WHERE state = 'pending' AND due <= ? "
            "ORDER BY due LIMIT ?",
            (now(), PARALLEL),
        ).fetchall()
        await asyncio.gather(*(_deliver(store, now, row) for row in due))
        if not due:
            await asyncio.sleep(POLL_SECONDS)


async def _deliver(store: Store, now: Callable[[], int], due: Due) -> None:
    event_id, endpoint_id, attempt = due
    event, endpoint = store.get("event", event_id), store.get("webhook_endpoint", endpoint_id)
    secret = store.db.execute("SELECT secret FROM secret WHERE endpoint = ?", (endpoint_id,))
    row = secret.fetchone()
    if event is None or endpoint is None or row is None:
        store.db.execute("DELETE FROM delivery WHERE event = ? AND endpoint = ?", due[:2])
        return
    arrived = await asyncio.to_thread(_post, endpoint["url"], row[0], orjson.dumps(event))
    with store.transaction():
        _settle(store, event_id, endpoint_id, attempt, arrived, now())


def _post(url: str, secret: str, payload: bytes) -> bool:
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        # Real time: the receiver compares it with its own clock, not with the settable one.
        "Stripe-Signature": signature(secret, payload, int(time.time())),
    }
    try:
        answer = requests.post(
            url, data=payload, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False
        )
    except requests.RequestException:
        return False  # recorded by the caller as a failed attempt, to be retried
    return 200 <= answer.status_code < 300


def _settle(store: Store, event: str, endpoint: str, attempt: int, arrived: bool, now: int) -> None:
    retried = not arrived and attempt < len(BACKOFF_SECONDS)
    state = "done" if arrived else "pending" if retried else "failed"
    due = now + BACKOFF_SECONDS[attempt] if retried else now
    store.db.execute(
        "UPDATE delivery SET state = ?, attempt = attempt + 1, due = ? "
        "WHERE event = ? AND endpoint = ?",
        (state, due, event, endpoint),
    )
    rows = store.db.execute("SELECT state, attempt FROM delivery WHERE event = ?", (event,))
    states = rows.fetchall()
    open_ = sum(state == "pending" for state, _ in states)
    troubled = any(state != "done" and attempt for state, attempt in states)
    store.db.execute(
        "UPDATE event SET delivery = ?, body = json_set(body, '$.pending_webhooks', ?) "
        "WHERE id = ?",
        ("false" if troubled else "pending" if open_ else "true", open_, event),
    )
