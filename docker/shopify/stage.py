"""This shop's own part of `/_admin`: how bulk operations go, stored documents, scopes, the plan."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from docker.shopify import access
from docker.shopify.api import Api
from docker.shopify.bulk import Outcome
from docker.shopify.execute import Context
from docker.shopify.seed import seed

Respond = Callable[..., Response]


def stage_routes(api: Api, respond: Respond) -> list[Route]:
    """Never part of the real API."""

    async def bulk(request: Request) -> Response:
        if request.method == "DELETE":
            api.service.bulk.release()
            return respond({})
        given = await request.json()
        api.service.bulk.outcomes = [Outcome(**outcome) for outcome in given]
        return respond(given)

    async def deliveries(_: Request) -> Response:
        return respond(list(api.webhooks.log))

    async def documents(request: Request) -> Response:
        context = Context(api.service.store, {}, api.service)
        return respond(seed(context, await request.json()))

    async def scopes(request: Request) -> Response:
        given = (await request.json())["scopes"]
        api.service.scopes = access.ALL if given is None else frozenset(given)
        return respond(sorted(api.service.scopes))

    async def throttle(request: Request) -> Response:
        if request.method == "POST":
            api.set_plan((await request.json())["plan"])
        return respond(api.bucket.counters())

    return [
        Route("/_admin/bulk", _checked(bulk), methods=["POST", "DELETE"]),
        Route("/_admin/webhooks", deliveries),
        Route("/_admin/seed", _checked(documents), methods=["POST"]),
        Route("/_admin/scopes", _checked(scopes), methods=["POST"]),
        Route("/_admin/throttle", _checked(throttle), methods=["GET", "POST"]),
    ]


def _checked(route: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        try:
            return await route(request)
        except (KeyError, TypeError, ValueError) as error:
            return JSONResponse({"error": f"bad admin request: {error!r}"}, status_code=400)

    return answer
