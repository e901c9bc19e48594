"""The streams' descriptions: documents, scopes, ignored filters, nested connections, slices."""

import logging
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lake import landed, run_script
from local_service import Service
from shopify_rows import Rows

from docker.shopify import schema
from docker.shopify.access import ALL, scope_of
from docker.shopify.bulk import check_bulk_query
from docker.shopify.cost import requested_cost
from docker.shopify.documents import Document, Documents
from docker.shopify.execute import Plan
from docker.shopify.settings import cache_directory
from scripts import settings
from scripts.errors import FatalError
from scripts.landing.pull import Request
from scripts.landing.state import read_state
from scripts.landing.store import Store
from scripts.landing.window import Slice, Window
from scripts.landing.writer import iso, now_utc
from scripts.shopify import pull as pulling
from scripts.shopify.client import Client
from scripts.shopify.documents import FOLDER, document
from scripts.shopify.pages import owners
from scripts.shopify.planning import BEGINNING, count, cut, plan, search
from scripts.shopify.pull import pull, read
from scripts.shopify.streams import STREAMS, Stream

BY_NAME = {stream.name: stream for stream in STREAMS}
NAMES = sorted(path.stem for path in FOLDER.glob("*.graphql"))
README = (Path(__file__).parents[3] / "scripts" / "shopify" / "README.md").read_text()
MAX_COST = 1000
MOMENT = "2026-03-01T00:00:00Z"


@cache
def documents(version: str) -> Documents:
    return Documents(schema.load(schema.ensure(cache_directory(dict(os.environ))), version))


def compiled(name: str, version: str = "2026-10") -> Document:
    found = documents(version).get(document(name), None)
    assert isinstance(found, Document), found
    return found


@pytest.fixture
def client(shopify_environment: dict[str, str]) -> Client:
    return Client(settings.shopify())


@pytest.fixture
def rows(shopify_server: Service, client: Client) -> Callable[[str], Rows]:
    return lambda stream: Rows(shopify_server, client, stream)


@pytest.mark.parametrize("version", ["2026-07", "2026-10"])
@pytest.mark.parametrize("name", NAMES)
def test_every_document_is_valid_on_both_versions(name: str, version: str) -> None:
    compiled(name, version)
    if name.endswith("_bulk"):
        assert check_bulk_query(document(name), documents(version)) is None


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_a_page_costs_less_than_one_query_may(stream: Stream) -> None:
    found = compiled(stream.document)
    assert requested_cost(found, {"first": stream.page_size}) <= MAX_COST


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_every_paged_connection_is_read_to_its_end(stream: Stream) -> None:
    """A nested connection without a child document would lose what is beyond its first page."""
    nested = document(stream.document).count("pageInfo {")
    root = 0 if stream.name == "shop" else 1
    paths = {child.path for child in stream.children}
    codes = 3 if stream.name == "discounts" else 0  # the same path in four types of discount
    assert nested == root + len(paths) + codes
    assert document(stream.document).count("(first:") == nested


def scopes_of(plan: Plan, runtime: str) -> set[str]:
    """What a document's fields ask for, by the types that they lead to."""
    found: set[str] = set()
    for field in plan.fields(runtime):
        if scope := scope_of(runtime, field.name, field.kind):
            found.add(scope)
        if not (field.leaf or field.plan.abstract or field.name == "__typename"):
            found |= scopes_of(field.plan, field.kind)
    return found


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_a_stream_declares_what_its_documents_ask_for(stream: Stream) -> None:
    names = [stream.document, *(child.document for child in stream.children)]
    names += [f"{stream.document}_bulk"] if stream.bulk else []
    asked = [scopes_of(found.plan, found.root) for found in map(compiled, names)]
    assert set[str]().union(*asked) == set(stream.scopes)


