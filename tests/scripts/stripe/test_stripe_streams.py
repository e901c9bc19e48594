"""What is special about a stream: how its changes, its ends and its inner lists are found."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import stripe
from lake import landed
from local_service import Service
from stripe_account import BY_NAME, MemoryStore, last, run, seed

from scripts.backfill.progress import landed as landed_rows
from scripts.landing.writer import iso
from scripts.stripe import streams
from scripts.stripe.client import Client

OLD = int((datetime.now(UTC) - timedelta(days=20)).timestamp())


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def land(client: Client, store: MemoryStore, *names: str) -> list[int]:
    return [run(client, store, BY_NAME[name]).landed for name in names]


def test_lists_inside_an_object_are_completed(
    client: Client,
    store: MemoryStore,
    subscription: Any,
    account: stripe.StripeClient,
) -> None:
    lines = [
        {"price_data": {"currency": "usd", "unit_amount": 100, "product_data": {"name": str(n)}}}
        for n in range(12)
    ]
    given: Any = {"mode": "payment", "success_url": "https://a.example", "line_items": lines}
    account.v1.checkout.sessions.create(given)
    assert land(client, store, "subscriptions", "invoices", "checkout_sessions") == [1, 1, 1]
    for name, inner in (
        ("subscriptions", "items"),
        ("invoices", "lines"),
        ("checkout_sessions", "line_items"),
    ):
        (envelope,) = last(store, name).values()
        inside = envelope["record"][inner]
        assert inside["has_more"] is False
        assert len({row["id"] for row in inside["data"]}) == 12
    (invoice,) = last(store, "invoices").values()
    (payment,) = invoice["record"]["payments"]["data"]
    intents = run(client, store, BY_NAME["payment_intents"])
    assert intents.landed == 1
    assert set(last(store, "payment_intents")) == {payment["payment"]["payment_intent"]}


def test_a_list_that_is_whole_is_not_asked_for_again(
    client: Client, store: MemoryStore, stripe_server: Service, subscription: Any
) -> None:
    stripe_server.admin("DELETE", "traffic")
    land(client, store, "products")
    assert set(stripe_server.admin("GET", "traffic")) == {"GET /v1/products"}


def test_a_canceled_subscription_is_no_tombstone(
    client: Client, store: MemoryStore, subscription: Any, account: stripe.StripeClient
) -> None:
    assert land(client, store, "subscriptions") == [1]
    account.v1.subscriptions.cancel(subscription.id)
    assert land(client, store, "subscriptions") == [1]
    (envelope,) = last(store, "subscriptions").values()
    assert (envelope["_deleted"], envelope["record"]["status"]) == (False, "canceled")
    # A first pull finds it as well: the list leaves it out unless it is asked for.
    assert land(client, MemoryStore(), "subscriptions") == [1]


def test_an_invoice_item_is_found_through_the_invoice_that_took_it(
    client: Client, store: MemoryStore, stripe_server: Service, account: stripe.StripeClient
) -> None:
    ago = (datetime.now(UTC) - timedelta(days=3)).isoformat()
    stripe_server.admin("POST", "clock", {"now": ago})
    customer = account.v1.customers.create({"email": "ann@example.com"}).id
    waiting: Any = {"customer": customer, "currency": "usd"}
    ids = {account.v1.invoice_items.create({**waiting, "amount": 100 + n}).id for n in range(12)}
    stripe_server.admin("POST", "clock", {"now": None})
    assert land(client, store, "invoice_items") == [12]
    taking: Any = {"customer": customer, "pending_invoice_items_behavior": "include"}
    invoice = account.v1.invoices.create(taking).id
    assert land(client, store, "invoice_items") == [12]
    found = last(store, "invoice_items")
    assert {id_: found[id_]["record"]["invoice"] for id_ in ids} == dict.fromkeys(ids, invoice)
    account.v1.invoices.delete(invoice)
    assert land(client, store, "invoice_items") == [12]
    assert all(envelope["_deleted"] for envelope in last(store, "invoice_items").values())
    assert land(client, store, "invoices") == [0]


def test_a_dispute_changes_its_charge(
    client: Client, store: MemoryStore, stripe_server: Service
) -> None:
    (charge,) = seed(stripe_server, BY_NAME["charges"], [{"created": OLD, "disputed": False}])
    assert land(client, store, "charges", "disputes") == [1, 0]
    seed(stripe_server, BY_NAME["charges"], [{"id": charge, "created": OLD, "disputed": True}])
    dispute = {"charge": charge, "created": int(datetime.now(UTC).timestamp())}
    seed(stripe_server, BY_NAME["disputes"], [dispute], "charge.dispute.created")
    assert land(client, store, "charges", "disputes") == [1, 1]
    assert last(store, "charges")[charge]["record"]["disputed"] is True


def test_deleted_products_and_prices_are_tombstones(
    client: Client, store: MemoryStore, stripe_server: Service, account: stripe.StripeClient
) -> None:
    product = account.v1.products.create({"name": "Hat"}).id
    sold = account.v1.prices.create(
        {"currency": "usd", "unit_amount": 100, "product_data": {"name": "Cap"}}
    )
    retired = account.v1.prices.create(
        {"currency": "usd", "unit_amount": 90, "product": str(sold.product)}
    )
    account.v1.prices.update(retired.id, {"active": False})
    assert land(client, store, "products", "prices") == [2, 2]
    account.v1.products.delete(product)
    stripe_server.admin("POST", f"prices/{sold.id}/delete")
    assert land(client, store, "products", "prices") == [1, 1]
    assert last(store, "products")[product]["_deleted"] is True
    assert last(store, "prices")[sold.id]["_deleted"] is True
    assert land(client, store, "products", "prices") == [0, 0]


def test_a_product_whose_id_the_shop_has_chosen(
    client: Client, store: MemoryStore, account: stripe.StripeClient, stripe_server: Service
) -> None:
    stripe_server.admin("POST", "clock", {"now": datetime.fromtimestamp(OLD, UTC).isoformat()})
    for id_ in ("hats", "hats/50% #1?"):
        account.v1.products.create({"name": "Hat", "id": id_})
    stripe_server.admin("POST", "clock", {"now": None})
    assert land(client, store, "products") == [2]
    account.v1.products.update("hats/50% #1?", {"name": "Cap"})
    assert land(client, store, "products") == [1]
    assert last(store, "products")["hats/50% #1?"]["record"]["name"] == "Cap"


def test_payment_methods_come_by_customer_and_go_by_event(
    client: Client, store: MemoryStore, account: stripe.StripeClient
) -> None:
    methods: list[str] = []
    for n in range(3):
        customer = account.v1.customers.create({"email": f"{n}@example.com"}).id
        for card in ("pm_card_visa", "pm_card_amex"):
            attached = account.v1.payment_methods.attach(card, {"customer": customer})
            methods.append(attached.id)
    assert land(client, store, "payment_methods") == [6]
    account.v1.payment_methods.detach(methods[0])
    account.v1.payment_methods.attach("pm_card_jcb", {"customer": customer})
    assert land(client, store, "payment_methods") == [2]
    assert last(store, "payment_methods")[methods[0]]["record"]["customer"] is None
    assert land(client, store, "payment_methods") == [0]


def test_a_backfill_counts_what_no_list_knows_by_time(
    client: Client, stripe_server: Service
) -> None:
    """Its payment methods were landed, and the line in Slack said that there were none."""
    store = MemoryStore()
    seed(stripe_server, BY_NAME["payment_methods"], [{"created": OLD}])
    window = {"since": "2026-01-01T00:00:00.000000Z", "until": iso(datetime.now(UTC))}
    assert run(client, store, BY_NAME["payment_methods"], **window).landed == 1
    assert landed_rows(store, "stripe", ["payment_methods"], window, "") == {"payment_methods": 1}


def test_a_customer_who_is_deleted_while_they_are_read(
    client: Client,
    store: MemoryStore,
    account: stripe.StripeClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept, gone = (account.v1.customers.create({"name": name}).id for name in ("Ann", "Bob"))
    for customer in (kept, gone):
        account.v1.payment_methods.attach("pm_card_visa", {"customer": customer})
    listing = client.list

    def deleting(path: str, **filters: Any) -> Any:
        for row in listing(path, **filters):
            if row[0]["id"] == gone:
                account.v1.customers.delete(gone)
            yield row

    monkeypatch.setattr(client, "list", deleting)
    assert land(client, store, "payment_methods") == [1]
    (envelope,) = last(store, "payment_methods").values()
    assert envelope["record"]["customer"] == kept


def test_a_completed_checkout_lands_again(
    client: Client, store: MemoryStore, stripe_server: Service, account: stripe.StripeClient
) -> None:
    stripe_server.admin(
        "POST", "clock", {"now": (datetime.now(UTC) - timedelta(hours=3)).isoformat()}
    )
    line = {"price_data": {"currency": "usd", "unit_amount": 900, "product_data": {"name": "Hat"}}}
    given: Any = {"mode": "payment", "success_url": "https://a.example", "line_items": [line]}
    session = account.v1.checkout.sessions.create(given).id
    stripe_server.admin("POST", "clock", {"now": None})
    assert land(client, store, "checkout_sessions") == [1]
    stripe_server.admin("POST", f"checkout/{session}/complete", {})
    assert land(client, store, "checkout_sessions") == [1]
    statuses = [e["record"]["status"] for e in landed(store, "stripe", "checkout_sessions")]
    assert statuses == ["open", "complete"]
    assert "line_items" in last(store, "checkout_sessions")[session]["record"]


def test_events_are_landed_with_their_payload_and_once(
    client: Client, store: MemoryStore, account: stripe.StripeClient
) -> None:
    customer = account.v1.customers.create({"email": "a@example.com"})
    account.v1.customers.update(customer.id, {"name": "Ann"})
    assert land(client, store, "events") == [2]
    account.v1.customers.delete(customer.id)
    assert land(client, store, "events") == [1]
    rows = [envelope["record"] for envelope in landed(store, "stripe", "events")]
    assert sorted(row["type"] for row in rows) == [
        "customer.created",
        "customer.deleted",
        "customer.updated",
    ]
    assert all(row["data"]["object"]["id"] == customer.id for row in rows)


class DyingStore(MemoryStore):
    """The disk is full when the fourth manifest is to be written."""

    manifests = 0

    def create(self, key: str, document: dict[str, object]) -> None:
        self.manifests += "_manifests" in key
        if self.manifests > 3:
            raise OSError("no space left")
        super().create(key, document)


def test_a_pull_that_died_goes_on_from_its_last_complete_slice(
    client: Client, stripe_server: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts.stripe.plan.LEAST_ROWS", 20)
    monkeypatch.setattr("scripts.stripe.plan.LEAST_SECONDS", 0)
    monkeypatch.setattr("scripts.stripe.pull.WORKERS", 1)
    ids = seed(stripe_server, BY_NAME["charges"], [{"created": OLD + 3600 * n} for n in range(300)])
    dying, store = DyingStore(), MemoryStore()
    with pytest.raises(OSError, match="no space left"):
        run(client, dying, BY_NAME["charges"])
    store.objects = dying.objects
    landed_before = {envelope["_id"] for envelope in landed(store, "stripe", "charges")}
    assert 0 < len(landed_before) < 300
    assert run(client, store, BY_NAME["charges"]).landed == 300 - len(landed_before)
    assert sorted(e["_id"] for e in landed(store, "stripe", "charges")) == sorted(ids)


def test_the_readme_has_a_row_for_each_stream() -> None:
    text = (Path(streams.__file__).parent / "README.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \|(.*)\|$", text, re.MULTILINE))
    assert list(rows) == [stream.name for stream in streams.STREAMS]
    for stream in streams.STREAMS:
        assert f"`{stream.children or stream.path}" in rows[stream.name]
        assert len(rows[stream.name].split("|")) == 5
