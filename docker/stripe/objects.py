"""New objects: every field that Stripe shows, by the table made from its OpenAPI description."""

from typing import Any

import orjson

from docker.stripe import ids
from docker.stripe.data import table
from docker.stripe.store import Body

UNTOUCHED: dict[str, Body] = table("objects")["rows"]
TEMPLATES = {kind: orjson.dumps(body) for kind, body in UNTOUCHED.items()}
API_VERSION: str = table("objects")["api_version"]


def new_object(kind: str, now: int, /, **fields: Any) -> Body:
    """An object of `kind` created at `now`, with a new id unless `fields` brings one."""
    body: Body = orjson.loads(TEMPLATES[kind]) | fields
    body["id"] = body["id"] or ids.new_id(kind)
    if "created" in body:
        body["created"] = now
    return body


def merge_metadata(body: Body, params: Body) -> None:
    """Stripe's rule: keys are added or replaced, an empty value removes, an empty map clears."""
    given = params.get("metadata")
    if given is None:
        return
    if not given:
        body["metadata"] = {}
        return
    kept = {key: text for key, text in body["metadata"].items() if key not in given}
    body["metadata"] = kept | {key: text for key, text in given.items() if text != ""}


def assign(body: Body, params: Body, *names: str) -> None:
    """Copies the named parameters that were given; an empty text unsets a field."""
    for name in names:
        if name in params:
            body[name] = params[name] if params[name] != "" else None