@pytest.mark.parametrize("stream", [s for s in STREAMS if s.scopes], ids=lambda stream: stream.name)
def test_a_stream_is_skipped_with_a_warning_that_names_the_scope(
    client: Client, store: Store, shopify_server: Service, stream: Stream,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    scope = stream.scopes[0]
    written = scope.replace("read_", "write_")
    shopify_server.admin("POST", "scopes", {"scopes": sorted(ALL - {scope, written})})
    with caplog.at_level(logging.WARNING):
        result = pull(client, store, stream, Request())
    (warning,) = (record.message for record in caplog.records)
    expected = f"shopify/{stream.name} is skipped: the token lacks `{scope}` access scope"
    assert warning.startswith(expected)
    assert (result.landed, read_state(store, "shopify", stream.name).cursor) == (0, None)


def test_a_stream_that_has_lost_its_scope_is_no_success(
    client: Client, store: Store, shopify_server: Service
) -> None:
    """Runs that ended well told nobody that orders no longer came: other cursors moved."""
    pull(client, store, BY_NAME["orders"], Request())
    before = read_state(store, "shopify", "orders")
    shopify_server.admin(
        "POST", "scopes", {"scopes": sorted(ALL - {"read_orders", "write_orders"})}
    )
    with pytest.raises(FatalError, match=r"orders was pulled until 20.*lacks `read_orders` access"):
        pull(client, store, BY_NAME["orders"], Request())
    assert read_state(store, "shopify", "orders") == before


def test_a_token_that_shows_sixty_days_only_is_warned_of_once(
    client: Client, store: Store, shopify_server: Service, caplog: pytest.LogCaptureFixture
) -> None:
    shopify_server.admin("POST", "scopes", {"scopes": sorted(ALL - {"read_all_orders"})})
    with caplog.at_level(logging.WARNING):
        pull(client, store, BY_NAME["orders"], Request())
        pull(client, store, BY_NAME["orders"], Request())
        pull(client, store, BY_NAME["customers"], Request())
    (warning,) = (record.message for record in caplog.records)
    assert warning.startswith("shopify/orders: the token lacks `read_all_orders`, so Shopify")


def test_other_streams_go_on_when_one_is_skipped(
    s3_environment: dict[str, str], shopify_environment: dict[str, str], shopify_server: Service
) -> None:
    scopes = sorted(ALL - {"read_gift_cards", "write_gift_cards"})
    shopify_server.admin("POST", "scopes", {"scopes": scopes})
    environment = s3_environment | shopify_environment
    done = run_script("shopify_to_s3", environment, "--streams", "gift_cards,locations")
    assert done.returncode == 0
    assert "WARNING shopify/gift_cards is skipped: the token lacks `read_gift_cards`" in done.stdout
    assert "shopify/locations: read 1, landed 1" in done.stdout


def test_an_ignored_filter_fails_the_stream(client: Client, store: Store) -> None:
    wrong = replace(BY_NAME["customers"], clock="changed_at", count=None)
    with pytest.raises(FatalError, match="Shopify ignored 'changed_at' in the search"):
        pull(client, store, wrong, Request())
    assert read_state(store, "shopify", "customers").cursor is None


@pytest.mark.usefixtures("no_waiting")
def test_an_ignored_filter_fails_a_bulk_read_too(
    client: Client, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling, "by_bulk", lambda *_: True)
    wrong = replace(BY_NAME["customers"], clock="changed_at", count=None)
    with pytest.raises(FatalError, match="Shopify ignored 'changed_at'"):
        pull(client, store, wrong, Request())


def part(kind: str, **fields: Any) -> dict[str, Any]:
    return {"id": f"gid://shopify/{kind}/new"} | fields


def refund() -> dict[str, Any]:
    return part(
        "Refund",
        refundLineItems=[part("RefundLineItem") for _ in range(60)],
        refundShippingLines=[part("RefundShippingLine") for _ in range(12)],
        orderAdjustments=[part("OrderAdjustment") for _ in range(22)],
    )


LINES = [part("LineItem", title="Hat", quantity=1) for _ in range(60)]
SHIPPING = [part("ShippingLine", title="Post") for _ in range(12)]
METAFIELDS = [part("Metafield", namespace="n", key=str(n), value="v") for n in range(60)]
LONG = {
    "orders": {"lineItems": LINES, "shippingLines": SHIPPING, "refunds": [refund(), refund()]},
    "fulfillment_orders": {"lineItems": [part("FulfillmentOrderLineItem") for _ in range(60)]},
    "draft_orders": {"lineItems": [part("DraftOrderLineItem") for _ in range(60)]},
    "abandoned_checkouts": {"lineItems": [part("AbandonedCheckoutLineItem") for _ in range(60)]},
    "discounts": {
        "discount": {
            "__typename": "DiscountCodeApp",
            "codes": [part("DiscountRedeemCode", code=str(n)) for n in range(60)],
        }
    },
    "returns": {
        "returnLineItems": [part("ReturnLineItem") for _ in range(60)],
        "refunds": [part("Refund") for _ in range(22)],
    },
    "product_metafields": {"metafields": METAFIELDS},
    "order_metafields": {"metafields": METAFIELDS},
    "customer_metafields": {"metafields": METAFIELDS},
}


def numbers(value: Any) -> dict[str, int]:
    """How many nodes of each connection a record holds."""
    found: dict[str, int] = {}
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inner, dict) and "nodes" in inner:
            assert set(inner) == {"nodes"}
            assert len({node["id"] for node in inner["nodes"]}) == len(inner["nodes"])
            found[str(key)] = found.get(str(key), 0) + len(inner["nodes"])
        if isinstance(inner, dict | list):
            found |= {k: found.get(k, 0) + n for k, n in numbers(inner).items()}
    return found


