"""Lists: newest first, and every way of walking them sees the same objects."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stripe_local import Local

from docker.stripe.errors import StripeError

START = datetime(2026, 9, 1, 12, tzinfo=UTC)


def walk(local: Local, path: str, limit: int, cursor: str, **params: Any) -> list[str]:
    """Ids in the order of the pages, following `has_more`."""
    seen: list[str] = []
    page: dict[str, Any] = {}
    while not page or page["has_more"]:
        last = -1 if cursor == "starting_after" else 0
        at = {cursor: page["data"][last]["id"]} if page else {}
        page = local.call("GET", path, {"limit": limit, **at, **params})
        ids = [row["id"] for row in page["data"]]
        seen = seen + ids if cursor == "starting_after" else ids + seen
    return seen


@pytest.fixture
def customers(local: Local) -> list[str]:
    """23 customers, several in the same second, oldest first."""
    ids = []
    for index in range(23):
        local.clock.set(START + timedelta(seconds=index // 4 * 3))
        ids.append(local.call("POST", "/v1/customers", {"name": f"n{index}"})["id"])
    return ids


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limit=st.integers(1, 100))
def test_any_page_size_walks_to_the_same_list(
    local: Local, customers: list[str], limit: int
) -> None:
    assert walk(local, "/v1/customers", limit, "starting_after") == customers[::-1]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limit=st.integers(1, 100))
def test_walking_back_from_the_oldest_sees_the_rest(
    local: Local, customers: list[str], limit: int
) -> None:
    pages: list[str] = []
    cursor, more = customers[0], True
    while more:
        page = local.call("GET", "/v1/customers", {"limit": limit, "ending_before": cursor})
        pages = [row["id"] for row in page["data"]] + pages
        cursor, more = pages[0], page["has_more"]
    assert pages == customers[:0:-1]


@pytest.mark.parametrize(("limit", "more"), [(22, True), (23, False), (24, False)])
def test_has_more_is_exact(local: Local, customers: list[str], limit: int, more: bool) -> None:
    assert local.call("GET", "/v1/customers", {"limit": limit})["has_more"] is more


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(low=st.integers(-3, 20), span=st.integers(0, 20))
def test_created_ranges_are_exact(local: Local, customers: list[str], low: int, span: int) -> None:
    base = int(START.timestamp())
    rows = local.call("GET", "/v1/customers", {"limit": 100})["data"]
    found = local.call(
        "GET",
        "/v1/customers",
        {"limit": 100, "created[gte]": base + low, "created[lt]": base + low + span},
    )["data"]
    wanted = [r["id"] for r in rows if base + low <= r["created"] < base + low + span]
    assert [r["id"] for r in found] == wanted


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"limit": 0}, "This value must be greater than or equal to 1."),
        (
            {"limit": 101},
            "This value must be less than or equal to 100 (it currently is '101').",
        ),
        ({"starting_after": "cus_none"}, "No such customer: 'cus_none'"),
    ],
)
def test_what_a_list_refuses(local: Local, params: dict[str, Any], message: str) -> None:
    with pytest.raises(StripeError) as caught:
        local.call("GET", "/v1/customers", params)
    assert (caught.value.status, caught.value.body["message"]) == (400, message)
    assert caught.value.body["param"] == next(iter(params))


def test_both_cursors_at_once_are_refused(local: Local, customers: list[str]) -> None:
    both = {"starting_after": customers[0], "ending_before": customers[1]}
    with pytest.raises(StripeError, match="cannot parameterize a list by both"):
        local.call("GET", "/v1/customers", both)


def test_filters_choose(local: Local) -> None:
    owner = local.call("POST", "/v1/customers", {"email": "ann@shop.example"})["id"]
    own = local.pay(customer=owner)
    local.pay()
    for path in ("/v1/payment_intents", "/v1/charges"):
        rows = local.call("GET", path, {"customer": owner})["data"]
        assert [row["customer"] for row in rows] == [owner]
    by_intent = local.call("GET", "/v1/charges", {"payment_intent": own["id"]})["data"]
    assert [row["id"] for row in by_intent] == [own["latest_charge"]]
    found = local.call("GET", "/v1/customers", {"email": "ann@shop.example"})["data"]
    assert [row["id"] for row in found] == [owner]
    assert local.call("GET", "/v1/customers", {"email": "bob@shop.example"})["data"] == []


def test_a_list_reads_a_range_of_an_index(local: Local) -> None:
    """What keeps a page fast on a million rows: no sorting, no full scan."""
    for where in ("created > 5", "json_extract(body, '$.customer') = 'x'"):
        plan = local.store.db.execute(
            f"EXPLAIN QUERY PLAN SELECT body FROM charge WHERE {where} "
            "AND (created, seq) < (9, 9) ORDER BY created DESC, seq DESC LIMIT 101"
        ).fetchall()
        assert [step[3].split()[0] for step in plan] == ["SEARCH"], plan
