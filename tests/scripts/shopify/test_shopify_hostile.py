"""Answers that the local shop never gives: proxies, gateways and lists that do not end."""

import logging
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import islice

import pytest
from hostile import Answer, hostile

from scripts import settings
from scripts.errors import FatalError, RetriableError
from scripts.landing.slices import SliceTooBigError
from scripts.landing.window import Slice, Window
from scripts.landing.writer import iso
from scripts.retry import seconds_of
from scripts.settings import Shopify
from scripts.shopify.begun import Task
from scripts.shopify.bulk import read_bulk
from scripts.shopify.client import Client, MissingScopeError
from scripts.shopify.pages import pages
from scripts.shopify.planning import PAGED_LIMIT, by_bulk, plan
from scripts.shopify.pull import read
from scripts.shopify.streams import STREAMS

TOKEN = "tests-" + "token"
SHOP = {"id": "gid://shopify/Shop/1", "myshopifyDomain": "a.myshopify.com"}
GOOD = Answer({"data": {"shop": SHOP}})
CUSTOMERS = next(stream for stream in STREAMS if stream.name == "customers")


def client(url: str) -> Client:
    return Client(Shopify(url, TOKEN, "2026-10"))


def test_the_token_does_not_follow_a_redirect() -> None:
    """A shop's own domain redirects; `requests` takes only the Authorization header off."""
    with hostile(GOOD) as elsewhere:
        moved = Answer(status=301, headers={"Location": f"{elsewhere.url}/graphql.json"})
        with hostile(moved) as shop, pytest.raises(FatalError, match=r"<name>\.myshopify\.com"):
            client(shop.url).execute("{ shop { id } }", {})
        assert elsewhere.asked == []


@pytest.mark.parametrize(
    "first",
    [
        Answer([]),
        Answer(None),
        Answer({"data": None}),
        Answer(b"<html>"),
        Answer(status=408),
        *(Answer(status=429, headers={"Retry-After": text}) for text in ("", "nan", "-1", "soon")),
        Answer(status=429, headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}),
    ],
)
@pytest.mark.usefixtures("no_waiting")
def test_what_is_no_answer_is_asked_for_again(first: Answer) -> None:
    with hostile(first, GOOD) as shop:
        assert client(shop.url).execute("{ shop { id } }", {}) == GOOD.body["data"]
        assert len(shop.asked) == 2


@pytest.mark.parametrize("errors", [["boom"], [{"message": "boom", "extensions": None}]])
def test_errors_of_another_shape_are_a_sentence(errors: list[object]) -> None:
    with hostile(Answer({"errors": errors})) as shop, pytest.raises(FatalError, match="boom"):
        client(shop.url).execute("{ shop { id } }", {})


def test_a_refusal_that_is_of_no_scope_is_told_in_its_own_words() -> None:
    message = "This app is not approved to access the Customer object."
    denied = {"message": message, "extensions": {"code": "ACCESS_DENIED"}}
    with hostile(Answer({"errors": [denied]})) as shop, pytest.raises(MissingScopeError) as found:
        client(shop.url).execute("{ shop { id } }", {})
    assert found.value.scope == f"access: {message}"


@pytest.mark.parametrize("end", [None, "same"])
def test_a_list_that_does_not_go_on_ends_in_an_error(end: str | None) -> None:
    info = {"hasNextPage": True, "endCursor": end}
    page = Answer({"data": {"page": {"nodes": [{"id": "1"}], "pageInfo": info}}})
    with hostile(page) as shop, pytest.raises(RetriableError, match="does not say where"):
        list(islice(pages(client(shop.url), CUSTOMERS, {}), 9))


def test_pages_that_go_round_in_a_circle_end_in_an_error() -> None:
    """Empty ones, so that no limit of records ends them."""

    def page(end: str) -> Answer:
        info = {"hasNextPage": True, "endCursor": end}
        return Answer({"data": {"page": {"nodes": [], "pageInfo": info}}})

    with (
        hostile(*[page("a"), page("b")] * 9) as shop,
        pytest.raises(RetriableError, match="does not say where"),
    ):
        list(pages(client(shop.url), CUSTOMERS, {}))
    assert len(shop.asked) == 3


