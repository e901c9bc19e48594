"""Answers that the local Stripe never gives: proxies before it, and lists that do not end."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

import pytest
from hostile import Answer, hostile
from stripe_account import BY_NAME, unlimited

from scripts.errors import FatalError, RetriableError
from scripts.landing.window import Slice
from scripts.settings import Stripe
from scripts.stripe.changed import changed
from scripts.stripe.client import Client, MissingError, PermissionMissingError
from scripts.stripe.limiter import Limiter
from scripts.stripe.listed import children, listed
from scripts.stripe.plan import cut

pytestmark = pytest.mark.usefixtures("no_waiting")


def client(url: str) -> Client:
    return Client(Stripe("tests-key", url), unlimited())


def error(status: int, **said: str) -> Answer:
    return Answer({"error": {"type": "invalid_request_error", "message": "no"} | said}, status)


def page(*ids: str, more: bool) -> Answer:
    return Answer({"data": [{"id": id_, "created": 1} for id_ in ids], "has_more": more})


@pytest.mark.parametrize("body", [b"<html>", {"message": "no route"}, b""])
def test_a_proxy_s_404_is_no_tombstone(body: object) -> None:
    with hostile(Answer(body, 404)) as stripe, pytest.raises(RetriableError, match="answered 404"):
        client(stripe.url).get("/v1/customers", "cus_1")


def test_only_a_missing_object_is_missing() -> None:
    with hostile(error(404)) as stripe, pytest.raises(FatalError) as found:
        client(stripe.url).get("/v1/customers", "cus_1")
    assert not isinstance(found.value, MissingError)
    missing = error(404, code="resource_missing", param="id")
    with hostile(missing) as stripe, pytest.raises(MissingError):
        client(stripe.url).get("/v1/customers", "cus_1")


def test_the_end_of_a_page_that_was_deleted_does_not_end_the_list() -> None:
    gone = error(404, code="resource_missing", param="starting_after")
    with (
        hostile(page("pm_1", more=True), gone) as stripe,
        pytest.raises(RetriableError, match="was deleted meanwhile"),
    ):
        list(client(stripe.url).list("/v1/customers/cus_1/payment_methods"))


def test_reading_goes_on_behind_what_is_left_of_a_page() -> None:
    """A first pull of an account in use ended whenever the last one of a page was deleted."""
    gone = error(404, code="resource_missing", param="starting_after")
    pages = page("cus_3", "cus_2", "cus_1", more=True), gone, gone, page("cus_0", more=False)
    with hostile(*pages) as stripe:
        found = [record["id"] for record, _ in client(stripe.url).list("/v1/customers")]
        behind = [path.rpartition("=")[2] for path, _ in stripe.asked][1:]
    assert found == ["cus_3", "cus_2", "cus_1", "cus_0"]
    assert behind == ["cus_1", "cus_2", "cus_3"]


def test_an_empty_page_that_has_more_is_asked_for_again() -> None:
    pages = page("b", more=True), page(more=True), page("a", more=False)
    with hostile(*pages) as stripe:
        found = [record["id"] for record, _ in client(stripe.url).list("/v1/charges")]
    assert found == ["b", "a"]


@pytest.mark.parametrize("pages", [[page(more=True)], [page("a", more=True), page(more=True)]])
def test_more_after_an_empty_page_ends_in_an_error(pages: list[Answer]) -> None:
    with hostile(*pages) as stripe, pytest.raises(RetriableError, match="an empty page"):
        list(client(stripe.url).list("/v1/charges"))


def test_a_page_that_comes_again_and_again_ends_in_an_error() -> None:
    again = page("ch_2", "ch_1", more=True)
    with hostile(again) as stripe, pytest.raises(RetriableError, match="the same page again"):
        list(client(stripe.url).list("/v1/charges"))


def test_pages_that_lead_back_to_an_earlier_one_end_in_an_error() -> None:
    pages = [
        page("ch_2", more=True),
        page("ch_1", more=True),
        page("ch_2", more=True),
        page("x", more=False),
    ]
    with hostile(*pages) as stripe, pytest.raises(RetriableError, match="an earlier page again"):
        list(client(stripe.url).list("/v1/charges"))


@pytest.mark.parametrize("pages", [[page(more=True)], [page("a", more=True), page(more=True)]])
def test_more_after_an_empty_page_is_a_sentence_in_the_plan_too(pages: list[Answer]) -> None:
    """A window's first look took the last object of the page, and was a trace."""
    since, until = "1970-01-01T00:00:00.000000Z", "2026-01-01T00:00:00.000000Z"
    with hostile(*pages) as stripe, pytest.raises(RetriableError, match="an empty page"):
        cut(client(stripe.url), BY_NAME["charges"], Slice(since, until))


