from zoneinfo import ZoneInfo

import pytest

from docker.shopify.errors import ApiError
from docker.shopify.reads.orders import ORDER_FILTERS
from docker.shopify.search import compile_search

ZONE = ZoneInfo("America/New_York")


def order(**more: object) -> dict[str, object]:
    return {
        "id": "gid://shopify/Order/7",
        "name": "#1001",
        "email": "ann@example.com",
        "createdAt": "2026-09-01T12:00:00Z",
        "updatedAt": "2026-09-02T12:00:00Z",
        "processedAt": "2026-09-01T12:00:00Z",
        "tags": ["vip", "web"],
        "closed": False,
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "UNFULFILLED",
        "lineItems": [{"sku": "TEE-S"}],
        "test": False,
        **more,
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("updated_at:>='2026-09-02T12:00:00Z'", True),
        ("updated_at:>'2026-09-02T12:00:00Z'", False),
        ("updated_at:<='2026-09-02T12:00:00Z'", True),
        ("updated_at:<'2026-09-02T12:00:00Z'", False),
        ("updated_at:>='2026-09-02T08:00:00-04:00'", True),
        ("created_at:2026-09-01", True),
        ("created_at:2026-08-31", False),
        ("updated_at:>=2026-09-01 updated_at:<2026-09-03", True),
        ("status:open financial_status:paid", True),
        ("financial_status:refunded", False),
        ("fulfillment_status:unshipped", True),
        ("tag:vip AND tag:web", True),
        ("tag:nope OR tag:web", True),
        ("tag:vip -tag:web", False),
        ("NOT tag:nope", True),
        ("(tag:nope OR tag:vip) AND name:#1001", True),
        ("name:1001", True),
        ("email:'ann@example.com'", True),
        ("sku:TEE-S", True),
        ("sku:TEE*", True),
        ("id:7", True),
        ("id:>6 id:<8", True),
        ("id:>=8", False),
        ("ann*", True),
        ("bob*", False),
    ],
)
def test_filters(text: str, found: bool) -> None:
    matches = compile_search(text, ORDER_FILTERS, ZONE).matches
    assert matches is not None
    assert matches(order()) is found


def test_a_date_is_a_day_of_the_shop() -> None:
    late = order(createdAt="2026-09-02T03:30:00Z")  # 23:30 on 1 September in New York
    matches = compile_search("created_at:2026-09-01", ORDER_FILTERS, ZONE).matches
    assert matches is not None
    assert matches(late)


def test_an_unknown_field_is_ignored_and_warned_about_as_recorded() -> None:
    search = compile_search("notafield:x tag:vip", ORDER_FILTERS, ZONE)
    assert search.matches is not None
    assert search.matches(order())
    message = "Invalid search field for this query."
    assert search.warnings == [{"field": "notafield", "message": message, "code": "invalid_field"}]
    assert search.parsed == {
        "and": [
            {"field": "notafield", "match_all": "x"},
            {"field": "tag", "match_all": "vip"},
        ]
    }


def test_an_unaccepted_value_finds_nothing_and_is_warned_about() -> None:
    search = compile_search("status:expired", ORDER_FILTERS, ZONE)
    assert search.matches is not None
    assert not search.matches(order())
    assert search.warnings[0]["code"] == "invalid_value"


def test_an_unquoted_time_ends_at_its_first_colon_as_recorded() -> None:
    search = compile_search("updated_at:<2000-01-01T00:00:00Z", ORDER_FILTERS, ZONE)
    assert search.parsed == {
        "and": [
            {"field": "updated_at", "range_lte": "2000-01-01T00:00:00-05:00"},
            {"field": "00", "match_all": "00Z"},
        ]
    }
    assert [w["field"] for w in search.warnings] == ["00"]


def test_a_bad_time_is_an_error() -> None:
    with pytest.raises(ApiError, match="Invalid timestamp for query filter `created_at`"):
        compile_search("created_at:>=not-a-date", ORDER_FILTERS, ZONE)
