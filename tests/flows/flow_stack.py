"""The whole embedded stack on ports and in a folder of its own, and a client of what it holds."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import requests
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.jobs import JobSettings
from dotenv import dotenv_values
from small_wheel import PACKAGE, wheel

from docker.embedded import settings

T = TypeVar("T")
REMOTE = f"/Volumes/tests/{PACKAGE}-1.0-py3-none-any.whl"
ENDED = ("SUCCESS", "WARNING", "FAILED", "KILLED", "CANCELLED")


@dataclass(frozen=True)
class Stack:
    """environment starts it again; values are what `make up` published."""

    home: Path
    environment: dict[str, str]
    values: dict[str, str]

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return embedded(self.environment, *arguments)

    def start(self, flow: str, **inputs: str) -> str:
        """The id of a new execution."""
        form = {name: (None, value) for name, value in inputs.items()} or {"": (None, "")}
        url = f"{self.values['KESTRA_URL']}/api/v1/main/executions/{flow}"
        answer = requests.post(url, files=form, timeout=60)
        answer.raise_for_status()
        return str(answer.json()["id"])

    def kill(self, identifier: str) -> None:
        url = f"{self.values['KESTRA_URL']}/api/v1/main/executions/{identifier}/kill"
        requests.delete(url, timeout=60).raise_for_status()

    def execution(self, identifier: str) -> dict[str, Any]:
        return self._kestra(f"executions/{identifier}")

    def ended(self, identifier: str) -> dict[str, Any]:
        return eventually(
            lambda: (run := self.execution(identifier))["state"]["current"] in ENDED and run, 200
        )

    def logs(self, identifier: str) -> list[dict[str, Any]]:
        return self._kestra(f"logs/{identifier}", minLevel="TRACE")

    def executions(self, namespace: str) -> list[dict[str, Any]]:
        return self._kestra("executions/search", namespace=namespace, size=200)["results"]

    def messages(self, identifier: str) -> list[dict[str, Any]]:
        """The Slack messages that name this run."""
        return [item for item in self.channel() if identifier in str(item["payload"])]

    def channel(self) -> list[dict[str, Any]]:
        base = self.values["SLACK_WEBHOOK_URL"].split("/services/")[0]
        return requests.get(f"{base}/api/messages", timeout=10).json()["messages"]

    def alerted(self, identifier: str) -> dict[str, Any]:
        return eventually(lambda: self.messages(identifier), 90)[0]

    def job(self, point: str, *given: str, **more: Any) -> None:
        """Makes the job of the medallion flow one task of the small wheel, until the next `up`."""
        client, name = self.databricks(), "ecomm_medallion"
        client.files.upload(REMOTE, wheel(), overwrite=True)
        work = {"package_name": PACKAGE, "entry_point": point, "parameters": list(given)}
        libraries = [{"whl": REMOTE}]
        task = {"task_key": "silver", "python_wheel_task": work, "libraries": libraries, **more}
        found = next(item for item in client.jobs.list(name=name))
        assert found.job_id
        client.jobs.reset(found.job_id, JobSettings.from_dict({"name": name, "tasks": [task]}))

    def databricks(self) -> WorkspaceClient:
        return WorkspaceClient(
            host=self.values["DATABRICKS_HOST"], token=self.values["DATABRICKS_TOKEN"]
        )

    def pid(self, service: str) -> int:
        return int((self.home / "run" / f"{service}.pid").read_text().split()[0])

    def secrets(self) -> list[str]:
        """Every credential that the stack knows."""
        names = ("TOKEN", "KEY", "SECRET", "WEBHOOK")
        return [value for name, value in self.values.items() if any(part in name for part in names)]

    def _kestra(self, path: str, **query: Any) -> Any:
        url = f"{self.values['KESTRA_URL']}/api/v1/main/{path}"
        answer = requests.get(url, params=query, timeout=30)
        answer.raise_for_status()
        return answer.json()


def environment(home: Path) -> dict[str, str]:
    """Free ports, and every endpoint and key given as the stack's own: a developer's `.env` must
    not lead a test to a real shop or channel."""
    ports = {name: str(free_port()) for name in settings.PORTS}
    own = settings.own_values(home, ports)
    return {**os.environ, **own, **ports, "ECOMM_HOME": str(home)}


def embedded(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "docker.embedded", *arguments],
        cwd=settings.PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def published(home: Path) -> dict[str, str]:
    return {name: value for name, value in dotenv_values(home / "env").items() if value}


def processes(stack: Stack) -> dict[int, str]:
    """pid and command line of every process whose environment or command names this stack."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            variables = (folder / "environ").read_bytes()
        except OSError:
            continue  # it has ended, or is another user's
        ours = str(stack.home).encode() in variables or str(stack.home) in words
        mine = stack.values["SHOPIFY_ACCESS_TOKEN"].encode() in variables
        if (ours or mine) and int(folder.name) != os.getpid():
            found[int(folder.name)] = words
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(probe: Callable[[], T], seconds: float) -> T:
    """The first true answer of `probe`; fails when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (answer := probe()):
        assert time.monotonic() < deadline, f"still {answer!r} after {seconds} s"
        time.sleep(0.1)
    return answer