def charge(*refunds: str) -> dict[str, Any]:
    rows = [{"id": id_} for id_ in refunds]
    inner = {"data": rows, "has_more": True, "url": "/v1/charges/ch_1/refunds"}
    return {"id": "ch_1", "refunds": inner}


def test_a_list_inside_an_object_may_say_how_long_its_pages_are() -> None:
    inner = {"data": [], "has_more": True, "url": "/v1/charges/ch_1/refunds?limit=10"}
    with hostile(Answer({"id": "ch_1", "refunds": inner}), page("re_1", more=False)) as stripe:
        client(stripe.url).get("/v1/charges", "ch_1")
        assert stripe.asked[-1][0] == "GET /v1/charges/ch_1/refunds?limit=100"


def test_a_list_inside_an_object_may_begin_empty_and_must_end() -> None:
    with hostile(Answer(charge()), page("re_1", more=False)) as stripe:
        found = client(stripe.url).get("/v1/charges", "ch_1")
    assert [refund["id"] for refund in found["refunds"]["data"]] == ["re_1"]
    with (
        hostile(Answer(charge("re_1")), page(more=True)) as stripe,
        pytest.raises(RetriableError, match="an empty page"),
    ):
        client(stripe.url).get("/v1/charges", "ch_1")


def test_stripe_s_time_is_heard() -> None:
    date = format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True)
    with hostile(Answer({"id": "ch_1"}, headers={"Date": date})) as stripe:
        found = client(stripe.url)
        found.get("/v1/charges", "ch_1")
    assert timedelta(minutes=59) < found.clock.ahead() < timedelta(minutes=61)


@pytest.mark.parametrize("id_", ["gold/yearly", "gold?", "#1 plan", "50%25", "ü"])
def test_an_id_that_a_shop_has_chosen_is_one_step_of_the_path(id_: str) -> None:
    """Of `gold#1` the plan `gold` was asked for, and its 404 was a tombstone of what is there."""
    with hostile(Answer({"id": id_}), page(more=False)) as stripe:
        client(stripe.url).get("/v1/prices", id_)
        list(children(client(stripe.url), BY_NAME["payment_methods"], {"id": id_}))
        one, inner = (path.partition("?")[0] for path, _ in stripe.asked[:2])
    step = quote(id_, safe="")
    assert one == f"GET /v1/prices/{step}"
    assert inner == f"GET /v1/customers/{step}/payment_methods"


@pytest.mark.parametrize("status", [201, 203, 206])
def test_what_a_proxy_makes_of_200_is_read(status: int) -> None:
    with hostile(Answer({"id": "ch_1"}, status)) as stripe:
        assert client(stripe.url).get("/v1/charges", "ch_1") == {"id": "ch_1"}


def test_half_a_character_does_not_stop_a_stream() -> None:
    """No reader takes one; each pull asked six times and failed."""
    body = rb'{"data": [{"id": "a", "created": 1, "note": "\ud83d\ude00 \\ud83d \ud83d"}], '
    with hostile(Answer(body + b'"has_more": false}')) as stripe:
        ((record, _),) = client(stripe.url).list("/v1/charges")
    assert record["note"] == "\U0001f600 \\ud83d \ufffd"
    with hostile(Answer(rb'{"id": "\ude00"}')) as stripe:
        assert client(stripe.url).get("/v1/charges", "a") == {"id": "\ufffd"}


