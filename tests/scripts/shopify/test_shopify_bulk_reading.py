"""Bulk operations: the same records as pages give, and everything that can go wrong with one."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import orjson
import pytest
import requests
from hostile import Answer, hostile
from lake import landed
from local_service import Service
from shopify_rows import Rows, pull_as_the_flow_does

from scripts import settings
from scripts.errors import RetriableError
from scripts.landing.pull import Request
from scripts.landing.slices import SliceTooBigError
from scripts.landing.state import read_state
from scripts.landing.store import Store
from scripts.landing.window import Slice
from scripts.landing.writer import iso, now_utc
from scripts.shopify import bulk_download
from scripts.shopify import pull as pulling
from scripts.shopify.begun import Task
from scripts.shopify.bulk import Waiting, read_bulk
from scripts.shopify.bulk_download import CHUNK, download
from scripts.shopify.client import Client, MissingScopeError
from scripts.shopify.documents import document
from scripts.shopify.pull import pull, read
from scripts.shopify.streams import STREAMS, Stream

IN_BULK = [stream for stream in STREAMS if stream.bulk]
ORDERS = next(stream for stream in STREAMS if stream.name == "orders")
CUSTOMERS = next(stream for stream in STREAMS if stream.name == "customers")
TIMES = [f"2026-03-01T00:00:{n:02d}Z" for n in range(40)]
OPERATIONS = "{ bulkOperations(first: 50) { nodes { id status url } } }"
REFUND = """mutation($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) { refund { id } userErrors { message } } }"""


@pytest.fixture
def client(shopify_environment: dict[str, str]) -> Client:
    return Client(settings.shopify())


@pytest.fixture
def rows(shopify_server: Service, client: Client) -> Callable[[Stream], Rows]:
    return lambda stream: Rows(shopify_server, client, stream.name)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds of each pause between attempts; they take no time."""
    found: list[float] = []
    monkeypatch.setattr("scripts.retry.time.sleep", found.append)
    return found


@pytest.fixture
def in_bulk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulling, "by_bulk", lambda *_: True)


def everything() -> Slice:
    return Slice(None, iso(now_utc() + timedelta(days=1)))


def bodies(client: Client, stream: Stream) -> dict[str, bytes]:
    """Records by id, as bytes with sorted keys."""
    found = [change for change in read(client, stream, everything()) if not change.deleted]
    raw = {c.id: orjson.dumps(c.record, option=orjson.OPT_SORT_KEYS) for c in found}
    assert len(raw) == len(found)
    return raw


def operations(client: Client) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = client.execute(OPERATIONS, {})["bulkOperations"]["nodes"]
    return nodes


def refund_first_line(client: Client, order: str, times: int) -> None:
    text = "query($id: ID!) { order(id: $id) { lineItems(first: 9) { nodes { id quantity } } } }"
    lines = client.execute(text, {"id": order})["order"]["lineItems"]["nodes"]
    line = max(lines, key=lambda node: node["quantity"])["id"]
    for number in range(times):
        lines = [{"lineItemId": line, "quantity": 1, "restockType": "NO_RESTOCK"}]
        given = {"orderId": order, "refundLineItems": lines}
        answer = client.execute(REFUND, {"input": given, "key": f"{order}-{number}"})
        assert answer["refundCreate"]["userErrors"] == []


