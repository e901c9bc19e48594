"""The local services that contestants talk to, each a process of its own on a free port."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import requests

from docker.embedded.services import SERVICES
from docker.embedded.settings import Settings

PROJECT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Service:
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, f"{self.url}/_admin/{path}", json=body, timeout=120)
        answer.raise_for_status()
        return answer.json()

    def slow(self, seconds: float) -> None:
        """Each request waits so long at the server from now on."""
        self.admin("DELETE", "faults")
        if seconds:
            self.admin("POST", "faults", {"match": ".", "kind": "slow", "delay_seconds": seconds})


@contextmanager
def local(name: str, data: Path, environment: Mapping[str, str]) -> Iterator[Service]:
    """`python -m docker.<name>` on the state in `data`."""
    service = Service(free_port())
    argv = [sys.executable, "-m", f"docker.{name}", "--port", str(service.port)]
    with process([*argv, "--data", str(data)], f"{service.url}/_admin/health", environment):
        yield service


@dataclass(frozen=True)
class Bucket:
    """A bucket of the local S3 server: the variables that name it, and its folder on disk."""

    environment: dict[str, str]
    folder: Path


@dataclass(frozen=True)
class S3:
    environment: dict[str, str]
    home: Path

    def bucket(self) -> Bucket:
        """A new, empty one."""
        name = f"bench-{secrets.token_hex(6)}"
        folder = self.home / "s3" / "buckets" / name
        folder.mkdir(parents=True)
        return Bucket({**self.environment, "S3_BUCKET": name}, folder)


@contextmanager
def s3(home: Path) -> Iterator[S3]:
    """The embedded stack's S3 server on a disk folder."""
    port = free_port()
    values = {
        "S3_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "S3_PORT": str(port),
        "S3_BUCKET": "bench",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": secrets.token_hex(8),
    }
    service = next(service for service in SERVICES if service.name == "s3")
    argv, environment = service.command(Settings(home, values, ("s3",)))
    url = values["S3_ENDPOINT_URL"]
    with (home / "s3.log").open("wb") as log, process(argv, url, environment, log):
        yield S3(values, home)


@contextmanager
def process(
    argv: list[str], health: str, environment: Mapping[str, str], out: IO[bytes] | None = None
) -> Iterator[None]:
    """A process that serves `health` while the block runs; its words go to `out`, else to ours."""
    child = subprocess.Popen(
        argv, cwd=PROJECT, env=os.environ | environment, stdout=out, stderr=out
    )
    try:
        while not _answers(health):
            if child.poll() is not None:
                raise RuntimeError(f"{argv[2]} did not start; its words stand above")
            time.sleep(0.05)
        yield
    finally:
        child.terminate()
        child.wait(30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(url: str) -> bool:
    try:
        requests.get(url, timeout=5)
    except requests.ConnectionError:
        return False
    return True
