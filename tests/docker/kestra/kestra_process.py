"""A Kestra process of the tests' own, and a client of its REST paths."""

from __future__ import annotations

import base64
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import requests

from docker.kestra.launch import Options, command

T = TypeVar("T")
ROOT = Path(__file__).parents[3]
FLOWS = Path(__file__).parent / "flows"
SECRETS = {"SHOP_TOKEN": "token-of-the-shop-123", "HOOK_KEY": "key-of-the-hook-456"}
MODULE = "import os, sys\nprint(sys.executable)\nprint(sorted(os.environ.items()))\n"


def environment(folder: Path) -> dict[str, str]:
    """What a supervisor gives: interpreter first on the PATH, modules, secrets, variables."""
    modules = folder / "modules"
    modules.mkdir(exist_ok=True)
    (modules / "show_environment.py").write_text(MODULE)
    secrets = {
        f"SECRET_{name}": base64.b64encode(value.encode()).decode()
        for name, value in SECRETS.items()
    }
    return {
        **os.environ,
        **secrets,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(modules),
        "ENV_SHOP_URL": "http://shop.test",
        "KESTRA_URL": "",
        "NOT_FOR_TASKS": "anything",
    }


class Kestra:
    """One process on one data folder; `start` again after `kill` or `stop` for another life."""

    def __init__(self, folder: Path, flows: Path = FLOWS, **extra: str) -> None:
        self.folder, self.extra = folder, extra
        self.options = Options(free_port(), free_port(), folder / "data", flows)
        self.api = f"http://127.0.0.1:{self.options.port}/api/v1/main"
        self.log = folder / "kestra.log"

    def start(self) -> Kestra:
        argv, variables = command(self.options, {**environment(self.folder), **self.extra})
        with self.log.open("a") as log:
            self.process = subprocess.Popen(argv, env=variables, stdout=log, stderr=log)
        eventually(self.ready, seconds=120)
        return self

    def ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        return self.get_status("/health", base=self.root) == 200

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.options.port}"

    def get_status(self, path: str, base: str | None = None) -> int:
        try:
            return requests.get((base or self.api) + path, timeout=10).status_code
        except requests.ConnectionError:
            return 0

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(timeout=60)

    def get(self, path: str, **query: Any) -> Any:
        answer = requests.get(self.api + path, params=query, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, **arguments: Any) -> requests.Response:
        return requests.post(self.api + path, timeout=120, **arguments)

    def run(self, flow: str, wait: bool = True, **inputs: Any) -> dict[str, Any]:
        """Start a flow of it.main with a multipart form, as the official server wants it."""
        form = {name: (None, str(value)) for name, value in inputs.items()} or None
        answer = self.post(f"/executions/it.main/{flow}", params={"wait": wait}, files=form)
        answer.raise_for_status()
        return answer.json()

    def execution(self, identifier: str) -> dict[str, Any]:
        return self.get(f"/executions/{identifier}")

    def state(self, identifier: str) -> str:
        return self.execution(identifier)["state"]["current"]

    def messages(self, identifier: str, level: str = "INFO") -> list[str]:
        return [line["message"] for line in self.get(f"/logs/{identifier}", minLevel=level)]

    def alerts(self) -> list[tuple[str, str]]:
        """(id of the execution that failed, its state) of every run of it.alerts.on_failed."""
        found = self.get("/executions/search", namespace="it.alerts", size=100)["results"]
        seen = [run["trigger"]["variables"] for run in found]
        return [(trigger["executionId"], trigger["state"]) for trigger in seen]


def eventually(probe: Callable[[], T], seconds: float = 30) -> T:
    """The first true answer of `probe`; fails when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (answer := probe()):
        assert time.monotonic() < deadline, f"still {answer!r} after {seconds} s"
        time.sleep(0.1)
    return answer


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]