@pytest.mark.parametrize("stream", IN_BULK, ids=lambda stream: stream.name)
def test_bulk_and_pages_give_the_same_bytes(
    client: Client, rows: Callable[[Stream], Rows], stream: Stream,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    made = rows(stream).add(*TIMES[:7])
    if stream.name == "orders":
        refund_first_line(client, made[0], 2)
        refund_first_line(client, made[3], 1)
    monkeypatch.setattr(pulling, "by_bulk", lambda *_: False)
    paged = bodies(client, stream)
    assert operations(client) == []
    monkeypatch.setattr(pulling, "by_bulk", lambda *_: True)
    assert bodies(client, stream) == paged
    assert set(paged) >= set(made)
    assert len(operations(client)) == 1
    nested = [key for body in paged.values() for key in orjson.loads(body) if key == "pageInfo"]
    assert nested == []


def test_what_the_pages_would_cost_decides(
    client: Client, rows: Callable[[Stream], Rows], shopify_server: Service, store: Store
) -> None:
    shopify_server.admin("POST", "throttle", {"plan": "standard"})
    filled, small = rows(CUSTOMERS), replace(CUSTOMERS, page_size=1)
    filled.add(*TIMES[:3])
    assert pull(client, store, small, Request()).landed == 3
    assert operations(client) == []
    shopify_server.admin("POST", "throttle", {"plan": "standard"})
    filled.add(*TIMES * 30)
    assert pull(client, store, small, Request(full_refresh=True)).landed == 1203
    assert [operation["status"] for operation in operations(client)] == ["COMPLETED"]


@pytest.mark.usefixtures("in_bulk", "no_waiting")
def test_a_failed_operation_is_read_in_halves(
    client: Client, rows: Callable[[Stream], Rows], shopify_server: Service, store: Store
) -> None:
    made = rows(ORDERS).add(*TIMES)
    failed = {"status": "FAILED", "error_code": "INTERNAL_SERVER_ERROR", "partial": 0.5}
    shopify_server.admin("POST", "bulk", [failed, {**failed, "error_code": "TIMEOUT"}])
    assert pull(client, store, ORDERS, Request()).landed == len(made)
    statuses = [operation["status"] for operation in operations(client)]
    assert (statuses.count("FAILED"), statuses.count("COMPLETED")) == (2, 3)
    assert sorted(e["_id"] for e in landed(store, "shopify", "orders")) == sorted(made)


@pytest.mark.usefixtures("in_bulk", "no_waiting")
@pytest.mark.parametrize("status", ["CANCELED", "EXPIRED"])
def test_an_operation_that_was_ended_leaves_the_cursor(
    client: Client, rows: Callable[[Stream], Rows], shopify_server: Service, store: Store,
    status: str,
) -> None:  # fmt: skip
    rows(ORDERS).add(*TIMES[:2])
    shopify_server.admin("POST", "bulk", [{"status": status, "partial": 1.0}])
    with pytest.raises(RetriableError, match=f"ended {status} .* the cursor was left") as raised:
        pull(client, store, ORDERS, Request())
    assert not isinstance(raised.value, SliceTooBigError)
    assert read_state(store, "shopify", "orders").cursor is None
    assert landed(store, "shopify", "orders") == []
    assert pull(client, store, ORDERS, Request()).landed == 2


@pytest.mark.usefixtures("no_waiting")
def test_a_denied_operation_names_the_scopes(client: Client, shopify_server: Service) -> None:
    shopify_server.admin("POST", "bulk", [{"status": "FAILED", "error_code": "ACCESS_DENIED"}])
    with pytest.raises(MissingScopeError) as raised:
        list(read_bulk(client, Task(CUSTOMERS, "")))
    assert raised.value.scope == "read_customers"


def test_the_sixth_operation_waits_for_a_place(
    client: Client, rows: Callable[[Stream], Rows], shopify_server: Service
) -> None:
    rows(CUSTOMERS).add(*TIMES[:2])
    text = document("customers_bulk").replace('"WINDOW"', '""')
    shopify_server.admin("POST", "bulk", [{"seconds": 30}] * 5)
    for _ in range(5):
        client.execute(document("bulk_start"), {"query": text})
    pauses = []

    def end_one(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 1:
            shopify_server.admin("POST", "reset")
            rows(CUSTOMERS).add(*TIMES[:3])

    waiting = Waiting(sleep=end_one)
    assert len(list(read_bulk(client, Task(CUSTOMERS, ""), waiting=waiting))) == 3
    assert pauses[0] == 0.5


@pytest.mark.parametrize(("stream", "kind"), [(ORDERS, SliceTooBigError)])
def test_an_hour_without_progress_ends_the_operation(
    client: Client, shopify_server: Service, stream: Stream, kind: type[Exception]
) -> None:
    shopify_server.admin("POST", "bulk", [{"seconds": 60}])
    clock = iter(range(0, 1_000_000, 700))
    waiting = Waiting(clock=lambda: float(next(clock)), sleep=lambda _: None)
    with pytest.raises(kind, match="made no progress for an hour"):
        list(read_bulk(client, Task(stream, ""), waiting=waiting))
    assert operations(client)[0]["status"] in ("CANCELING", "CANCELED")


@pytest.mark.usefixtures("no_waiting")
def test_a_cut_download_is_gone_on_with(
    client: Client, rows: Callable[[Stream], Rows], shopify_server: Service,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    made = rows(ORDERS).add(*TIMES)
    get, ranges = requests.get, list[str]()

    def watched(url: str, **given: Any) -> requests.Response:
        ranges.append(given["headers"].get("Range", ""))
        return get(url, **given)

    monkeypatch.setattr(requests, "get", watched)
    fault = {"match": "bulk-results", "kind": "truncate", "times": 3}
    shopify_server.admin("POST", "faults", fault)
    found = [record["id"] for record, _ in read_bulk(client, Task(ORDERS, ""))]
    assert sorted(found) == sorted(made)
    assert shopify_server.admin("GET", "faults")[0]["hits"] == 3
    begun = [int(text.removeprefix("bytes=").rstrip("-") or 0) for text in ranges]
    assert (len(begun), begun) == (4, sorted(set(begun)))


def test_a_download_that_is_cut_off_again_and_again_ends_as_long_as_something_comes(
    tmp_path: Path, waits: list[float]
) -> None:
    """A proxy that ends each connection after a minute must not make a large result unreadable."""
    text, piece = bytes(range(256)) * 2_048, 2 * CHUNK
    cut_off = [
        Answer(
            text[start : start + piece],
            206 if start else 200,
            {"Content-Length": str(len(text) - start), "Connection": "close"},
        )
        for start in range(0, len(text), piece)
    ]
    assert len(cut_off) == 16
    with hostile(*cut_off) as files:
        download(f"{files.url}/result", tmp_path / "result", len(text))
    assert (tmp_path / "result").read_bytes() == text
    assert (len(files.asked), waits) == (16, [])


def test_a_download_that_hardly_goes_on_is_given_up(tmp_path: Path, waits: list[float]) -> None:
    """A chunk a minute of a gigabyte would take weeks."""
    headers = {"Content-Length": str(CHUNK * 1_000), "Connection": "close"}
    with (
        hostile(Answer(bytes(CHUNK), 206, headers)) as files,
        pytest.raises(RetriableError, match="cut off"),
    ):
        download(f"{files.url}/result", tmp_path / "result", CHUNK * 1_000)
    assert (len(files.asked), len(waits)) == (6, 5)


def test_a_download_that_comes_by_drops_is_given_up(
    tmp_path: Path, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No read of it takes as long as its time-out, so nothing else would have ended it."""
    monkeypatch.setattr(bulk_download, "SECONDS", 0.1)

    class Drops(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(200)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            with suppress(OSError):
                for _ in range(40):
                    self.wfile.write(b"x")
                    Event().wait(0.05)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Drops) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        with pytest.raises(RetriableError, match="comes too slowly"):
            download(url, tmp_path / "result", 100_000)
        server.shutdown()
        thread.join()


def test_a_download_that_brings_nothing_is_given_up(tmp_path: Path, waits: list[float]) -> None:
    expired = Answer(b"<Error><Code>ExpiredToken</Code></Error>", 403)
    with hostile(expired) as files, pytest.raises(RetriableError, match="answered 403"):
        download(f"{files.url}/result", tmp_path / "result", 10)
    assert (len(files.asked), len(waits)) == (6, 5)


@pytest.mark.usefixtures("in_bulk", "no_waiting")
def test_three_of_ten_requests_fail_and_nothing_is_lost(
    client: Client, rows: Callable[[Stream], Rows], shopify_server: Service, store: Store
) -> None:
    made = rows(ORDERS).add(*TIMES)
    refund_first_line(client, made[5], 2)
    kinds = ("429", "500", "truncate", "timeout")
    faults = [
        {"match": "graphql|bulk-results", "kind": kind, "probability": 0.09, "seed": seed}
        for seed, kind in enumerate(kinds)
    ]
    shopify_server.admin("POST", "faults", faults)
    pull_as_the_flow_does(client, store, replace(ORDERS, page_size=1))
    hits = sum(fault["hits"] for fault in shopify_server.admin("GET", "faults"))
    shopify_server.admin("DELETE", "faults")
    assert hits > 5
    assert sorted(e["_id"] for e in landed(store, "shopify", "orders")) == sorted(made)


@pytest.mark.usefixtures("in_bulk", "no_waiting")
@pytest.mark.parametrize("counter", ["objectCount", "rootObjectCount"])
def test_a_count_that_disagrees_leaves_the_cursor(
    client: Client, rows: Callable[[Stream], Rows], store: Store,
    monkeypatch: pytest.MonkeyPatch, counter: str,
) -> None:  # fmt: skip
    rows(ORDERS).add(*TIMES[:3])
    execute = client.execute

    def miscounted(text: str, variables: dict[str, Any]) -> dict[str, Any]:
        data = execute(text, variables)
        if data.get("operation"):
            data["operation"][counter] = str(int(data["operation"][counter]) + 1)
        return data

    monkeypatch.setattr(client, "execute", miscounted)
    with pytest.raises(RetriableError, match="but Shopify counted"):
        pull(client, store, ORDERS, Request())
    assert read_state(store, "shopify", "orders").cursor is None
    monkeypatch.setattr(client, "execute", execute)
    assert pull(client, store, ORDERS, Request()).landed == 3


@pytest.mark.usefixtures("in_bulk")
def test_an_order_deleted_meanwhile_is_left_out(
    client: Client, rows: Callable[[Stream], Rows], monkeypatch: pytest.MonkeyPatch
) -> None:
    filled = rows(ORDERS)
    made = filled.add(*TIMES[:2])
    refund_first_line(client, made[0], 1)
    execute = client.execute

    def deleting(text: str, variables: dict[str, Any]) -> dict[str, Any]:
        if "parts: nodes" in text:
            filled.delete(made[0])
        return execute(text, variables)

    monkeypatch.setattr(client, "execute", deleting)
    found = list(read(client, ORDERS, everything()))
    assert [(c.id, c.deleted) for c in found] == [(made[1], False), (made[0], True)]