def test_the_shop_s_time_is_heard() -> None:
    date = format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True)
    with hostile(Answer(GOOD.body, headers={"Date": date})) as shop:
        found = client(shop.url)
        found.execute("{ shop { id } }", {})
        stream = next(stream for stream in STREAMS if stream.name == "shop")
        (change,) = read(found, stream, Slice(None, iso(datetime.now(UTC))))
    assert timedelta(minutes=59) < found.clock.ahead() < timedelta(minutes=61)
    age = datetime.now(UTC) - datetime.fromisoformat(str(change.read_at))
    assert timedelta(minutes=59) < age < timedelta(minutes=61)


def test_a_wait_is_seconds_or_a_date() -> None:
    assert seconds_of("2.5", 1.0) == 2.5
    assert seconds_of(None, 1.0) == seconds_of("soon", 1.0) == seconds_of("inf", 1.0) == 1.0
    later = format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True)
    assert 290 < seconds_of(later, 1.0) <= 300


ORDERS = next(stream for stream in STREAMS if stream.name == "orders")
LAST = {"hasNextPage": False, "endCursor": None}
MORE = {"hasNextPage": True, "endCursor": "more"}


def page(nodes: object, info: object = LAST) -> Answer:
    return Answer({"data": {"page": {"nodes": nodes, "pageInfo": info}}})


def test_an_order_that_is_deleted_before_its_lines_are_read_does_not_land_without_them() -> None:
    def order(number: int, info: object) -> dict[str, object]:
        lines = {"nodes": [{"id": f"line {number}"}], "pageInfo": info}
        return {"id": f"gid://shopify/Order/{number}", "refunds": [], "lineItems": lines}

    gone = Answer({"data": {"parent": None}})
    with hostile(page([order(1, MORE), order(2, LAST)]), gone) as shop:
        found = [record["id"] for record, _ in pages(client(shop.url), ORDERS, {})]
    assert found == ["gid://shopify/Order/2"]


@pytest.mark.parametrize("broken", [page(None), page([None]), page([], None)])
def test_a_page_that_is_not_whole_is_a_sentence(broken: Answer) -> None:
    with hostile(broken) as shop, pytest.raises(RetriableError, match="customers: a page is not"):
        list(pages(client(shop.url), CUSTOMERS, {}))


def event(action: str, **more: object) -> dict[str, object]:
    return {"id": "gid://shopify/BasicEvent/1", "action": action, "createdAt": MOMENT} | more


MOMENT = "2026-11-01T00:00:00Z"
NONE_COUNTED = Answer({"data": {"customers": {"count": 0, "precision": "EXACT"}}})


def test_a_window_of_more_than_the_shop_counts_is_cut() -> None:
    """Shopify's limits speak of 25,000 for counts as well; such a shop could not be pulled."""
    count = {"count": 25_001, "precision": "AT_LEAST"}
    week = Slice("2026-11-01T00:00:00Z", "2026-11-08T00:00:00Z")
    with hostile(Answer({"data": {"customers": count}})) as shop:
        asking = client(shop.url)
        slices = plan(asking, CUSTOMERS, Window(str(week.since), week.until))
        assert (slices[0].since, slices[-1].until) == (week.since, week.until)
        with pytest.raises(SliceTooBigError, match="customers: the shop counts only up to 25001"):
            list(read(asking, CUSTOMERS, week))


def test_events_that_are_no_deletions_delete_nothing() -> None:
    """A search that was ignored without a word had made a tombstone of each customer made."""
    made = event("create", subjectId="gid://shopify/Customer/1", subjectType="CUSTOMER")
    with (
        hostile(NONE_COUNTED, page([]), page([made])) as shop,
        pytest.raises(
            FatalError, match="customers: Shopify gave an event 'create' where deletions"
        ),
    ):
        list(read(client(shop.url), CUSTOMERS, Slice(MOMENT, "2026-11-02T00:00:00Z")))


