"""A server that answers what a test tells it to, for answers that no local service would give."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import orjson


@dataclass(frozen=True)
class Answer:
    """body: bytes as they are, anything else as JSON."""

    body: object = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])


@dataclass
class Hostile:
    """answers: given one after the other, the last one again and again. asked: `GET /v1/charges`,
    with the request's headers in lower case."""

    url: str
    answers: list[Answer]
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def next(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def hostile(*answers: Answer) -> Iterator[Hostile]:
    """The server on a free port, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            service.asked.append((f"{self.command} {self.path}", headers))
            told = service.next()
            body = told.body if isinstance(told.body, bytes) else orjson.dumps(told.body)
            self.send_response_only(told.status)
            for name, value in (self.usual(body) | told.headers).items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def usual(self, body: bytes) -> dict[str, str]:
            return {"Content-Length": str(len(body)), "Date": self.date_time_string()}

        do_GET = do_HEAD = do_POST = do_PUT = answer

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service = Hostile(f"http://127.0.0.1:{server.server_port}", list(answers))
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