@pytest.mark.parametrize("body", [{"error": {"message": "no"}}, {"detail": "Not Found"}, b"<html>"])
def test_a_stand_in_for_stripe_may_know_no_account(body: object) -> None:
    with hostile(Answer(body, 404)) as stripe:
        assert client(stripe.url).account() == ""
    with hostile(Answer(body, 400)) as stripe, pytest.raises((FatalError, RetriableError)):
        client(stripe.url).account()


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_reading_s_time_is_stripe_s(hours: int) -> None:
    """With the clock an hour ahead, what the next machine read within it lost in silver: there the
    later reading wins, and an event is read once."""
    there = datetime.now(UTC) + timedelta(hours=hours)
    date = {"Date": format_datetime(there, usegmt=True)}
    with hostile(Answer({"data": [], "has_more": False}, headers=date)) as stripe:
        found = client(stripe.url)
        list(found.texts("/v1/charges"))
        stripe.answers[:] = [Answer({"data": [{"id": "a"}], "has_more": False}, headers=date)]
        ((_, read_at),) = found.texts("/v1/charges")
    assert abs(datetime.fromisoformat(read_at) - there) < timedelta(seconds=5)


@pytest.mark.parametrize("body", [[], None, "charge"])
def test_an_answer_that_is_no_object_is_asked_for_again(body: object) -> None:
    with hostile(Answer(body), Answer({"id": "ch_1"})) as stripe:
        assert client(stripe.url).get("/v1/charges", "ch_1") == {"id": "ch_1"}


DAY = Slice("2026-11-01T00:00:00.000000Z", "2026-11-02T00:00:00.000000Z")
DRAFT = {
    "id": "in_1",
    "created": 1,
    "lines": {"data": [{"id": "il_1"}], "has_more": True, "url": "/v1/invoices/in_1/lines"},
}


def list_of(*things: object) -> Answer:
    return Answer({"data": things, "has_more": False})


def test_a_draft_that_is_deleted_before_its_lines_are_read_is_left_to_its_tombstone() -> None:
    gone = error(404, code="resource_missing", param="invoice")
    kept = {"id": "in_2", "created": 1}
    with hostile(list_of(DRAFT, kept), gone) as stripe:
        found = [change.id for change in listed(client(stripe.url), BY_NAME["invoices"], DAY)]
        assert [path for path, _ in stripe.asked][-1] == "GET /v1/invoices/in_1"
    assert found == ["in_2"]


def test_lines_that_are_missing_of_an_invoice_that_exists_are_an_error() -> None:
    gone = error(404, code="resource_missing", param="invoice")
    with (
        hostile(list_of(DRAFT), gone, Answer(DRAFT)) as stripe,
        pytest.raises(MissingError, match="/v1/invoices/in_1/lines"),
    ):
        list(listed(client(stripe.url), BY_NAME["invoices"], DAY))


@pytest.mark.parametrize(
    "thing",
    [
        None,
        {"created": 1},
        {"id": 1, "created": 1},
        {"id": "a"},
        {"id": "a", "created": 1.5},
        {"id": "a", "created": 10**15},
    ],
)
@pytest.mark.parametrize("stream", ["charges", "payment_methods"])
def test_an_object_that_cannot_be_told_apart_is_a_sentence(stream: str, thing: object) -> None:
    with hostile(list_of(thing)) as stripe, pytest.raises(FatalError, match="Stripe") as found:
        list(listed(client(stripe.url), BY_NAME[stream], DAY))
    assert type(found.value) is FatalError


