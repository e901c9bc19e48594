"""A local service as a process of its own on a free port, for the session."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Service:
    url: str

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, f"{self.url}/_admin/{path}", json=body, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def empty(self) -> None:
        """As new, in real time, without faults."""
        self.admin("POST", "reset")
        self.admin("DELETE", "faults")
        self.admin("POST", "clock", {"now": None})


@contextmanager
def running(name: str, data: Path, environment: dict[str, str]) -> Iterator[Service]:
    """`python -m docker.<name>`; ends with the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    process = subprocess.Popen(
        [sys.executable, "-m", f"docker.{name}", "--port", port, "--data", str(data)],
        cwd=ROOT,
        env=os.environ | environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    service = Service(f"http://127.0.0.1:{port}")
    try:
        while not _up(service):
            assert process.poll() is None, process.communicate()[1]
        yield service
    finally:
        process.kill()
        process.communicate()


def _up(service: Service) -> bool:
    try:
        return bool(service.admin("GET", "health")["status"] == "ok")
    except requests.ConnectionError:
        return False
