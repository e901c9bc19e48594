"""The ASGI application: the API, the admin path, faults, and the webhook deliveries beside."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from docker.common.admin import admin_routes
from docker.common.clock import Clock
from docker.common.faults import Fault, FaultMiddleware
from docker.stripe import idempotency, service, webhooks
from docker.stripe.admin import stripe_routes
from docker.stripe.errors import StripeError
from docker.stripe.limits import Limiter
from docker.stripe.objects import API_VERSION
from docker.stripe.resources.accounts import open_account
from docker.stripe.service import Reply, Request, Service
from docker.stripe.settings import from_environment
from docker.stripe.store import Store


def build(data: Path) -> ASGIApp:
    """The application on the state in `data`; raises SetupError for a missing setting."""
    settings = from_environment()
    clock = Clock(data / "clock.json")
    store = Store(data / "stripe.sqlite")
    open_account(store)
    stripe = Service(
        settings, store, clock, Limiter(settings.rate_limit, settings.endpoint_rate_limit)
    )
    faults: list[Fault] = []

    def reset() -> None:
        store.clear()
        open_account(store)
        stripe.restricted.clear()
        stripe.limiter.traffic.clear()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        deliveries = asyncio.create_task(webhooks.deliver_forever(store, stripe.now))
        yield
        deliveries.cancel()
        store.db.close()

    admin = [*admin_routes("stripe", clock, faults, reset), *stripe_routes(stripe)]
    routes = [*admin, Mount("/", app=Api(stripe))]
    return FaultMiddleware(
        Starlette(routes=routes, lifespan=lifespan), faults, service.internal_error
    )


class Api:
    """Everything under `/v1`."""

    def __init__(self, stripe: Service) -> None:
        self.stripe = stripe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = service.new_request_id()
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        method, path = scope["method"], scope["raw_path"].decode().rstrip("/") or "/"
        try:
            service.admit(self.stripe, method, path, headers)
            key = service.idempotency_key(method, headers)
            with idempotency.exclusive(key, self.stripe.in_flight):
                text = (await _body(receive)) or scope["query_string"]
                request = Request(method, path, headers, text.decode())
                reply = service.perform(self.stripe, request, request_id)
        except StripeError as error:
            reply = service.error_reply(error, request_id)
        await _send(send, reply, headers, request_id)


async def _body(receive: Receive) -> bytes:
    body: bytes = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def _send(send: Send, reply: Reply, asked: dict[str, str], request_id: str) -> None:
    headers = {
        "content-type": "application/json",
        "content-length": str(len(reply.body)),
        "request-id": request_id,
        "stripe-version": asked.get("stripe-version", API_VERSION),
        **reply.headers,
    }
    if key := asked.get("idempotency-key"):
        headers["idempotency-key"] = key
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": raw})
    await send({"type": "http.response.body", "body": reply.body})
