"""A running local Slack, and the addresses of its webhook and its neighbours."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import requests

ROOT = Path(__file__).parents[3]
HOOK = "/services/T0LOCAL/B0LOCAL/secretpart"


class Slack:
    """`post` answers `(status, text)`; `messages` is what the channel holds."""

    def __init__(self, data: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.data = data
        self.url = f"http://127.0.0.1:{self.port}"
        self.http = requests.Session()
        self.start()

    def start(self) -> None:
        arguments = ["--port", str(self.port), "--data", str(self.data)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "docker.slack", *arguments],
            cwd=ROOT,
            env=os.environ | {"SLACK_WEBHOOK_PATH": HOOK},
        )
        while self.process.poll() is None:
            try:
                self.http.get(f"{self.url}/_admin/health", timeout=5)
                return
            except requests.ConnectionError:
                continue
        raise AssertionError("the local Slack ended at once")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def post(self, payload: object, path: str = HOOK) -> tuple[int, str]:
        answer = self.http.post(self.url + path, json=payload, timeout=10)
        return answer.status_code, answer.text

    def messages(self, **params: str) -> list[dict]:
        answer = self.http.get(f"{self.url}/api/messages", params=params, timeout=10)
        return answer.json()["messages"]

    def admin(self, path: str, body: object) -> None:
        self.http.post(f"{self.url}/_admin/{path}", json=body, timeout=10).raise_for_status()
