"""One request from its headers to its answer, in the order that Stripe checks things."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from docker.common.clock import Clock
from docker.stripe import days, expand, forms, idempotency, ids, parameters, routes
from docker.stripe.call import Call
from docker.stripe.errors import (
    StripeError,
    invalid_request,
    no_api_key,
    not_permitted,
    wrong_api_key,
)
from docker.stripe.limits import Limiter
from docker.stripe.objects import API_VERSION
from docker.stripe.resources.accounts import ACCOUNT_ID
from docker.stripe.settings import Settings
from docker.stripe.store import Store

VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(\.[a-z]+)?")
FORM = "application/x-www-form-urlencoded"
MAX_KEY = 255


@dataclass(frozen=True)
class Request:
    """What came in; header names in lower case, `text` the query or the form."""

    method: str
    path: str
    headers: Mapping[str, str]
    text: str


@dataclass
class Reply:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Service:
    """The whole service but its sockets."""

    settings: Settings
    store: Store
    clock: Clock
    limiter: Limiter
    in_flight: set[str] = field(default_factory=set)
    restricted: dict[str, frozenset[str]] = field(default_factory=dict)

    def now(self) -> int:
        return int(self.clock.now().timestamp())


def admit(service: Service, method: str, path: str, headers: Mapping[str, str]) -> None:
    """Key, URL and rate limit: what Stripe answers before it looks at the parameters."""
    key = _authenticate(service, headers.get("authorization", ""))
    operation, _ = routes.match(method, path)
    service.limiter.admit(operation.name)
    permission = routes.permission(operation)
    if permission not in service.restricted.get(key, {permission}):
        raise not_permitted(key, ACCOUNT_ID, permission)


def idempotency_key(method: str, headers: Mapping[str, str]) -> str | None:
    """The key of a POST; Stripe ignores keys on other methods."""
    key = headers.get("idempotency-key") if method == "POST" else None
    if key and len(key) > MAX_KEY:
        message = (
            f"Idempotency keys can be at most {MAX_KEY} characters long, but the one given is "
            f"{len(key)} characters."
        )
        raise invalid_request(message)
    return key


def perform(service: Service, request: Request, request_id: str) -> Reply:
    """Runs the operation in one transaction; raises StripeError for what it refuses."""
    operation, path_ids = routes.match(request.method, request.path)
    if request.headers.get("content-type", FORM).partition(";")[0].strip() != FORM:
        raise invalid_request(
            "Invalid request (check that your POST content type is "
            f"{FORM}). If you have any questions, we can help at https://support.stripe.com/."
        )
    given = forms.decode(request.text)
    params = parameters.check(operation.name, given)
    expanded = params.pop("expand", [])
    expand.check(expanded, operation.kind, in_list=operation.is_list)
    key = idempotency_key(request.method, request.headers)
    version = _version(request.headers)
    now = service.now()
    days.advance(service.store, now)
    call = Call(
        service.store,
        now,
        request.method,
        request.path,
        path_ids,
        params,
        version,
        request_id,
        key,
    )
    if request.method == "GET":
        return Reply(200, _run(operation, call, expanded))
    return _write(operation, call, given, expanded)


def _write(
    operation: routes.Operation, call: Call, given: dict[str, Any], expanded: list[str]
) -> Reply:
    """The change, its events and its idempotent answer become durable together."""
    store, key = call.store, call.idempotency_key
    if key and (saved := idempotency.find(store, key, call.path, given, call.now)):
        headers = {"idempotent-replayed": "true", "original-request": saved.request_id}
        return Reply(saved.status, saved.body, headers)

    def keep(reply: Reply) -> Reply:
        if key:
            saved = idempotency.Saved(reply.status, call.request_id, reply.body)
            idempotency.keep(store, key, call.path, given, call.now, saved)
        return reply

    try:
        with store.transaction():
            try:
                return keep(Reply(200, _run(operation, call, expanded)))
            except StripeError as error:
                if not error.keeps_changes:
                    raise
                return keep(error_reply(error, call.request_id))
    except StripeError as error:
        with store.transaction():
            return keep(error_reply(error, call.request_id))


def _run(operation: routes.Operation, call: Call, expanded: list[str]) -> bytes:
    result = operation.handler(call)
    if not expanded and isinstance(result, bytes):
        return result
    body = orjson.loads(result) if isinstance(result, bytes) else result
    return orjson.dumps(expand.expand(call.store, body, expanded))


def error_reply(error: StripeError, request_id: str) -> Reply:
    url = f"https://dashboard.stripe.com/test/logs/{request_id}"
    body = orjson.dumps({"error": error.body | {"request_log_url": url}})
    return Reply(error.status, body, error.headers)


def internal_error(status: int) -> tuple[dict[str, str], bytes]:
    """The body of an injected fault: Stripe's own shape for 429 and for its failures."""
    headers = {"content-type": "application/json", "request-id": new_request_id()}
    if status == 429:
        headers["stripe-rate-limited-reason"] = "global-rate"
        message = "Request rate limit exceeded."
        error = {"message": message, "type": "invalid_request_error", "code": "rate_limit"}
    else:
        error = {"message": "An unknown error occurred", "type": "api_error"}
    return headers, orjson.dumps({"error": error})


def new_request_id() -> str:
    return f"req_{ids.token(14)}"


def _authenticate(service: Service, header: str) -> str:
    """The key, of Bearer or of Basic where it is the user name."""
    scheme, _, given = header.partition(" ")
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given).decode().partition(":")[0]
        except ValueError:
            given = ""
    if not given:
        raise no_api_key()
    if given != service.settings.api_key and given not in service.restricted:
        raise wrong_api_key(given)
    return given


def _version(headers: Mapping[str, str]) -> str:
    version = headers.get("stripe-version", API_VERSION)
    if not VERSION.fullmatch(version):
        raise invalid_request(f"Invalid Stripe API version: {version}")
    return version