@pytest.mark.parametrize("name", LONG)
@pytest.mark.parametrize("bulk", [False, True])
@pytest.mark.usefixtures("no_waiting")
def test_nested_connections_are_whole(
    client: Client, rows: Callable[[str], Rows], name: str, bulk: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    stream = BY_NAME[name]
    monkeypatch.setattr(pulling, "by_bulk", lambda *_: bulk and stream.bulk is not None)
    (made,) = rows(name).add(MOMENT, **LONG[name])
    found = {c.id: c.record for c in read(client, stream, Slice(None, iso(now_utc())))}
    expected = {key: len(value) for key, value in LONG[name].items() if isinstance(value, list)}
    if name == "orders":
        del expected["refunds"]
        expected |= {"refundLineItems": 120, "refundShippingLines": 24, "orderAdjustments": 44}
    if name == "discounts":
        expected = {"codes": 60}
    assert numbers(found[made]) == expected


def test_products_and_collections_with_many_are_whole(
    client: Client, rows: Callable[[str], Rows]
) -> None:
    products = rows("products")
    made = products.add(*[MOMENT] * 110)
    variants = rows("variants").add(*[MOMENT] * 60)
    products.change(made[0], _variants=variants)
    rows("collection_products").add(MOMENT, _products=made)
    everything = Slice(None, iso(now_utc()))
    found = {c.id: c.record for c in read(client, BY_NAME["products"], everything)}
    assert [v["id"] for v in owners(found[made[0]], ["variants"])] == variants
    (collection,) = read(client, BY_NAME["collection_products"], everything)
    assert [p["id"] for p in owners(collection.record, ["products"])] == made


def test_an_order_with_many_returns_gives_each(client: Client, rows: Callable[[str], Rows]) -> None:
    filled = rows("returns")
    (first,) = filled.add(MOMENT)
    order = next(iter(read(client, BY_NAME["returns"], Slice(None, iso(now_utc())))))
    parent = order.record["order"]["id"]
    more = filled.seed("Return", *({"order": parent, "status": "OPEN"} for _ in range(11)))
    found = [c.id for c in read(client, BY_NAME["returns"], Slice(None, iso(now_utc())))]
    assert sorted(found) == sorted([first, *more])


def test_an_old_gift_card_that_is_used_again_lands(
    client: Client, store: Store, rows: Callable[[str], Rows]
) -> None:
    """Gift cards are not searched by their time of change: they are read back from the newest."""
    filled = rows("gift_cards")
    made = filled.add(*[MOMENT] * 3)
    assert pull(client, store, BY_NAME["gift_cards"], Request()).read == 3
    changed = now_utc().strftime("%Y-%m-%dT%H:%M:%SZ")
    filled.change(made[1], balance="1.0 USD", updatedAt=changed)
    again = pull(client, store, BY_NAME["gift_cards"], Request())
    assert (again.read, again.landed) == (1, 1)
    assert landed(store, "shopify", "gift_cards")[-1]["record"]["balance"]["amount"] == "1.0"


def test_a_payout_that_arrives_later_lands_again(
    client: Client, store: Store, rows: Callable[[str], Rows]
) -> None:
    filled = rows("payouts")
    issued = (now_utc() - timedelta(days=9)).strftime("%Y-%m-%dT%H:%M:%SZ")
    (payout,) = filled.add(issued, status="IN_TRANSIT")
    assert pull(client, store, BY_NAME["payouts"], Request()).landed == 1
    assert pull(client, store, BY_NAME["payouts"], Request()).landed == 0
    filled.change(payout, status="PAID")
    assert pull(client, store, BY_NAME["payouts"], Request()).landed == 1


def test_a_big_window_is_pulled_in_slices_at_once(
    client: Client, store: Store, rows: Callable[[str], Rows]
) -> None:
    start = now_utc() - timedelta(days=131)
    times = [(start + timedelta(days=n)).strftime("%Y-%m-%dT%H:%M:%SZ") for n in range(130)]
    made = rows("customers").add(*times)
    small = replace(BY_NAME["customers"], page_size=2)
    assert pull(client, store, small, Request()).landed == 130
    assert sorted(e["_id"] for e in landed(store, "shopify", "customers")) == sorted(made)
    assert len({e["_run_id"] for e in landed(store, "shopify", "customers")}) >= 4


def test_slices_are_balanced_however_the_records_lie(
    client: Client, rows: Callable[[str], Rows]
) -> None:
    """Most of a shop may have changed within a minute, by an import or a mass update."""
    filled = rows("customers")
    filled.add("2019-01-01T00:00:00Z", *[f"2026-03-01T10:20:{n % 60:02d}Z" for n in range(200)])
    filled.add(*[f"2026-0{month}-11T00:00:00Z" for month in range(1, 9)])
    small = replace(BY_NAME["customers"], page_size=2)
    slices = plan(client, small, Window(None, iso(now_utc())))
    assert (slices[0].since, len(slices)) == (None, len(set(slices)))
    sizes = [count(client, small, search(small, piece)) or 0 for piece in slices]
    assert sum(sizes) == 209
    assert max(sizes) <= 80  # 40 are wanted, and bins are some seconds wide
    for before, after in pairwise(slices):
        assert (after.since, after.after) == (before.until, True)


@given(
    st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2026, 1, 1)),
    st.floats(0, 100_000),
    st.integers(2, 60),
)
def test_slices_cover_every_moment_once(start: datetime, span: float, pieces: int) -> None:
    until = iso(start.astimezone() + timedelta(seconds=span))
    since = iso(start.astimezone())
    found = cut(Slice(since, until), since, pieces)
    assert (found[0].since, found[-1].until) == (since, until)
    assert len(found) <= pieces
    assert not found[0].after
    for before, after in pairwise(found):
        assert (after.since, after.after) == (before.until, True)
        assert before.until.endswith(".000000Z")


