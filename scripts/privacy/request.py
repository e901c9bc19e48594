"""One deletion request: landing masked, then the note that the lake's job works from.

The token is random and nowhere kept beside the id, so nobody can lead it back. While the request is
under way a work object holds both, and what landing said of the person: a process that dies must go
on with the same token, and what would lead it to the rest is masked already.
"""

import hashlib
import secrets
from typing import Any

import orjson

from scripts.errors import FatalError
from scripts.landing.store import Store
from scripts.landing.writer import iso, now_utc
from scripts.privacy.dropped import delete_refused
from scripts.privacy.landing import (
    delete_reports,
    learn_from_landing,
    redact_landing,
    redact_states,
    redact_unnamed,
)
from scripts.privacy.person import Person

NOTES = "privacy/"  # what Spark reads
WORK = "state/privacy/"


def ask(
    store: Store, customer_id: str, texts: tuple[str, ...], orders: tuple[str, ...] = ()
) -> None:
    """Keep what Shopify says of the customer until `redact` takes it: Kestra must not see it."""
    said: dict[str, object] = {"texts": sorted(texts), "orders": sorted(orders)}
    store.delete([_key(customer_id, "asked")])
    store.create(_key(customer_id, "asked"), said)


def redact(store: Store, customer_id: str) -> str:
    """Mask the customer in landing; the request's id. Called again it goes on."""
    if not customer_id.isdigit():
        raise FatalError(f"a customer is named by Shopify's number, not by {customer_id[:40]!r}")
    asked = _asked(store, customer_id)
    told = Person.asked(customer_id, asked.get("texts", ()), asked.get("orders", ()))
    work = _work(store, told)
    person = Person(
        customer_id,
        work["token"],
        told.texts.union(work["texts"]),
        set(work["accounts"]),
        told.orders.union(work["orders"]),
    )
    delete_reports(store, person)
    runs = redact_landing(store, person, work["request"])
    redact_unnamed(store, person)
    redact_states(store, person)
    delete_refused(store, person)
    leave_note(store, "customers/redact", work, runs)
    store.delete([_key(customer_id)])
    if _asked(store, customer_id) == asked:  # what Shopify has said since is for the next call
        store.delete([_key(customer_id, "asked")])
    return str(work["request"])


def leave_note(store: Store, kind: str, work: dict[str, Any], runs: list[dict[str, str]]) -> None:
    """For the lake's job: the request (a work object), its kind and the runs that it changed. A
    note that an interrupted call has left stands."""
    key = f"{NOTES}{work['request']}.json"
    if not store.exists(key):
        asked = {name: work[name] for name in ("request", "token", "requested_at")}
        store.create(key, {**asked, "kind": kind, "runs": runs})


def _asked(store: Store, customer_id: str) -> dict[str, list[str]]:
    key = _key(customer_id, "asked")
    said: dict[str, list[str]] = orjson.loads(store.read(key)) if store.exists(key) else {}
    return said


def _work(store: Store, person: Person) -> dict[str, Any]:
    """The request under way, or a new one with all that landing says of the person."""
    key = _key(person.customer_id)
    if not store.exists(key):
        learn_from_landing(store, person)
        made: dict[str, object] = {
            "request": secrets.token_hex(8),
            "token": f"redacted-{secrets.token_hex(8)}",
            "requested_at": iso(now_utc()),
            "texts": sorted(person.texts),
            "accounts": sorted(person.accounts),
            "orders": sorted(person.orders),
        }
        store.create(key, made)
    found: dict[str, Any] = orjson.loads(store.read(key))
    return found


def _key(customer_id: str, kind: str = "work") -> str:
    """A hash of a number can be guessed; it is there only while the request is under way."""
    return f"{WORK}{hashlib.sha256(customer_id.encode()).hexdigest()[:16]}-{kind}.json"
