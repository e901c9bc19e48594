"""Executions and logs as Kestra's REST API tells them, and a server that tells them."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

START, END = "2026-11-23T04:00:00.123456789Z", "2026-11-23T04:01:02.100Z"


def task_run(key: str, state: str, parent: str | None = None) -> dict[str, Any]:
    run = {"id": f"run-{key}", "taskId": key, "state": {"current": state}}
    return run | ({"parentTaskRunId": f"run-{parent}"} if parent else {})


def execution(state: str = "FAILED", *runs: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "6mYkExecution",
        "namespace": "ecomm.ingest",
        "flowId": "shopify_to_s3",
        "state": {"current": state, "startDate": START, "endDate": END},
        "taskRunList": list(runs),
    }


def entry(task: str, *lines: str) -> dict[str, Any]:
    return {"taskId": task, "level": "ERROR", "message": "\n".join(lines)}


@contextmanager
def kestra_telling(states: list[dict[str, Any]], logs: list[dict[str, Any]]) -> Iterator[str]:
    """URL of a Kestra that answers one state after the other, then the last one for ever."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/api/v1/main/logs/"):
                body: Any = logs
            else:
                body = states.pop(0) if len(states) > 1 else states[0]
            raw = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
