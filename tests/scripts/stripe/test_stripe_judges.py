"""stripe-mock, Stripe's own stand-in, as the judge of every request that our client makes.

It carries the official OpenAPI description and refuses what that does not know. A Go module: it is
built where a Go toolchain is to be had, else this skips.
"""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import stripe
from local_service import Service
from stripe_account import MemoryStore, run

from scripts.stripe import client as client_module
from scripts.stripe.client import Client, endpoint_of
from scripts.stripe.streams import STREAMS, Stream

MODULE = "github.com/stripe/stripe-mock@v0.203.0"
BUILD_SECONDS = 240
# Where the rest of a list inside an object is.
INNER = {
    "/v1/checkout/sessions/{id}/line_items",
    "/v1/invoices/{id}/lines",
    "/v1/subscription_items",
}

Sent = list[requests.PreparedRequest]


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a running stripe-mock."""
    program = _built(tmp_path_factory.mktemp("stripe-mock"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    command = [program, "-http-addr", address, "-https-addr", "127.0.0.1:0"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        while not _up(f"http://{address}"):
            assert process.poll() is None, "stripe-mock ended"
        yield f"http://{address}"
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """Every request that leaves through `requests` from here on, without the stage's own."""
    found: Sent = []
    send = requests.Session.send

    def keep(self: requests.Session, request: requests.PreparedRequest, **more: Any) -> Any:
        if "/v1/" in str(request.url):
            found.append(request.copy())
        return send(self, request, **more)

    monkeypatch.setattr(requests.Session, "send", keep)
    return found


def test_stripe_mock_accepts_every_request_of_every_stream(
    judge: str,
    client: Client,
    subscription: Any,
    account: stripe.StripeClient,
    stripe_server: Service,
    sent: Sent,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client_module, "PAGE", 5)
    monkeypatch.setattr("scripts.stripe.plan.PAGE", 5)
    store = MemoryStore()
    _use(account, subscription)
    sent.clear()
    for stream in STREAMS:
        run(client, store, stream)
    _use(account, subscription)
    stripe_server.admin("POST", "seed", {"kind": "event", "objects": [*map(_gone, STREAMS)]})
    for stream in STREAMS:
        run(client, store, stream)
        run(client, store, stream, since="2026-01-01T00:00:00Z", until="2026-01-02T00:00:00Z")
    ours = [request for request in sent if request.method == "GET"]
    assert {endpoint_of(_path(request)) for request in ours} >= INNER | {
        path
        for s in STREAMS
        if s.events
        for path in (
            (s.children or s.path).partition("?")[0],
            f"{s.parent if s.owner else s.path}/{{id}}",
        )
    }
    urls = [str(request.url) for request in ours]
    assert any("starting_after" in url for url in urls)
    assert any("types" in url for url in urls)
    refused = {_path(request): answer for request in ours if (answer := _judged(judge, request))}
    assert refused == {}


def test_stripe_mock_refuses_what_stripe_does_not_know(judge: str) -> None:
    headers = {"Authorization": "Bearer " + "_".join(("sk", "test", "123"))}
    for query in ("colour=red", "status=none", "limit=many"):
        url = f"{judge}/v1/subscriptions?{query}"
        request = requests.Request("GET", url, headers).prepare()
        assert "400" in str(_judged(judge, request)), query


def _use(account: stripe.StripeClient, subscription: Any) -> None:
    """A bit of what the streams look for, so that changed objects are fetched again."""
    customer = subscription.customer
    account.v1.customers.update(customer, {"name": "Ann"})
    account.v1.invoice_items.create({"customer": customer, "currency": "usd", "amount": 500})
    taking: Any = {"customer": customer, "pending_invoice_items_behavior": "include"}
    account.v1.invoices.create(taking)
    paying: Any = {
        "amount": 900,
        "currency": "usd",
        "payment_method": "pm_card_createDispute",
        "payment_method_types": ["card"],
        "confirm": True,
    }
    intent = account.v1.payment_intents.create({**paying, "payment_method": "pm_card_visa"})
    account.v1.refunds.create({"payment_intent": intent.id})
    account.v1.payment_intents.create(paying)
    line = {"price_data": {"currency": "usd", "unit_amount": 900, "product_data": {"name": "Hat"}}}
    given: Any = {"mode": "payment", "success_url": "https://a.example", "line_items": [line] * 12}
    account.v1.checkout.sessions.create(given)


def _gone(stream: Stream) -> dict[str, Any]:
    """An event of an object that Stripe does not know any more, so that it is asked for."""
    thing = {"id": "xx_gone1", "object": stream.object, "created": 1_600_000_000}
    type_ = (stream.events or ("none",))[0].replace("*", "deleted")
    return {"type": type_, "data": {"object": thing}}


def _path(request: requests.PreparedRequest) -> str:
    return str(request.path_url).partition("?")[0]


def _judged(judge: str, request: requests.PreparedRequest) -> str | None:
    """What the judge has against a request; it compares the key with a pattern only."""
    headers = {name: request.headers[name] for name in ("Authorization", "Stripe-Version")
               if name in request.headers}  # fmt: skip
    headers["Authorization"] = "Bearer " + "_".join(("sk", "test", "123"))
    answer = requests.request(
        str(request.method), judge + str(request.path_url), headers=headers, timeout=30
    )
    return None if answer.ok else f"{answer.status_code} {request.path_url}: {answer.text}"


def _built(folder: Path) -> str:
    go = shutil.which("go")
    if go is None:
        pytest.skip("stripe-mock cannot be built: no Go toolchain (`go` is not on the PATH)")
    try:
        done = subprocess.run(
            [go, "install", MODULE],
            env=os.environ | {"GOBIN": str(folder)},
            capture_output=True,
            text=True,
            timeout=BUILD_SECONDS,
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"stripe-mock cannot be built: `go install` took over {BUILD_SECONDS} s")
    if done.returncode:
        pytest.skip(f"stripe-mock cannot be built: {done.stderr.strip().splitlines()[-1]}")
    return str(folder / "stripe-mock")


def _up(url: str) -> bool:
    try:
        requests.get(url, timeout=5)
    except requests.ConnectionError:
        return False
    return True
