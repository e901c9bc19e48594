"""The running service: credentials, versions, throttling, ShopifyAPI, restarts, faults."""

import signal
from pathlib import Path

import pytest
import requests
import shopify
import shopify_documents as documents
from shopify_builders import line, order, sale
from shopify_local import TOKEN, Server, start

from docker.common.server import SetupError
from docker.shopify.settings import read_settings

TAG = """mutation Tag($id: ID!) { tagsAdd(id: $id, tags: ["a"]) { userErrors { message } } }"""


@pytest.mark.parametrize(
    ("name", "value"),
    [("SHOP_TIMEZONE", "Europe/Nowhere"), ("SHOP_CURRENCY", "euro"), ("SHOPIFY_PLAN", "basic")],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """A time zone ended in a trace that did not name it, a currency stood in every order."""
    for needed in ("SHOPIFY_ACCESS_TOKEN", "SHOPIFY_API_SECRET"):
        monkeypatch.setenv(needed, "any")
    monkeypatch.setenv(name, value)
    with pytest.raises(SetupError, match=f"{name} is '{value}'"):
        read_settings()


def test_a_wrong_token_is_401_in_shopifys_words(server: Server) -> None:
    url = f"{server.url}/admin/api/2026-10/graphql.json"
    body = {"query": "{ shop { id } }"}
    for headers in ({}, {"X-Shopify-Access-Token": "wrong"}):
        answer = requests.post(url, json=body, headers=headers, timeout=10)
        assert answer.status_code == 401
        assert answer.json() == {
            "errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"
        }


def test_an_unsupported_version_falls_to_a_supported_one(server: Server) -> None:
    assert server.post("{ shop { id } }").headers["X-Shopify-API-Version"] == "2026-10"
    old = server.post("{ shop { id } }", version="2023-01")
    assert old.status_code == 200
    assert old.headers["X-Shopify-API-Version"] == "2025-10"


def test_a_body_that_is_no_request_is_400(server: Server) -> None:
    url = f"{server.url}/admin/api/2026-10/graphql.json"
    headers = {"X-Shopify-Access-Token": TOKEN, "Content-Type": "application/json"}
    for body in (b"{", b"[]", b'{"query": 1}'):
        assert requests.post(url, data=body, headers=headers, timeout=10).status_code == 400
    headers["Content-Type"] = "application/graphql"
    assert requests.post(url, data=b"\xff", headers=headers, timeout=10).status_code == 400


def test_cost_is_told_and_the_bucket_throttles(server: Server) -> None:
    cost = server.post("{ orders(first: 10) { nodes { id } } }").json()["extensions"]["cost"]
    assert cost["requestedQueryCost"] == 6  # 2 + floor(2 ln 10)
    assert cost["throttleStatus"]["maximumAvailable"] == 2000.0
    assert cost["throttleStatus"]["restoreRate"] == 100.0
    gid = order(server.ask, line("a", "1.00"))["id"]
    throttled = None
    for _ in range(2_000):  # each costs 10 points, of 2,000 and 100 a second
        answer = server.post(TAG, id=gid)
        assert answer.status_code == 200
        if "errors" in answer.json():
            throttled = answer.json()
            break
    assert throttled is not None
    assert throttled["errors"][0]["message"] == "Throttled"
    assert throttled["errors"][0]["extensions"]["code"] == "THROTTLED"
    cost = throttled["extensions"]["cost"]
    assert cost["throttleStatus"]["currentlyAvailable"] < cost["requestedQueryCost"]


def test_a_query_above_1000_points_is_refused(server: Server) -> None:
    inner = "lineItems(first: 250) { nodes { id variant { id } product { id } } }"
    text = f"{{ orders(first: 250) {{ nodes {{ id {inner} a: {inner} b: {inner} }} }} }}"
    error = server.post(text).json()["errors"][0]
    assert error["extensions"]["code"] == "MAX_COST_EXCEEDED"
    assert error["extensions"]["maxCost"] == 1000


def test_shopify_api_speaks_to_it(server: Server) -> None:
    session = shopify.Session("local-shop.myshopify.com", "2026-10", TOKEN)
    shopify.ShopifyResource.activate_session(session)
    shopify.ShopifyResource.set_site(f"{server.url}/admin/api/2026-10")
    try:
        answer = shopify.GraphQL().execute(
            documents.CUSTOMER_CREATE, variables={"input": {"email": "ann@example.com"}}
        )
        assert '"userErrors":[]' in answer
        assert shopify.Shop.current().currency == "USD"
    finally:
        shopify.ShopifyResource.clear_session()


def test_nothing_acknowledged_is_lost_by_kill_9(own_server: Server) -> None:
    made = [
        order(own_server.ask, line("a", "1.00"), transactions=[sale("1.00")]) for _ in range(20)
    ]
    own_server.stop(signal.SIGKILL)
    own_server.start()
    for before in made:
        assert own_server.ask(documents.ORDER, id=before["id"])["order"]["name"] == before["name"]
    assert order(own_server.ask, line("a", "1.00"))["name"] == "#1021"


def test_sigterm_ends_it_and_a_missing_token_stops_it(own_server: Server, tmp_path: Path) -> None:
    assert own_server.stop() == 0
    broken = start(1, tmp_path, own_server.environment | {"SHOPIFY_ACCESS_TOKEN": ""})
    _, errors = broken.communicate(timeout=30)
    assert broken.returncode != 0
    assert "SHOPIFY_ACCESS_TOKEN" in errors


def test_reset_empties_and_the_clock_stamps(server: Server) -> None:
    server.admin("clock", {"now": "2026-03-08T06:59:59Z"})
    made = order(server.ask, line("a", "1.00"))
    assert made["createdAt"].startswith("2026-03-08T06:59:59") or made["createdAt"].startswith(
        "2026-03-08T07:00"
    )
    server.admin("reset")
    assert server.ask(documents.ORDER, id=made["id"])["order"] is None


def test_a_fault_strikes_one_operation(server: Server) -> None:
    server.admin("faults", {"match": "PageOrders", "kind": "429", "times": 1})
    first = server.post(documents.ORDERS, first=1)
    assert first.status_code == 429
    assert "Retry-After" in first.headers
    assert server.post(documents.ORDERS, first=1).status_code == 200


def test_rest_paths(server: Server) -> None:
    made = [order(server.ask, line("a", "1.00"))["id"] for _ in range(3)]
    headers = {"X-Shopify-Access-Token": TOKEN}
    base = f"{server.url}/admin/api/2026-10"
    url = f"{base}/orders.json?limit=2&order=updated_at asc&status=any"
    found: list[str] = []
    while url:
        answer = requests.get(url, headers=headers, timeout=10)
        found += [o["admin_graphql_api_id"] for o in answer.json()["orders"]]
        url = answer.links.get("next", {}).get("url", "")
    assert found == made
    delete = "mutation D($id: ID!) { orderDelete(orderId: $id) { deletedId } }"
    server.ask(delete, id=made[0])
    answer = requests.get(
        f"{base}/events.json?filter=Order&verb=destroy", headers=headers, timeout=10
    )
    number = int(made[0].rpartition("/")[2])
    assert [e["subject_id"] for e in answer.json()["events"]] == [number]
    assert requests.get(f"{base}/shop.json", timeout=10).status_code == 401


@pytest.mark.parametrize(
    ("asked", "found"), [("since_id=0", 5), ("updated_at_max=2026-01-03T00:00:00Z", 3)]
)
def test_rest_pages_stay_in_what_was_asked_for(server: Server, asked: str, found: int) -> None:
    """A next page is asked for by `page_info` alone: it went round from the first one for ever."""
    create = documents.CUSTOMER_CREATE
    first = server.ask(create, input={"firstName": "Ada"})["customerCreate"]["customer"]["id"]
    days = [{"updatedAt": f"2026-01-0{day}T00:00:00Z"} for day in range(1, 6)]
    server.admin("seed", {"type": "Customer", "objects": [{"id": first} | days[0]]})
    copies = {"type": "Customer", "objects": days[1:], "like": first}
    made = [first, *server.admin("seed", copies).json()["ids"]]
    url = f"{server.url}/admin/api/2026-10/customers.json?limit=2&{asked}"
    read: list[str] = []
    while url and len(read) < 9:
        answer = requests.get(url, headers={"X-Shopify-Access-Token": TOKEN}, timeout=10)
        read += [c["admin_graphql_api_id"] for c in answer.json()["customers"]]
        url = answer.links.get("next", {}).get("url", "")
    assert read == made[:found]


def test_rest_customers_by_update_time_in_pages(server):
    create = (
        "mutation C($input: CustomerInput!) { customerCreate(input: $input) { customer { id } } }"
    )
    made = [
        server.ask(create, input={"firstName": "Ada", "email": f"ada{n}@example.com"})
        for n in range(3)
    ]
    ids = [answer["customerCreate"]["customer"]["id"] for answer in made]
    headers = {"X-Shopify-Access-Token": TOKEN}
    url = f"{server.url}/admin/api/2026-10/customers.json?limit=2&order=updated_at asc"
    found: list[dict] = []
    while url:
        answer = requests.get(url, headers=headers, timeout=10)
        found += answer.json()["customers"]
        url = answer.links.get("next", {}).get("url", "")
    assert [customer["admin_graphql_api_id"] for customer in found] == ids
    assert found[0]["email"] == "ada0@example.com"
    assert (found[0]["currency"], found[0]["last_order_id"]) == ("USD", None)
    assert found[0]["email_marketing_consent"]["state"] == "not_subscribed"