def test_a_deleted_comment_is_no_deleted_customer() -> None:
    with hostile(NONE_COUNTED, page([]), page([event("destroy")])) as shop:
        day = Slice(MOMENT, "2026-11-02T00:00:00Z")
        assert list(read(client(shop.url), CUSTOMERS, day)) == []


FAILED = {"message": "Internal error", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}
TIMEOUT = {"message": "Timeout", "extensions": {"code": "TIMEOUT"}}


@pytest.mark.parametrize(
    "failure", [Answer({"errors": [FAILED]}), Answer({"errors": [TIMEOUT]}), Answer(status=504)]
)
@pytest.mark.usefixtures("no_waiting")
def test_a_page_that_shopify_fails_at_each_time_is_read_in_smaller_ones(failure: Answer) -> None:
    """Records too heavy for one answer stopped their stream for ever: each run asked the same."""
    rest = [page([{"id": "1"}], MORE), page([{"id": "2"}])]
    with hostile(*[failure] * 6, *rest) as shop:
        found = [record["id"] for record, _ in pages(client(shop.url), CUSTOMERS, {})]
    assert found == ["1", "2"]


COSTLY = {"message": "Query cost is 1201", "extensions": {"code": "MAX_COST_EXCEEDED"}}


def test_a_page_that_costs_more_than_shopify_allows_is_read_in_smaller_ones() -> None:
    """What a document costs is Shopify's to say, and to change: orders are near its limit."""
    line = {"nodes": [{"id": "line"}], "pageInfo": MORE}
    order = {"id": "gid://shopify/Order/1", "refunds": [], "lineItems": line}
    lines = Answer({"data": {"parent": {"page": {"nodes": [{"id": "last"}], "pageInfo": LAST}}}})
    costly = Answer({"errors": [COSTLY]})
    with hostile(costly, page([order]), costly, lines) as shop:
        ((found, _),) = pages(client(shop.url), ORDERS, {})
    assert found["lineItems"]["nodes"] == [{"id": "line"}, {"id": "last"}]


def test_a_document_that_is_too_costly_for_one_record_is_fatal() -> None:
    costly = Answer({"errors": [COSTLY]})
    with hostile(costly) as shop, pytest.raises(FatalError, match="Query cost is 1201"):
        list(pages(client(shop.url), ORDERS, {}))
    assert len(shop.asked) == 3  # 100, 12, 1


@pytest.mark.usefixtures("no_waiting")
def test_a_record_that_shopify_cannot_give_is_an_error() -> None:
    with (
        hostile(Answer({"errors": [FAILED]})) as shop,
        pytest.raises(RetriableError, match="failed inside: Internal error"),
    ):
        list(pages(client(shop.url), CUSTOMERS, {}))
    assert len(shop.asked) == 6 * 4  # 250, 31, 3, 1


def throttled(status: object) -> Answer:
    error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
    cost = {"requestedQueryCost": 9, "throttleStatus": status}
    return Answer({"errors": [error], "extensions": {"cost": cost}})


NONE = {"maximumAvailable": None, "currentlyAvailable": None, "restoreRate": None}


@pytest.mark.parametrize("status", [None, {}, {"currentlyAvailable": 3}, NONE])
@pytest.mark.usefixtures("no_waiting")
def test_a_throttled_answer_may_tell_nothing_of_the_bucket(status: object) -> None:
    with hostile(throttled(status), GOOD) as shop:
        assert client(shop.url).execute("{ shop { id } }", {}) == GOOD.body["data"]


@pytest.mark.parametrize("wait", ["1e9", "Wed, 21 Oct 2099 07:28:00 GMT"])
def test_a_wait_of_years_ends_the_run(wait: str) -> None:
    with (
        hostile(Answer(status=429, headers={"Retry-After": wait})) as shop,
        pytest.raises(RetriableError, match=r"asks to come back in \d{9,} s"),
    ):
        client(shop.url).execute("{ shop { id } }", {})


WRONG = [
    "key:tests-password@name.myshopify.com",
    "name.myshopify.com",
    "https//name.myshopify.com",
    "http://",
    "http://name:port",
    "ftp://x",
]


