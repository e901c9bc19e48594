"""`@idempotent(key:)`: the same key runs a mutation once.

The schema's descriptions say which mutations need a key (refunds and inventory, since 2026-04).
The wording of the error for a missing key is ours; the mismatch is the schema's.
"""

import hashlib
from collections.abc import Callable
from typing import Any

import orjson

from docker.shopify.errors import ApiError
from docker.shopify.store import Store

REQUIRED, REQUIRED_SINCE = "idempotency key is required", "2026-04"
MISMATCH = "The same idempotency key cannot be used with different operation parameters."
Payload = dict[str, Any]


def run_once(
    store: Store,
    mutation: str,
    key: str | None,
    required: bool,
    arguments: dict[str, Any],
    call: Callable[[], Payload],
) -> Payload:
    """The payload of `call`, or the kept one when this key has succeeded before."""
    if key is None or not key.strip():
        if required:
            message = "The @idempotent directive is required for this mutation"
            raise ApiError(f"{message} but was not provided.", "BAD_REQUEST")
        return call()
    number = int(_digest([mutation, key])[:15], 16)
    gid = f"gid://shopify/IdempotencyRecord/{number}"
    asked = _digest(arguments)
    known = store.get(gid)
    if known and known["asked"] == asked:
        return dict(known["payload"])
    if known:
        entry = {"field": None, "message": MISMATCH, "code": "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"}
        return {"userErrors": [entry]}
    payload = call()
    if not payload["userErrors"]:
        kept = {name: _reference(store, value) for name, value in payload.items()}
        store.put({"id": gid, "asked": asked, "payload": kept})
    return payload


def _digest(value: Any) -> str:
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _reference(store: Store, value: Any) -> Any:
    """Stored objects are kept by id, so that a repeated answer shows them as they are now."""
    gid = value.get("id") if isinstance(value, dict) else None
    return gid if gid and store.get(gid) is value else value
