"""Starting and asking a local Shopify."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).parents[3]
TOKEN = "local-token"
SECRET = "local-secret"
Execute = Callable[..., dict[str, Any]]


@dataclass
class Server:
    """A running service; `post` sends one GraphQL request with the right token."""

    url: str
    process: subprocess.Popen[str]
    data: Path
    environment: dict[str, str]

    def post(self, text: str, version: str = "2026-10", **variables: Any) -> requests.Response:
        return requests.post(
            f"{self.url}/admin/api/{version}/graphql.json",
            json={"query": text, "variables": variables},
            headers={"X-Shopify-Access-Token": TOKEN},
            timeout=30,
        )

    def ask(self, text: str, **variables: Any) -> dict[str, Any]:
        answer = self.post(text, **variables).json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def admin(self, path: str, body: Any = None) -> requests.Response:
        return requests.post(f"{self.url}/_admin/{path}", json=body, timeout=30)

    def stop(self, kind: int = signal.SIGTERM) -> int:
        self.process.send_signal(kind)
        return self.process.wait(timeout=20)

    def start(self) -> None:
        self.process = start(int(self.url.rpartition(":")[2]), self.data, self.environment)
        wait_until_up(self.url, self.process)


def start(port: int, data: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    arguments = ["--port", str(port), "--data", str(data)]
    return subprocess.Popen(
        [sys.executable, "-m", "docker.shopify", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until_up(url: str, process: subprocess.Popen[str]) -> None:
    while process.poll() is None:
        try:
            requests.get(f"{url}/_admin/health", timeout=5)
            return
        except requests.ConnectionError:
            continue
    raise AssertionError(process.stderr.read() if process.stderr else "the service did not start")


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]