@pytest.mark.parametrize("url", WRONG)
def test_a_wrong_address_is_fatal(url: str) -> None:
    with pytest.raises(FatalError, match="SHOPIFY_URL is no address") as found:
        client(url)
    assert "tests-password" not in str(found.value)


@pytest.mark.parametrize("token", ["tests…token", "tests\ntoken", "tests token"])
def test_a_token_that_cannot_be_one_is_fatal_and_not_said(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOPIFY_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("SHOPIFY_ACCESS_TOKEN", token)
    with pytest.raises(FatalError, match="SHOPIFY_ACCESS_TOKEN holds") as found:
        settings.shopify()
    assert "tests" not in str(found.value)


def test_a_version_that_shopify_has_given_up_is_told_once_and_landed_as_what_it_is(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It answers with the oldest version that it still knows, and with no error."""
    served = Answer(GOOD.body, headers={"X-Shopify-API-Version": "2027-01"})
    with hostile(served) as shop, caplog.at_level(logging.WARNING):
        asking = client(shop.url)
        assert [asking.version, asking.version] == ["2027-01"] * 2
        assert len(shop.asked) == 1
        asking.execute("{ shop { id } }", {})
    (warning,) = (record.message for record in caplog.records)
    assert "2027-01" in warning
    assert "set SHOPIFY_API_VERSION" in warning


def test_the_version_that_was_asked_for_is_no_news(caplog: pytest.LogCaptureFixture) -> None:
    same = Answer(GOOD.body, headers={"X-Shopify-API-Version": "2026-10"})
    with hostile(GOOD, same) as shop, caplog.at_level(logging.WARNING):
        asking = client(shop.url)
        assert asking.version == "2026-10"
        asking.execute("{ shop { id } }", {})
    assert caplog.records == []


def test_a_security_rejection_is_no_wrong_address() -> None:
    rejection = Answer(b"Shopify Security Rejection", status=430)
    with hostile(rejection) as shop, pytest.raises(FatalError, match="for malicious"):
        client(shop.url).execute("{ shop { id } }", {})


@pytest.mark.parametrize(("records", "bulk"), [(1, False), (PAGED_LIMIT, False), (25_001, True)])
def test_a_shop_that_tells_of_no_bucket_is_read_by_pages(records: int, bulk: bool) -> None:
    with hostile(GOOD) as shop:
        asking = client(shop.url)
        asking.execute("{ shop { id } }", {})
        assert by_bulk(asking, CUSTOMERS, Slice(None, iso(datetime.now(UTC))), records) is bulk


@pytest.mark.parametrize("begun", [None, {"bulkOperation": None, "userErrors": []}])
def test_an_operation_that_is_not_begun_is_a_sentence(begun: object) -> None:
    page = {"page": {"nodes": [], "pageInfo": {"hasNextPage": False}}}
    answers = [Answer({"data": page}), Answer({"data": {"bulkOperationRunQuery": begun}})]
    with hostile(*answers) as shop, pytest.raises(RetriableError, match="began no bulk operation"):
        list(read_bulk(client(shop.url), Task(CUSTOMERS, "updated_at:>'2026-01-01'")))


@pytest.mark.parametrize("version", ["2026-1", "latest", "2026-10-01", "v2026-10", "2026/10"])
def test_a_version_that_cannot_be_one_is_fatal(
    version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOPIFY_API_VERSION", version)
    with pytest.raises(FatalError, match=f"SHOPIFY_API_VERSION is '{version}'"):
        settings.shopify()


@pytest.mark.parametrize(("products", "bulk"), [(25_000, False), (25_001, True)])
def test_a_collection_that_may_hold_more_products_than_paging_reaches_is_read_in_bulk(
    products: int, bulk: bool
) -> None:
    collections = next(stream for stream in STREAMS if stream.name == "collection_products")
    answer = Answer({"data": {"products": {"count": products, "precision": "EXACT"}}})
    with hostile(answer) as shop:
        whole = Slice(None, iso(datetime.now(UTC)))
        assert by_bulk(client(shop.url), collections, whole, 3) is bulk
