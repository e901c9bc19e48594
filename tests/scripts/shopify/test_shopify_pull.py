"""The pull against a running local Shopify and a real S3 server."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from lake import landed, manifests, run_script
from local_service import Service
from shopify_rows import Rows

from docker.shopify.access import ALL
from scripts import settings
from scripts.errors import FatalError, RetriableError
from scripts.landing.owner import check_owner
from scripts.landing.state import read_state
from scripts.landing.store import Store
from scripts.landing.window import Request
from scripts.landing.writer import iso, now_utc
from scripts.shopify import pages as paging
from scripts.shopify import pull as pulling
from scripts.shopify.client import Client
from scripts.shopify.pull import pull
from scripts.shopify.streams import STREAMS
from scripts.synthetic import shop as synthetic
from scripts.synthetic.plan import OrderPlan, plan_day
from scripts.synthetic.shop import Shop

PLANS = plan_day(7, date(2026, 10, 5), 12, "America/New_York")
NAMES = [stream.name for stream in STREAMS]
ORDERS = next(stream for stream in STREAMS if stream.name == "orders")


@pytest.fixture
def client(shopify_environment: dict[str, str]) -> Client:
    return Client(settings.shopify())


@pytest.fixture
def shop(client: Client) -> Shop:
    """A shop with its catalogue in three new locations."""
    return synthetic.prepare(client)


def place(client: Client, shop: Shop, *plans: OrderPlan) -> list[dict[str, Any]]:
    return [synthetic.create_order(client, shop, plan) for plan in plans]


def pull_all(client: Client, store: Store, *names: str) -> dict[str, int]:
    """Rows landed by stream."""
    chosen = [stream for stream in STREAMS if stream.name in (names or NAMES)]
    return {stream.name: pull(client, store, stream, Request()).landed for stream in chosen}


def ids(store: Store, stream: str) -> list[str]:
    return sorted(envelope["_id"] for envelope in landed(store, "shopify", stream))


def ask(client: Client, text: str, **variables: Any) -> dict[str, Any]:
    return client.execute(text, variables)


def level_ids(client: Client) -> list[str]:
    """Every stock level, found from its item instead of its location."""
    levels = "inventoryLevels(first: 20) { nodes { id } }"
    items = ask(client, f"{{ inventoryItems(first: 250) {{ nodes {{ {levels} }} }} }}")
    nodes = items["inventoryItems"]["nodes"]
    return sorted(level["id"] for node in nodes for level in node["inventoryLevels"]["nodes"])


def test_everything_lands_once_then_only_what_changed(
    client: Client, store: Store, shop: Shop
) -> None:
    orders = place(client, shop, *PLANS[:5])
    first = pull_all(client, store)
    counted = ask(
        client,
        "{ c: customersCount { count } p: productsCount { count } "
        "locations(first: 100) { nodes { id } } }",
    )
    expected = {
        "shop": 1,
        "locations": len(counted["locations"]["nodes"]),
        "products": counted["p"]["count"],
        "customers": counted["c"]["count"],
        "orders": 5,
        "inventory_levels": len(level_ids(client)),
        "order_metafields": 5,
        "fulfillment_orders": 5,
        "draft_orders": 0,
        "payouts": 0,
    }
    assert {name: first[name] for name in expected} == expected
    assert ids(store, "orders") == sorted(order["id"] for order in orders)
    assert ids(store, "inventory_levels") == level_ids(client)
    envelope = landed(store, "shopify", "orders")[0]
    assert list(envelope) == [
        *("_id", "_source", "_stream", "_api_version", "_extracted_at", "_run_id", "_deleted"),
        "record",
    ]
    assert (envelope["_source"], envelope["_api_version"]) == ("shopify", "2026-10")

    assert pull_all(client, store) == dict.fromkeys(NAMES, 0)

    synthetic.mark_as_paid(client, orders[2])
    place(client, shop, PLANS[5])
    assert pull_all(client, store, "orders") == {"orders": 2}
    paid = [e for e in landed(store, "shopify", "orders") if e["_id"] == orders[2]["id"]]
    assert [e["record"]["displayFinancialStatus"] for e in paid] == ["PENDING", "PAID"]


def test_stock_that_moved_lands_without_its_product(
    client: Client, store: Store, shop: Shop
) -> None:
    pull_all(client, store, "inventory_levels", "products")
    sku, item = next(iter(shop.items.items()))
    location = shop.locations[1]
    change = {"inventoryItemId": item, "locationId": location, "delta": -3}
    change["changeFromQuantity"] = shop.stock[sku][location]
    order = {"name": "available", "reason": "correction", "changes": [change]}
    synthetic.mutate(client, "adjust_stock", {"input": order, "key": "tests-1"})
    assert pull_all(client, store, "inventory_levels")["inventory_levels"] == 1
    record = landed(store, "shopify", "inventory_levels")[-1]["record"]
    quantities = {q["name"]: q["quantity"] for q in record["quantities"]}
    assert (record["item"]["sku"], quantities["available"]) == (sku, shop.stock[sku][location] - 3)


def test_an_order_longer_than_a_page_of_lines_is_whole(client: Client, store: Store) -> None:
    lines = [
        {
            "title": f"Line {n}",
            "quantity": 1,
            "priceSet": {"shopMoney": {"amount": f"{n}.00", "currencyCode": "USD"}},
        }
        for n in range(60)
    ]
    ask(
        client,
        "mutation M($o: OrderCreateOrderInput!) "
        "{ orderCreate(order: $o) { userErrors { message } } }",
        o={"lineItems": lines, "currency": "USD"},
    )
    pull_all(client, store, "orders")
    (envelope,) = landed(store, "shopify", "orders")
    found = [line["title"] for line in envelope["record"]["lineItems"]["nodes"]]
    assert found == [line["title"] for line in lines]
    assert "pageInfo" not in envelope["record"]["lineItems"]


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_pages_of_any_size_give_the_same_orders(
    client: Client, store: Store, shop: Shop, size: int
) -> None:
    orders = place(client, shop, *PLANS[:3])
    assert pull(client, store, replace(ORDERS, page_size=size), Request()).landed == 3
    assert ids(store, "orders") == sorted(order["id"] for order in orders)


def test_a_window_above_the_paging_limit_is_cut(
    client: Client, store: Store, shop: Shop, shopify_server: Service,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    orders = []
    for day, plan in enumerate(PLANS[:6]):
        moment = now_utc() - timedelta(days=20 - day)
        shopify_server.admin("POST", "clock", {"now": iso(moment)})
        orders += place(client, shop, plan)
    shopify_server.admin("POST", "clock", {"now": None})
    monkeypatch.setattr(pulling, "PAGED_LIMIT", 2)
    assert pull_all(client, store, "orders") == {"orders": 6}
    assert ids(store, "orders") == sorted(order["id"] for order in orders)


FIVE_HOURS = timedelta(hours=5)


def spread(count: int) -> list[str]:
    """So many times over the last five hours, in whole seconds."""
    begin = now_utc() - FIVE_HOURS
    return [f"{begin + timedelta(seconds=1 + n % 17_000):%Y-%m-%dT%H:%M:%SZ}" for n in range(count)]


def test_more_changes_than_paging_reaches_are_read_where_the_shop_does_not_count_them(
    client: Client, store: Store, shopify_server: Service
) -> None:
    """A shop of 25,300 variants that changes all prices: each pull after that was refused."""
    rows, times = Rows(shopify_server, client, "inventory_items"), spread(25_300)
    for start in range(0, len(times), 1_100):
        rows.add(*times[start : start + 1_100])
    stream = next(stream for stream in STREAMS if stream.name == "inventory_items")
    assert pull(client, store, stream, Request(since=iso(now_utc() - FIVE_HOURS))).landed > 25_000
    assert len(set(ids(store, "inventory_items"))) > 25_000


@pytest.mark.parametrize("name", ["inventory_items", "fulfillment_orders"])
def test_more_changes_of_one_second_than_paging_reaches_are_read_in_bulk(
    client: Client, store: Store, shopify_server: Service, monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:  # fmt: skip
    """A second cannot be cut: no pull of an app's mass update would ever have ended well."""
    monkeypatch.setattr(paging, "PAGED_LIMIT", 4)
    made = Rows(shopify_server, client, name).add(*["2026-11-01T12:00:00Z"] * 7)
    stream = next(stream for stream in STREAMS if stream.name == name)
    window = Request(since="2026-11-01T00:00:00Z", until="2026-11-02T00:00:00Z")
    pull(client, store, replace(stream, page_size=2), window)
    assert set(ids(store, name)) == set(made)


