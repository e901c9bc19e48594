"""The HTTP side: access token, API version, the GraphQL path, REST, results, the admin path."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from docker.common.admin import admin_routes
from docker.common.faults import Fault, FaultMiddleware
from docker.shopify import oauth, schema
from docker.shopify.api import Api
from docker.shopify.rest import rest_routes
from docker.shopify.stage import stage_routes

UNAUTHORIZED = {
    "errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"
}
BAD_REQUEST = {"errors": {"query": "Required parameter missing or invalid"}}


def json_response(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(
        orjson.dumps(body), status, headers, media_type="application/json; charset=utf-8"
    )


def shopify_error_body(status: int) -> tuple[dict[str, str], bytes]:
    """An injected fault as Shopify words it."""
    headers = {"content-type": "application/json; charset=utf-8"}
    if status == 429:
        headers["retry-after"] = "2.0"
        message = "Exceeded 2 calls per second for api client. Reduce request rates to resume "
        return headers, orjson.dumps({"errors": message + "uninterrupted service."})
    return headers, orjson.dumps({"errors": "Internal Server Error"})


def build(data: Path) -> FaultMiddleware:
    """The whole ASGI app; raises SetupError when the service cannot start."""
    api = Api(data)
    faults: list[Fault] = []

    def refused(request: Request, headers: dict[str, str]) -> Response | None:
        token = request.headers.get("x-shopify-access-token", "")
        known = oauth.accepts(api.service.settings, token, api.service.clock.now())
        return None if known else json_response(UNAUTHORIZED, 401, headers)

    async def access_token(request: Request) -> Response:
        asked = await _fields(request)
        error, said = oauth.grant(api.service.settings, asked, api.service.clock.now())
        if error:
            return json_response({"error": error, "error_description": said}, 400)
        scope = ",".join(sorted(api.service.scopes))
        return json_response({"access_token": said, "scope": scope, "expires_in": oauth.LIVES})

    async def graphql(request: Request) -> Response:
        version = schema.supported_version(request.path_params["version"])
        headers = {"x-shopify-api-version": version, "x-request-id": str(uuid4())}
        if response := refused(request, headers):
            return response
        asked = _asked(request, await request.body())
        if asked is None:
            return json_response(BAD_REQUEST, 400, headers)
        api.service.bulk.base_url = str(request.base_url).rstrip("/")
        variables = asked.get("variables") or {}
        try:
            answer = api.execute(version, asked["query"], variables, asked.get("operationName"))
        except sqlite3.Error as error:
            message = f"the shop's data directory {data} cannot be written: {error}"
            return json_response({"errors": f"Internal Server Error: {message}"}, 500, headers)
        api.webhooks.send_pending()
        return json_response(answer, 200, headers)

    async def bulk_result(request: Request) -> Response:
        path = api.service.bulk.directory / request.path_params["name"]
        if not path.is_file():
            return Response("NoSuchKey", 404)
        return FileResponse(path, media_type="application/jsonl")

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        api.resume()
        yield
        await api.webhooks.close()
        api.service.store.close()

    routes = [
        *admin_routes("shopify", api.service.clock, faults, api.reset),
        *stage_routes(api, json_response),
        Route("/admin/api/{version}/graphql.json", graphql, methods=["POST"]),
        Route("/admin/oauth/access_token", access_token, methods=["POST"]),
        Route("/bulk-results/{name}", bulk_result),
        *rest_routes(api, refused, json_response),
    ]
    app = Starlette(routes=routes, lifespan=lifespan)
    return FaultMiddleware(app, faults, shopify_error_body)


async def _fields(request: Request) -> dict[str, Any]:
    """What an OAuth request says, as a form or as JSON."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        return dict(parse_qsl((await request.body()).decode(errors="replace")))
    try:
        asked = orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        return {}
    return asked if isinstance(asked, dict) else {}


def _asked(request: Request, body: bytes) -> dict[str, Any] | None:
    """The GraphQL request of a body; None when it is none."""
    try:
        if request.headers.get("content-type", "").startswith("application/graphql"):
            return {"query": body.decode()}
        asked = orjson.loads(body)
    except (UnicodeDecodeError, orjson.JSONDecodeError):
        return None
    return asked if isinstance(asked, dict) and isinstance(asked.get("query"), str) else None
