"""A real local Stripe process, and an in-process one for what needs no socket."""

import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
import requests
import stripe

from docker.common.clock import Clock
from docker.stripe.errors import StripeError
from docker.stripe.limits import Limiter
from docker.stripe.resources.accounts import open_account
from docker.stripe.service import Request, Service, perform
from docker.stripe.settings import Settings
from docker.stripe.store import Store

ROOT = Path(__file__).parents[3]
KEY = "_".join(("sk", "test", "local" * 4))
UNLIMITED = {"STRIPE_RATE_LIMIT": "1000000", "STRIPE_ENDPOINT_RATE_LIMIT": "1000000"}


@dataclass
class Server:
    """A running service; `kill` is kill -9, `start` goes on with the same state."""

    port: int
    data: Path
    environment: dict[str, str]
    http: requests.Session = field(default_factory=requests.Session)
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def client(self) -> stripe.StripeClient:
        return stripe.StripeClient(KEY, base_addresses={"api": self.url}, max_network_retries=0)

    def start(self) -> "Server":
        self.http.headers["Authorization"] = f"Bearer {KEY}"
        arguments = ["--port", str(self.port), "--data", str(self.data)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "docker.stripe", *arguments],
            cwd=ROOT,
            env=os.environ | {"STRIPE_API_KEY": KEY} | self.environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        while self.process.poll() is None:
            try:
                self.http.get(f"{self.url}/_admin/health", timeout=5)
                return self
            except requests.ConnectionError:
                continue
        raise AssertionError(self.process.communicate()[1])

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def get(self, path: str, **params: Any) -> requests.Response:
        return self.http.get(self.url + path, params=params, timeout=10)

    def post(self, path: str, form: dict[str, Any], **headers: str) -> requests.Response:
        return self.http.post(self.url + path, data=form, headers=headers, timeout=10)

    def set_clock(self, now: datetime) -> None:
        self.http.post(
            f"{self.url}/_admin/clock", json={"now": now.isoformat()}, timeout=10
        ).raise_for_status()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Local:
    """The service without sockets: `call("POST", "/v1/customers", {"name": "Ann"})`."""

    def __init__(self, data: Path) -> None:
        self.store = Store(data / "stripe.sqlite")
        self.clock = Clock(data / "clock.json")
        open_account(self.store)
        self.service = Service(Settings(KEY), self.store, self.clock, Limiter(100, 25))

    def call(self, method: str, path: str, params: dict[str, Any] | None = None) -> Any:
        """The decoded answer; raises StripeError as the service does, before it is rendered."""
        text = urlencode(params or {}, doseq=True)
        reply = perform(self.service, Request(method, path, {}, text), "req_test")
        body = orjson.loads(reply.body)
        if reply.status != 200:
            raise StripeError(reply.status, body["error"])
        return body

    def pay(self, amount: int = 5000, card: str = "pm_card_visa", **extra: Any) -> Any:
        """A confirmed payment intent."""
        form = {
            "amount": amount,
            "currency": "usd",
            "payment_method": card,
            "payment_method_types[]": "card",
            "confirm": "true",
        }
        return self.call("POST", "/v1/payment_intents", form | extra)
