"""The ASGI application: the webhook, the page, the messages as JSON, the admin path."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from docker.common.admin import admin_routes
from docker.common.clock import Clock
from docker.common.faults import Fault, FaultMiddleware
from docker.slack import messages, page, payload
from docker.slack.errors import STATUSES, SlackError
from docker.slack.settings import WEBHOOK_PATH, webhook_path

SHOWN = 200
PER_SECOND = 1.0
BURST = 5.0  # "short bursts of more than one message per second are allowed"


@dataclass
class Webhook:
    """The one webhook of this workspace; `refuses_with` is an error word that a stage chose."""

    path: str
    refuses_with: str | None = None
    tokens: float = BURST
    filled_at: float = field(default_factory=time.monotonic)

    def admit(self, path: str) -> None:
        """Raises SlackError for a wrong address, a disabled hook, or too many messages."""
        own, asked = WEBHOOK_PATH.fullmatch(self.path), WEBHOOK_PATH.fullmatch(path)
        if not own or not asked or own["team"] != asked["team"]:
            raise SlackError("no_team", "no workspace of that id")
        if own["hook"] != asked["hook"]:
            raise SlackError("no_service", "no webhook of that id")
        if own["token"] != asked["token"]:
            raise SlackError("invalid_token", "the webhook's last part is wrong")
        if self.refuses_with:
            raise SlackError(self.refuses_with, "set by the admin path")
        now = time.monotonic()
        self.tokens = min(BURST, self.tokens + (now - self.filled_at) * PER_SECOND)
        self.filled_at = now
        if self.tokens < 1:
            raise SlackError("rate_limited", "more than one message a second")
        self.tokens -= 1


def build(data: Path) -> ASGIApp:
    """The application on the state in `data`; raises SetupError for a missing setting."""
    webhook = Webhook(webhook_path())
    clock = Clock(data / "clock.json")
    db = messages.open_messages(data / "slack.sqlite")
    faults: list[Fault] = []

    async def post(request: Request) -> Response:
        try:
            webhook.admit(request.url.path)
            content_type = request.headers.get("content-type", "")
            accepted = payload.read(content_type, await request.body())
        except SlackError as error:
            headers = {"retry-after": "1"} if error.status == 429 else {}
            # Slack says the word only; the reason is for the person who debugs locally.
            headers["x-ecomm-reason"] = error.reason.encode("ascii", "replace").decode()
            return PlainTextResponse(error.word, error.status, headers)
        messages.add(db, accepted, clock.now())
        return PlainTextResponse("ok")

    async def channel(_: Request) -> Response:
        return HTMLResponse(page.render(messages.since(db, None, SHOWN)))

    async def as_json(request: Request) -> Response:
        try:
            found = messages.since(db, request.query_params.get("since"))
        except ValueError as error:
            return JSONResponse({"error": f"bad `since`: {error}"}, status_code=400)
        return JSONResponse({"messages": found})

    async def hook_state(request: Request) -> Response:
        word = (await request.json()).get("refuses_with")
        if word is not None and word not in STATUSES:
            known = ", ".join(STATUSES)
            return JSONResponse({"error": f"unknown word: use one of {known}"}, status_code=400)
        webhook.refuses_with = word
        return JSONResponse({"refuses_with": word})

    def reset() -> None:
        db.execute("DELETE FROM message")
        webhook.refuses_with, webhook.tokens = None, BURST

    routes = [
        *admin_routes("slack", clock, faults, reset),
        Route("/_admin/webhook", hook_state, methods=["POST"]),
        Route("/services/{rest:path}", post, methods=["POST"]),
        Route("/api/messages", as_json),
        Route("/", channel),
    ]
    return FaultMiddleware(Starlette(routes=routes), faults, _fault_body)


def _fault_body(status: int) -> tuple[dict[str, str], bytes]:
    headers = {"content-type": "text/plain"} | ({"retry-after": "1"} if status == 429 else {})
    return headers, b"rate_limited" if status == 429 else b"rollup_error"
