"""Stripe's own part of `/_admin`: what people do in a browser, and what only tests need."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from docker.stripe.call import Call
from docker.stripe.errors import StripeError
from docker.stripe.objects import API_VERSION, new_object
from docker.stripe.resources import products, sessions
from docker.stripe.service import Service
from docker.stripe.store import HIDDEN, Body

Handler = Callable[[Call, Request, Body], Body]


def stripe_routes(service: Service) -> list[Route]:
    """Routes beside the common ones of `docker.common.admin`."""

    def route(path: str, handler: Handler) -> Route:
        return Route(f"/_admin/{path}", _writes(service, handler), methods=["POST"])

    async def traffic(request: Request) -> Response:
        if request.method == "DELETE":
            service.limiter.traffic.clear()
        return JSONResponse({k: asdict(v) for k, v in service.limiter.traffic.items()})

    async def keys(request: Request) -> Response:
        given = await request.json()
        service.restricted[given["key"]] = frozenset(given["permissions"])
        return JSONResponse({"permissions": given["permissions"]})

    return [
        route("checkout/{id}/complete", _complete),
        route("prices/{id}/delete", _delete_price),
        route("seed", _seed),
        Route("/_admin/traffic", traffic, methods=["GET", "DELETE"]),
        Route("/_admin/keys", keys, methods=["POST"]),
    ]


def _writes(service: Service, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        given = await request.json() if await request.body() else {}
        call = Call(service.store, service.now(), "POST", "", {}, {}, API_VERSION, "")
        try:
            with service.store.transaction():
                return JSONResponse(handler(call, request, given))
        except StripeError as error:
            return JSONResponse({"error": error.body}, status_code=error.status)

    return answer


def _complete(call: Call, request: Request, given: Body) -> Body:
    """`{"payment_method": "pm_card_visa", "email": "a@b.c"}`: the customer pays on the page."""
    session = call.find("checkout_session", request.path_params["id"], in_path=True)
    method = given.get("payment_method", "pm_card_visa")
    return sessions.complete(call, session, method, given.get("email"))


def _delete_price(call: Call, request: Request, _: Body) -> Body:
    price = call.find("price", request.path_params["id"], in_path=True)
    products.delete_price(call, price)
    return {"id": price["id"], "object": "price", "deleted": True}


def _seed(call: Call, _: Request, given: Body) -> Body:
    """`{"kind": "charge", "objects": [{"created": 1, ...}], "event": "charge.updated"}`.

    Objects as they are given, whole or in part; the rest is as in a new one. No money moves, and no
    event tells of them unless `event` names its type. An id that exists already is replaced. What
    Stripe knows without showing it (a transaction's `payout`) is kept beside a new object.
    """
    ids: list[str] = []
    for fields in given["objects"]:
        names = HIDDEN.get(given["kind"], ())
        hidden = {name: fields.pop(name) for name in names if name in fields}
        body = new_object(given["kind"], call.now) | fields
        if call.store.get(given["kind"], body["id"]):
            call.store.update(given["kind"], body)
        else:
            call.create(given["kind"], body, **hidden)
        if given.get("event"):
            call.emit(given["event"], body)
        ids.append(body["id"])
    return {"ids": ids}