def test_the_first_slice_of_a_beginning_has_no_lower_bound() -> None:
    first, *_ = cut(Slice(None, "2026-01-01T00:00:00.000000Z"), BEGINNING, 3)
    assert first.since is None


@pytest.mark.parametrize(
    ("subject", "kind"),
    [("DISCOUNT_CODE_NODE", "DiscountCodeNode"), ("PRICE_RULE", "PriceRule")],
)
def test_a_discount_is_deleted_by_whatever_name_its_event_has(
    client: Client, store: Store, rows: Callable[[str], Rows], subject: str, kind: str
) -> None:
    filled = rows("discounts")
    event = {"action": "destroy", "createdAt": MOMENT, "subjectType": subject}
    filled.seed("BasicEvent", event | {"subjectId": f"gid://shopify/{kind}/12"})
    pull(client, store, BY_NAME["discounts"], Request())
    (found,) = landed(store, "shopify", "discounts")
    assert (found["_id"], found["_deleted"]) == ("gid://shopify/DiscountNode/12", True)


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_the_readme_tells_of_every_stream(stream: Stream) -> None:
    (row,) = (line for line in README.splitlines() if line.startswith(f"| `{stream.name}` |"))
    for scope in stream.scopes:
        assert f"`{scope}`" in row
    assert stream.reads != "window" or f"`{stream.clock}`" in row
    assert not stream.deletes or f"`{stream.deletes}`" in row


def test_an_order_s_additional_fees_land(
    client: Client, rows: Callable[[str], Rows], store: Store
) -> None:
    """They are in Shopify's total of the order and of its sales."""
    price = {"amount": "4.00", "currencyCode": "USD"}
    bag = {"shopMoney": price, "presentmentMoney": price}
    fee = {"id": "gid://shopify/AdditionalFee/1", "name": "import", "price": bag, "taxLines": []}
    rows("orders").add(MOMENT, additionalFees=[fee], currentTotalAdditionalFeesSet=bag)
    pull(client, store, BY_NAME["orders"], Request())
    (order,) = (envelope["record"] for envelope in landed(store, "shopify", "orders"))
    assert (order["additionalFees"], order["currentTotalAdditionalFeesSet"]) == ([fee], bag)
