"""`/_admin`: the stage's own path (health, clock, faults, reset); never part of the real API."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from docker.common.clock import Clock, format_time, parse_time
from docker.common.faults import Fault

Endpoint = Callable[[Request], Awaitable[Response]]


def admin_routes(
    service: str, clock: Clock, faults: list[Fault], reset: Callable[[], None]
) -> list[Route]:
    """Routes for a Starlette app; `faults` is the list that FaultMiddleware was given."""

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok", "service": service})

    async def clock_route(request: Request) -> Response:
        if request.method == "POST":
            now = (await request.json())["now"]
            clock.set(parse_time(now) if now else None)
        return JSONResponse({"now": format_time(clock.now())})

    async def faults_route(request: Request) -> Response:
        if request.method == "DELETE":
            faults.clear()
        if request.method == "POST":
            given = await request.json()
            faults.extend(Fault(**f) for f in (given if isinstance(given, list) else [given]))
        return JSONResponse([f.as_json() for f in faults])

    async def reset_route(_: Request) -> Response:
        reset()
        return JSONResponse({"status": "empty"})

    return [
        Route("/_admin/health", health),
        Route("/_admin/clock", _checked(clock_route), methods=["GET", "POST"]),
        Route("/_admin/faults", _checked(faults_route), methods=["GET", "POST", "DELETE"]),
        Route("/_admin/reset", reset_route, methods=["POST"]),
    ]


def _checked(route: Endpoint) -> Endpoint:
    async def answer(request: Request) -> Response:
        try:
            return await route(request)
        except (KeyError, TypeError, ValueError) as error:
            return JSONResponse({"error": f"bad admin request: {error}"}, status_code=400)

    return answer
