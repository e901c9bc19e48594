"""Everything of the shop taken out of landing (`shop/redact`), then the note for the lake's job.

Parts, dropped files and cursors go. Manifests stay, each saying that it is empty now: the lake
follows them as it follows a customer's redaction.
"""

import secrets
from collections.abc import Iterator
from typing import Any

import orjson

from scripts.errors import FatalError
from scripts.landing.store import Store
from scripts.landing.writer import MANIFESTS, iso, now_utc
from scripts.privacy.landing import put
from scripts.privacy.lines import lines
from scripts.privacy.request import WORK, leave_note

UNDER_WAY = f"{WORK}shop.json"
LANDED = ("shopify/", "files/shopify_orders/", "files/rejected/")
OBJECTS = (
    *("dropzone/shopify_orders/", "state/shopify/", "privacy/reports/", "alerts/anomalies/"),
    # What is open names products and orders. The marks of what was said go with it, because
    # generations are counted anew.
    *("state/alerts/anomalies/", "state/alerts/anomaly_messages/"),
)


def redact_shop(store: Store, shop: str) -> str:
    """Empty landing of the shop named by its myshopify.com domain; the request's id. Called again
    it goes on. FatalError when landing is not that shop's."""
    if not store.exists(UNDER_WAY):
        _check(store, shop)
        store.create(
            UNDER_WAY,
            {
                "request": secrets.token_hex(8),
                "token": "",  # nobody is masked
                "shop": shop,
                "requested_at": iso(now_utc()),
            },
        )
    work = orjson.loads(store.read(UNDER_WAY))
    if work["shop"] != shop:
        raise FatalError(f"the redaction of {work['shop']} is under way: finish it first")
    for prefix in (*(f"landing/{landed}" for landed in LANDED), *OBJECTS):
        store.delete(list(store.list(prefix)))  # also parts that no manifest ever named
    runs = [run for prefix in LANDED for run in _emptied(store, prefix, work["request"])]
    leave_note(store, "shop/redact", work, runs)
    store.delete([UNDER_WAY])
    return str(work["request"])


def _check(store: Store, shop: str) -> None:
    """Nobody's data goes by a slip of the pen: the name must be the one that was pulled."""
    pulled = domains(store)
    if not pulled:
        raise FatalError("no shop has been pulled into this bucket: there is nothing to delete")
    if pulled != {shop}:
        raise FatalError(f"this bucket holds {', '.join(sorted(pulled))}, not {shop!r}")


def domains(store: Store) -> set[str]:
    """The myshopify.com domains of the shops that were pulled into the bucket; it should be one."""
    return {
        str(record["myshopifyDomain"])
        for key in store.list(f"{MANIFESTS}shopify/shop/")
        for file in orjson.loads(store.read(key))["files"]
        for _, record in lines(store, file["path"])
    }


def _emptied(store: Store, prefix: str, request: str) -> Iterator[dict[str, str]]:
    """Source, stream and run of every manifest below, those of an interrupted call included."""
    for key in list(store.list(f"{MANIFESTS}{prefix}")):
        manifest: dict[str, Any] = orjson.loads(store.read(key))
        done = manifest.get("redacted", [])
        if request not in done:
            empty = {"files": [], "rows": 0, "bytes": 0, "redacted": [*done, request]}
            put(store, key, orjson.dumps({**manifest, **empty}))
        yield {name: manifest[name] for name in ("source", "stream", "run_id")}
