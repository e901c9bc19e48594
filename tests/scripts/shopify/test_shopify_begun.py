"""A pull that is killed leaves its bulk operation running: what the next one makes of it."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
from lake import ROOT, landed
from local_service import Service
from shopify_rows import Rows

from scripts import settings
from scripts.errors import RetriableError
from scripts.landing.pull import Request
from scripts.landing.state import read_state
from scripts.landing.store import Store
from scripts.landing.writer import iso, now_utc
from scripts.shopify import planning
from scripts.shopify import pull as pulling
from scripts.shopify.begun import RESULTS_LIVE, Begun, notes_of
from scripts.shopify.client import Client
from scripts.shopify.documents import document
from scripts.shopify.pull import pull
from scripts.shopify.streams import STREAMS, Stream

BY_NAME = {stream.name: stream for stream in STREAMS}
ORDERS = BY_NAME["orders"]
NOTES = "state/shopify/_bulk/"
TIMES = [f"2026-03-01T00:00:{n:02d}Z" for n in range(5)]
OPERATIONS = "{ bulkOperations(first: 50) { nodes { id status query } } }"
# The command itself, and every slice is big.
PULL_IN_BULK = """
import sys
from scripts import shopify_to_s3
from scripts.shopify import planning, pull
planning.by_bulk = pull.by_bulk = lambda *_: True
shopify_to_s3.main()
"""

Killed = Callable[[str], None]


@pytest.fixture(autouse=True)
def in_bulk(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (planning, pulling):
        monkeypatch.setattr(module, "by_bulk", lambda *_: True)


@pytest.fixture
def client(shopify_environment: dict[str, str]) -> Client:
    return Client(settings.shopify())


@pytest.fixture
def killed_pull(
    client: Client, store: Store, s3_environment: dict[str, str],
    shopify_environment: dict[str, str],
) -> Killed:  # fmt: skip
    """A pull that dies by SIGKILL while its operation runs."""

    def pull_and_kill(stream: str) -> None:
        process = subprocess.Popen(
            [sys.executable, "-c", PULL_IN_BULK, "--streams", stream],
            cwd=ROOT,
            env=os.environ | s3_environment | shopify_environment,
        )
        while not list(store.list(NOTES)):
            assert process.poll() is None
        process.kill()
        process.wait()
        assert [operation["status"] for operation in operations(client)] != ["COMPLETED"]

    return pull_and_kill


def operations(client: Client) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = client.execute(OPERATIONS, {})["bulkOperations"]["nodes"]
    return nodes


def ended(server: Service, client: Client) -> None:
    while any(operation["status"] in ("CREATED", "RUNNING") for operation in operations(client)):
        server.admin("DELETE", "bulk")


def fill(server: Service, client: Client, stream: str) -> list[str]:
    return Rows(server, client, stream).add(*TIMES)


def slow(server: Service) -> None:
    """The next operation runs until it is let go."""
    server.admin("POST", "bulk", [{"seconds": 120}])


@pytest.fixture
def let_go_when_asked(
    client: Client, shopify_server: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Operations run until a pull has seen them running."""
    execute = client.execute

    def watched(text: str, variables: dict[str, Any]) -> dict[str, Any]:
        data = execute(text, variables)
        if text == document("bulk_status"):
            shopify_server.admin("DELETE", "bulk")
        return data

    monkeypatch.setattr(client, "execute", watched)


def ids(store: Store, stream: str) -> list[str]:
    return sorted(envelope["_id"] for envelope in landed(store, "shopify", stream))


def bulk_text(stream: Stream, query: str) -> str:
    return document(f"{stream.document}_bulk").replace('"WINDOW"', orjson.dumps(query).decode())


@pytest.mark.usefixtures("let_go_when_asked")
# One, and one for what has changed since where that is read in bulk as well.
@pytest.mark.parametrize(
    ("name", "begun"), [("orders", 2), ("gift_cards", 1), ("collection_products", 2)]
)
@pytest.mark.parametrize("runs_on", [True, False], ids=["still running", "completed meanwhile"])
def test_the_next_pull_takes_the_operation_that_a_killed_one_left(
    client: Client, shopify_server: Service, store: Store, killed_pull: Killed,
    name: str, begun: int, runs_on: bool,
) -> None:  # fmt: skip
    made = fill(shopify_server, client, name)
    slow(shopify_server)
    before = iso(now_utc())
    killed_pull(name)
    killed_at = iso(now_utc())
    if not runs_on:
        ended(shopify_server, client)
    assert pull(client, store, BY_NAME[name], Request()).landed >= len(made)
    statuses = [operation["status"] for operation in operations(client)]
    assert statuses == ["COMPLETED"] * begun
    envelopes = landed(store, "shopify", name)
    assert sorted(envelope["_id"] for envelope in envelopes) == sorted(made)
    # As of the time before the operation was started, not of the reading.
    assert {before < envelope["_extracted_at"] < killed_at for envelope in envelopes} == {True}
    assert list(store.list(NOTES)) == []


