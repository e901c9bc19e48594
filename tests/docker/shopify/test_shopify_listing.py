"""Pages of a root list: cursors, sort orders, filters, limits."""

from typing import Any

import pytest
from shopify_builders import line, order
from shopify_documents import ORDERS
from shopify_local import Execute

from docker.shopify import listing
from docker.shopify.api import Api


@pytest.fixture
def many(ask: Execute) -> list[str]:
    """Seven orders; the third was changed last."""
    ids = [order(ask, line(f"Item {n}", "1.00"), tags=[f"t{n % 2}"])["id"] for n in range(7)]
    return ids


def pages(ask: Execute, size: int, **arguments: Any) -> list[list[str]]:
    found, after = [], None
    while True:
        page = ask(ORDERS, first=size, after=after, **arguments)["orders"]
        found.append([node["id"] for node in page["nodes"]])
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


def joined(found: list[list[str]]) -> list[str]:
    return [gid for page in found for gid in page]


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8, 250])
def test_pages_hold_every_order_once(ask: Execute, many: list[str], size: int) -> None:
    for sort_key in ("ID", "UPDATED_AT", "CREATED_AT", "ORDER_NUMBER", "TOTAL_PRICE"):
        found = pages(ask, size, sortKey=sort_key)
        assert sorted(joined(found)) == sorted(many)
        assert all(len(page) == size for page in found[:-1])


def test_a_filter_keeps_paging_right(ask: Execute, many: list[str]) -> None:
    found = pages(ask, 2, query="tag:t0", sortKey="ID")
    assert found == [[many[0], many[2]], [many[4], many[6]]]


def test_the_end_of_a_list_backwards(ask: Execute, many: list[str]) -> None:
    text = """{ orders(last: 2, sortKey: ID) { edges { cursor node { id } }
      pageInfo { hasNextPage hasPreviousPage startCursor } } }"""
    page = ask(text)["orders"]
    assert [e["node"]["id"] for e in page["edges"]] == many[-2:]
    assert page["pageInfo"]["hasPreviousPage"] is True
    assert page["pageInfo"]["hasNextPage"] is False
    before = page["pageInfo"]["startCursor"]
    text = f'{{ orders(last: 3, before: "{before}", sortKey: ID) {{ nodes {{ id }} }} }}'
    assert [n["id"] for n in ask(text)["orders"]["nodes"]] == many[2:5]


def test_reverse(ask: Execute, many: list[str]) -> None:
    text = """query R($after: String) { orders(first: 3, after: $after, sortKey: ID, reverse: true)
      { nodes { id } pageInfo { endCursor } } }"""
    first = ask(text)["orders"]
    second = ask(text, after=first["pageInfo"]["endCursor"])["orders"]
    both = [n["id"] for n in first["nodes"] + second["nodes"]]
    assert both == many[::-1][:6]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "you must provide one of first or last"),
        ("(first: 1, last: 1)", "providing both first and last is not supported"),
    ],
)
def test_windows_that_shopify_refuses(run: Execute, arguments: str, message: str) -> None:
    answer = run(f"{{ orders{arguments} {{ nodes {{ id }} }} }}")
    assert answer["data"] is None
    assert answer["errors"][0]["message"] == message
    assert answer["errors"][0]["extensions"] == {"code": "BAD_REQUEST"}
    assert answer["errors"][0]["path"] == ["orders"]


def test_a_page_is_250_at_most(run: Execute) -> None:
    answer = run("{ orders(first: 251) { nodes { id } } }")
    assert "250" in answer["errors"][0]["message"]


def test_a_query_is_paged_to_its_25_000th_object_and_no_further(
    run: Execute, ask: Execute, many: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MAX_DEPTH", 6)
    first = ask(ORDERS, first=3, sortKey="ID")["orders"]
    second = ask(ORDERS, first=3, after=first["pageInfo"]["endCursor"], sortKey="ID")["orders"]
    third = run(ORDERS, first=3, after=second["pageInfo"]["endCursor"], sortKey="ID")
    assert "Pagination is limited" in third["errors"][0]["message"]


def test_the_same_second_does_not_lose_or_repeat_orders(api: Api, ask: Execute) -> None:
    made = [order(ask, line("x", "1.00"))["id"] for _ in range(5)]
    moment = "2026-09-01T00:00:00Z"
    for gid in made:
        document = api.service.store.get(gid)
        assert document is not None
        document["updatedAt"] = moment
        api.service.store.put(document)
    query = f"updated_at:>='{moment}' updated_at:<='{moment}'"
    assert joined(pages(ask, 2, query=query, sortKey="UPDATED_AT")) == made


def test_counts_are_exact_up_to_their_limit(ask: Execute, many: list[str]) -> None:
    counts = """{ all: ordersCount(limit: null) { count precision }
      some: ordersCount(limit: 5) { count precision }
      few: ordersCount(query: "tag:t1") { count precision } }"""
    assert ask(counts) == {
        "all": {"count": 7, "precision": "EXACT"},
        "some": {"count": 5, "precision": "AT_LEAST"},
        "few": {"count": 3, "precision": "EXACT"},
    }


def test_an_id_of_another_type_is_an_error(run: Execute, many: list[str]) -> None:
    answer = run("query Q($id: ID!) { refund(id: $id) { id } }", id=many[0])
    assert answer["errors"][0]["message"] == f"Invalid id: {many[0]}"
    assert answer["errors"][0]["extensions"] == {"code": "RESOURCE_NOT_FOUND"}
    assert answer["data"] == {"refund": None}