@pytest.mark.parametrize("body", [{"data": None, "has_more": False}, {"has_more": True}, {}])
def test_what_is_no_page_is_asked_for_again(body: object) -> None:
    with hostile(Answer(body), page("a", more=False)) as stripe:
        assert client(stripe.url).newest("/v1/charges", 1, {})[0] == [{"id": "a", "created": 1}]
    with hostile(Answer(DRAFT), Answer(body), page("il_2", more=False)) as stripe:
        found = client(stripe.url).get("/v1/invoices", "in_1")
    assert [line["id"] for line in found["lines"]["data"]] == ["il_1", "il_2"]


def event(thing: object) -> dict[str, object]:
    return {"id": "evt_1", "type": "charge.dispute.created", "created": 1, "data": thing}


@pytest.mark.parametrize("data", [None, {}, {"object": None}, {"object": {"id": "x"}}])
def test_an_event_that_names_nothing_does_not_stop_the_others(data: object) -> None:
    """And an id that was expanded is still an id."""
    dispute = {"object": "dispute", "charge": {"id": "ch_1", "object": "charge"}}
    charge = {"id": "ch_1", "created": 1}
    events = list_of(event(data), event({"object": dispute}))
    with hostile(events, Answer(charge)) as stripe:
        found = [c.record for c in changed(client(stripe.url), BY_NAME["charges"], DAY)]
    assert found == [charge]


@pytest.mark.parametrize("made", [{}, {"created": None}, {"created": "2026-11-01"}])
def test_an_event_whose_copy_does_not_say_when_it_was_made_still_names_the_object(
    made: dict[str, object],
) -> None:
    told = event({"object": {"object": "charge", "id": "ch_1", **made}})
    with hostile(list_of(told), Answer({"id": "ch_1", "created": 1})) as stripe:
        found = [change.id for change in changed(client(stripe.url), BY_NAME["charges"], DAY)]
    assert found == ["ch_1"]


def test_a_deletion_that_says_no_more_than_the_id_is_one() -> None:
    """Its event was asked when the object was created, and the stream stopped."""
    stub = {"object": "customer", "id": "cus_1", "deleted": True}
    told = event({"object": stub}) | {"type": "customer.deleted"}
    with hostile(list_of(told), Answer(stub)) as stripe:
        (found,) = changed(client(stripe.url), BY_NAME["customers"], DAY)
    assert (found.id, found.deleted) == ("cus_1", True)


def test_what_is_dated_ahead_is_not_left_to_a_list_that_does_not_reach_there() -> None:
    """A test clock makes invoices of next month; each change until then was missed."""
    ahead = {"object": "charge", "id": "ch_1", "created": 4_000_000_000}
    with hostile(list_of(event({"object": ahead})), Answer(ahead)) as stripe:
        found = [change.record for change in changed(client(stripe.url), BY_NAME["charges"], DAY)]
    assert found == [ahead]


@pytest.mark.parametrize(("account", "fetched"), [("acct_other", 0), ("acct_own", 1), (None, 1)])
def test_what_a_connected_account_has_is_not_ours(account: str | None, fetched: int) -> None:
    """Stripe does not know it without that account's name: it was a tombstone."""
    told = event({"object": {"object": "charge", "id": "ch_1", "created": 1}})
    own = [Answer({"id": "acct_own"})] if account else []
    answers = list_of(told | {"account": account}), *own, Answer({"id": "ch_1", "created": 1})
    with hostile(*answers) as stripe:
        assert len(list(changed(client(stripe.url), BY_NAME["charges"], DAY))) == fetched


@pytest.mark.parametrize("id_", [{}, {"id": None}, {"id": "upcoming_in_1"}])
def test_an_invoice_that_is_to_come_is_none_yet(id_: dict[str, object]) -> None:
    """Each subscription has such an event before it renews; the stream stopped at the first."""
    told = event({"object": {"object": "invoice", "created": 1, **id_}})
    with hostile(list_of(told | {"type": "invoice.upcoming"})) as stripe:
        assert list(changed(client(stripe.url), BY_NAME["invoices"], DAY)) == []
    assert len(stripe.asked) == 1