def test_more_gift_cards_than_paging_reaches_are_read_in_bulk(
    client: Client, store: Store, shopify_server: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are read from the newest back, so a part of the window begins there as well."""
    monkeypatch.setattr(paging, "PAGED_LIMIT", 4)
    made = Rows(shopify_server, client, "gift_cards").add(*spread(7))
    stream = next(stream for stream in STREAMS if stream.name == "gift_cards")
    pull(client, store, replace(stream, page_size=2), Request(since="2026-01-01"))
    assert set(ids(store, "gift_cards")) == set(made)
    (found,) = ask(client, "{ bulkOperations(first: 9) { nodes { status } } }").values()
    assert found["nodes"] == [{"status": "COMPLETED"}]


def test_more_deletions_than_paging_reaches_are_read(
    client: Client, store: Store, shopify_server: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "PAGED_LIMIT", 4)
    monkeypatch.setattr(pulling, "DELETIONS", replace(pulling.DELETIONS, page_size=2))
    events = [
        {"action": "destroy", "createdAt": f"2026-11-0{day}T12:00:00Z", "subjectType": "CUSTOMER"}
        | {"subjectId": f"gid://shopify/Customer/{day}"}
        for day in range(1, 8)
    ]
    shopify_server.admin("POST", "seed", {"type": "BasicEvent", "objects": events})
    stream = next(stream for stream in STREAMS if stream.name == "customers")
    pull(client, store, replace(stream, page_size=2), Request(since="2026-11-01"))
    assert ids(store, "customers") == [event["subjectId"] for event in events]
    assert len(manifests(store, "shopify", "customers")) > 1


def test_a_count_that_disagrees_leaves_manifest_and_cursor(
    client: Client, store: Store, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    place(client, shop, *PLANS[:3])
    pull_all(client, store, "orders")
    before = read_state(store, "shopify", "orders")
    place(client, shop, PLANS[3])
    count = pulling.count
    monkeypatch.setattr(pulling, "count", lambda *given: (count(*given) or 0) + 1)
    with pytest.raises(RetriableError, match="read 4 records, but the shop counts 5 before and 5"):
        pull_all(client, store, "orders")
    assert read_state(store, "shopify", "orders") == before
    assert len(manifests(store, "shopify", "orders")) == 1
    monkeypatch.setattr(pulling, "count", count)
    assert pull_all(client, store, "orders") == {"orders": 1}


@pytest.mark.parametrize("bulk", [False, True])
def test_orders_that_the_token_may_not_see_are_counted_and_not_missed(
    client: Client, store: Store, shopify_server: Service, bulk: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Without `read_all_orders` lists end 60 days ago; counts, as users report, go on."""
    monkeypatch.setattr(pulling, "by_bulk", lambda *_: bulk)
    rows = Rows(shopify_server, client, "orders")
    rows.add("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")
    young = rows.add(*spread(3))
    shopify_server.admin("POST", "scopes", {"scopes": sorted(ALL - {"read_all_orders"})})
    assert pull_all(client, store, "orders", "order_metafields") == {
        "orders": 3,
        "order_metafields": 3,
    }
    assert ids(store, "orders") == sorted(young)
    count_shown = pulling.count_shown
    monkeypatch.setattr(pulling, "count_shown", lambda *given: count_shown(*given) + 1)
    with pytest.raises(RetriableError, match="read 3 records, but the shop counts 5 before and 5"):
        pull(client, store, ORDERS, Request(full_refresh=True))


@pytest.mark.usefixtures("no_waiting")
def test_faults_in_every_third_request_change_nothing(
    client: Client, store: Store, shop: Shop, shopify_server: Service
) -> None:
    orders = place(client, shop, *PLANS[:6])
    kinds = ("429", "500", "503", "truncate", "drop")
    faults = [
        {"match": "graphql", "kind": kind, "probability": 0.07, "seed": seed}
        for seed, kind in enumerate(kinds)
    ]
    shopify_server.admin("POST", "faults", faults)
    assert pull(client, store, replace(ORDERS, page_size=1), Request()).landed == 6
    landed_rows = pull_all(client, store)
    hits = sum(fault["hits"] for fault in shopify_server.admin("GET", "faults"))
    shopify_server.admin("DELETE", "faults")
    assert hits >= 5
    assert landed_rows["orders"] == 0
    assert ids(store, "inventory_levels") == level_ids(client)
    assert ids(store, "orders") == sorted(order["id"] for order in orders)
    assert pull_all(client, store) == dict.fromkeys(NAMES, 0)


def test_an_asked_for_window_leaves_the_cursor(client: Client, store: Store, shop: Shop) -> None:
    place(client, shop, *PLANS[:2])
    pull_all(client, store, "orders")
    before = read_state(store, "shopify", "orders")
    since = iso(now_utc() - timedelta(hours=1))
    assert pull(client, store, ORDERS, Request(since=since)).landed == 2
    assert pull(client, store, ORDERS, Request(until=since, since=since)).landed == 0
    assert read_state(store, "shopify", "orders") == before


def test_a_full_refresh_lands_everything_again(client: Client, store: Store, shop: Shop) -> None:
    place(client, shop, *PLANS[:2])
    pull_all(client, store, "orders")
    assert pull(client, store, ORDERS, Request(full_refresh=True)).landed == 2
    assert manifests(store, "shopify", "orders")[-1]["full_refresh"] is True


def test_a_wrong_token_is_one_sentence_and_exit_1(
    s3_environment: dict[str, str], shopify_environment: dict[str, str]
) -> None:
    wrong = s3_environment | shopify_environment | {"SHOPIFY_ACCESS_TOKEN": "wrong"}
    done = run_script("shopify_to_s3", wrong, "--streams", "shop")
    assert done.returncode == 1
    assert done.stderr == (
        "ERROR Shopify answered 401: check SHOPIFY_ACCESS_TOKEN (or the app of SHOPIFY_CLIENT_ID) "
        "and its scopes for SHOPIFY_URL\n"
    )


def test_another_shop_needs_another_bucket(
    s3_environment: dict[str, str], shopify_environment: dict[str, str], store: Store
) -> None:
    check_owner(store, "shopify", "gid://shopify/Shop/1", "first.myshopify.com")
    done = run_script("shopify_to_s3", s3_environment | shopify_environment, "--streams", "shop")
    assert done.returncode == 1
    assert "holds shopify data of first.myshopify.com, and the key is of" in done.stderr
    assert manifests(store, "shopify", "shop") == []


@pytest.mark.parametrize("name", ["SHOPIFY_URL", "SHOPIFY_ACCESS_TOKEN", "S3_BUCKET"])
def test_a_missing_variable_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
    s3_environment: dict[str, str],
    shopify_environment: dict[str, str],
    name: str,
) -> None:
    monkeypatch.setenv(name, " ")
    with pytest.raises(FatalError, match=f"^{name} is not set: put it in .env"):
        (settings.shopify(), settings.s3())


def test_an_unknown_stream_is_named(
    s3_environment: dict[str, str], shopify_environment: dict[str, str]
) -> None:
    environment = s3_environment | shopify_environment
    done = run_script("shopify_to_s3", environment, "--streams", "orders, ordres")
    assert done.returncode == 1
    assert done.stderr.startswith(
        "ERROR unknown streams ['ordres']: choose from ['abandoned_checkouts'"
    )
