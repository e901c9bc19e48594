"""Faults on demand: an ASGI layer that makes chosen requests fail the way networks do."""

import asyncio
import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

KINDS = ("429", "500", "503", "timeout", "truncate", "slow", "drop")
OPERATION = re.compile(r"^\s*(?:query|mutation|subscription)\s+(\w+)", re.MULTILINE)

ErrorBody = Callable[[int], tuple[dict[str, str], bytes]]


@dataclass
class Fault:
    """One rule; `match` is searched in `METHOD /path OperationName`."""

    match: str
    kind: str
    times: int | None = None
    probability: float = 1.0
    delay_seconds: float = 0.0
    seed: int = 0
    hits: int = 0
    dice: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault kind {self.kind!r}; use one of {', '.join(KINDS)}")
        re.compile(self.match)
        self.dice = random.Random(self.seed)

    def strikes(self, subject: str) -> bool:
        """Whether this request is to fail; counts it when it is."""
        if self.times is not None and self.hits >= self.times:
            return False
        if not re.search(self.match, subject) or self.dice.random() >= self.probability:
            return False
        self.hits += 1
        return True

    def as_json(self) -> dict[str, Any]:
        return {k: v for k, v in vars(self).items() if k != "dice"}


def plain_error(status: int) -> tuple[dict[str, str], bytes]:
    headers = {"content-type": "application/json"}
    if status == 429:
        headers["retry-after"] = "1"
    return headers, json.dumps({"errors": f"injected fault {status}"}).encode()


class FaultMiddleware:
    """The outermost ASGI layer: wrap the finished Starlette app in it, not through its
    `middleware=` (hanging up needs the server's own `send`). `429`, `500`, `503` and `drop`
    strike before the service sees the request; `truncate` and `timeout` after it did its work,
    the case that hurts a client most.
    """

    def __init__(
        self, app: ASGIApp, faults: list[Fault], error_body: ErrorBody = plain_error
    ) -> None:
        self.app = app
        self.faults = faults
        self.error_body = error_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self.faults or scope["type"] != "http" or scope["path"].startswith("/_admin"):
            return await self.app(scope, receive, send)
        body = await _read_body(receive)
        subject = f"{scope['method']} {scope['path']} {_operation_name(body)}".rstrip()
        fault = next((f for f in self.faults if f.strikes(subject)), None)
        replay = _replay(body, receive)
        if fault is None:
            return await self.app(scope, replay, send)
        if fault.kind.isdigit():
            return await _answer(send, int(fault.kind), *self.error_body(int(fault.kind)))
        if fault.kind == "drop":
            return await _hang_up(receive, send)
        if fault.kind == "slow":
            await asyncio.sleep(fault.delay_seconds)
            return await self.app(scope, replay, send)
        messages = await _run(self.app, scope, replay)
        if fault.kind == "timeout":
            await asyncio.sleep(fault.delay_seconds)
            return await _hang_up(receive, send)
        await _truncated(messages, receive, send)


async def _read_body(receive: Receive) -> bytes:
    body: bytes = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


def _operation_name(body: bytes) -> str:
    if not body.startswith(b"{"):
        return ""
    try:
        request = json.loads(body)
    except ValueError:
        return ""
    if request.get("operationName"):
        return str(request["operationName"])
    found = OPERATION.search(str(request.get("query", "")))
    return found.group(1) if found else ""


def _replay(body: bytes, receive: Receive) -> Receive:
    pending = [body]

    async def once() -> Message:
        if pending:
            return {"type": "http.request", "body": pending.pop(), "more_body": False}
        return await receive()

    return once


async def _run(app: ASGIApp, scope: Scope, receive: Receive) -> list[Message]:
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, keep)
    return messages


async def _answer(send: Send, status: int, headers: dict[str, str], body: bytes) -> None:
    raw = [(k.encode(), v.encode()) for k, v in headers.items()]
    raw.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


async def _truncated(messages: list[Message], receive: Receive, send: Send) -> None:
    """The promised content-length, half of the body, then the end of the connection."""
    body = b"".join(m.get("body", b"") for m in messages[1:])
    await send(messages[0])
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    await _hang_up(receive, send)


async def _hang_up(receive: Receive, send: Send) -> None:
    # ASGI has no message for "close without an answer"; uvicorn's cycle holds the transport.
    # Waiting for the disconnect keeps uvicorn from writing a 500 into the closing socket.
    cycle: Any = getattr(send, "__self__")  # noqa: B009 - the type of `send` does not show it
    cycle.transport.close()
    while (await receive())["type"] != "http.disconnect":
        continue