@pytest.mark.parametrize(
    "line",
    [
        {"parent": {"invoice_item_details": {"invoice_item": "ii_1"}}},
        {"parent": {"subscription_item_details": {"invoice_item": "ii_1"}}},
        {"type": "invoiceitem", "invoice_item": "ii_1"},
    ],
)
def test_a_billed_item_is_named_in_any_version_s_lines(line: dict[str, object]) -> None:
    """An event is written in the account's own version, which may be years old."""
    invoice = {"object": "invoice", "id": "in_1", "lines": {"data": [line, {}]}}
    billed = event({"object": invoice}) | {"type": "invoice.updated"}
    with hostile(list_of(billed), Answer({"id": "ii_1", "date": 1, "invoice": "in_1"})) as stripe:
        found = [c.id for c in changed(client(stripe.url), BY_NAME["invoice_items"], DAY)]
    assert found == ["ii_1"]


def test_a_source_that_was_detached_is_a_tombstone() -> None:
    """Stripe knows the source, but refuses it as a payment method: the stream stopped for good."""
    source = {"object": "payment_method", "id": "src_1", "created": 1}
    detached = event({"object": source}) | {"type": "payment_method.detached"}
    said = "A source must be attached to a customer to be used as a `payment_method`."
    refused = error(400, message=said, param="payment_method")
    with hostile(list_of(detached), refused) as stripe:
        (found,) = changed(client(stripe.url), BY_NAME["payment_methods"], DAY)
    assert (found.id, found.deleted) == ("src_1", True)


def test_a_refund_that_changes_later_may_change_its_charge() -> None:
    refund = event({"object": {"object": "refund", "id": "re_1", "charge": "ch_1"}})
    charge = {"id": "ch_1", "created": 1}
    with hostile(list_of(refund), Answer(charge)) as stripe:
        found = [c.id for c in changed(client(stripe.url), BY_NAME["charges"], DAY)]
    assert found == ["ch_1"]


@pytest.mark.parametrize("body", [b"", b"<html>", {"message": "slow down"}])
def test_a_429_without_stripe_s_words_is_a_429(body: object) -> None:
    """It is not a fault, of which six are the end, and it slows the others down."""
    limiter, now = Limiter(25, 100, sleep=lambda _: None), iter(range(10**6))
    limiter.now = lambda: float(next(now))
    with hostile(*[Answer(body, 429)] * 9, page("a", more=False)) as stripe:
        found = Client(Stripe("tests-key", stripe.url), limiter)
        assert len(list(found.list("/v1/charges"))) == 1
    assert limiter.paces("GET /v1/charges")[0].permitted < 25


def test_seven_faults_in_a_row_are_borne() -> None:
    with hostile(*[Answer(b"", 500)] * 7, page("a", more=False)) as stripe:
        assert len(list(client(stripe.url).list("/v1/charges"))) == 1


def test_a_wait_of_years_ends_the_run() -> None:
    later = Answer({"error": {"message": "no"}}, 429, {"Retry-After": "1000000000"})
    with (
        hostile(later) as stripe,
        pytest.raises(RetriableError, match="asks to come back in 1000000000 s"),
    ):
        list(Client(Stripe("tests-key", stripe.url), Limiter(25, 100)).list("/v1/charges"))


def test_a_key_that_is_refused_as_such_is_no_missing_permission() -> None:
    """Each stream was skipped with a warning, and the run was green: nothing had been read."""
    said = "The API key provided does not allow requests from your IP address."
    with (
        hostile(error(403, message=said)) as stripe,
        pytest.raises(FatalError, match="does not allow requests from your IP") as found,
    ):
        list(client(stripe.url).list("/v1/charges"))
    assert not isinstance(found.value, PermissionMissingError)


@pytest.mark.parametrize("url", ["127.0.0.1:12111", "localhost", "https://", "api.stripe.com/v1"])
def test_a_wrong_address_is_fatal(url: str) -> None:
    with pytest.raises(FatalError, match="STRIPE_API_BASE is no address"):
        client(url)