@pytest.mark.usefixtures("let_go_when_asked")
def test_an_operation_that_nobody_of_ours_noted_is_left_alone(
    client: Client, shopify_server: Service, store: Store, killed_pull: Killed
) -> None:
    """Even one that asks for the same, to the letter."""
    made = fill(shopify_server, client, "orders")
    slow(shopify_server)
    killed_pull("orders")
    (ours,) = operations(client)
    (note,) = store.list(NOTES)
    store.delete([note])
    slow(shopify_server)
    client.execute(document("bulk_start"), {"query": bulk_text(ORDERS, "status:open")})
    assert pull(client, store, ORDERS, Request()).landed == len(made)
    assert ids(store, "orders") == sorted(made)
    found = operations(client)
    assert [operation["query"] for operation in found].count(ours["query"]) == 2
    assert not {operation["status"] for operation in found} & {"CANCELED", "CANCELING"}


@pytest.mark.usefixtures("no_waiting")
def test_a_result_that_is_of_no_use_is_not_taken_twice(
    client: Client, shopify_server: Service, store: Store, killed_pull: Killed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    made = fill(shopify_server, client, "orders")
    slow(shopify_server)
    killed_pull("orders")
    ended(shopify_server, client)
    execute = client.execute

    def miscounted(text: str, variables: dict[str, Any]) -> dict[str, Any]:
        data = execute(text, variables)
        if data.get("operation"):
            data["operation"]["objectCount"] = str(int(data["operation"]["objectCount"]) + 1)
        return data

    monkeypatch.setattr(client, "execute", miscounted)
    with pytest.raises(RetriableError, match="but Shopify counted"):
        pull(client, store, ORDERS, Request())
    assert len(operations(client)) == 1
    assert list(store.list(NOTES)) == []
    monkeypatch.setattr(client, "execute", execute)
    assert pull(client, store, ORDERS, Request()).landed == len(made)
    texts = [operation["query"] for operation in operations(client)]
    assert texts.count(texts[0]) == 2


@pytest.mark.usefixtures("no_waiting")
def test_a_shop_that_cannot_be_reached_meanwhile_costs_no_second_operation(
    client: Client, shopify_server: Service, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = fill(shopify_server, client, "orders")
    execute = client.execute

    def unreachable(text: str, variables: dict[str, Any]) -> dict[str, Any]:
        if text == document("bulk_status"):
            raise RetriableError("Shopify could not be reached")
        return execute(text, variables)

    monkeypatch.setattr(client, "execute", unreachable)
    with pytest.raises(RetriableError, match="could not be reached"):
        pull(client, store, ORDERS, Request())
    opened = read_state(store, "shopify", "orders").open
    assert opened is not None
    monkeypatch.setattr(client, "execute", execute)
    assert pull(client, store, ORDERS, Request()).landed == len(made)
    texts = [operation["query"] for operation in operations(client)]
    assert len(texts) == len(set(texts))


def test_a_record_that_changed_since_does_not_make_the_counts_disagree(
    client: Client, shopify_server: Service, store: Store, killed_pull: Killed
) -> None:
    """It has left the window for the next one; it is in the operation as it was."""
    filled = Rows(shopify_server, client, "orders")
    made = filled.add(*TIMES)
    slow(shopify_server)
    killed_pull("orders")
    ended(shopify_server, client)
    later = iso(now_utc())[:19] + "Z"
    filled.change(made[0], updatedAt=later)
    assert pull(client, store, ORDERS, Request()).landed == len(made) + 1
    envelopes = landed(store, "shopify", "orders")
    times = [e["record"]["updatedAt"] for e in envelopes if e["_id"] == made[0]]
    assert times == [TIMES[0], later]


def test_old_notes_go_and_those_of_other_streams_do_not_count(store: Store) -> None:
    young = Begun("gid://shopify/BulkOperation/1", iso(now_utc()), 7)
    old = replace(young, read_at=iso(now_utc() - RESULTS_LIVE - timedelta(hours=1)))
    notes = notes_of(store, "orders")
    notes.write("aaaa", young)
    notes.write("bbbb", replace(old, operation="gid://shopify/BulkOperation/2"))
    notes_of(store, "orders_too").write("cccc", young)
    assert notes_of(store, "orders").left == {"aaaa": young}
    assert list(store.list(f"{NOTES}orders/")) == [f"{NOTES}orders/aaaa-1.json"]
    notes.drop("aaaa", young)
    assert notes_of(store, "orders").left == {}
