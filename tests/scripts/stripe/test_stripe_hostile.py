"""Answers that the local Stripe never gives: proxies before it, and lists that do not end."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hostile import Answer, hostile
from stripe_account import unlimited

from scripts.errors import FatalError, RetriableError
from scripts.settings import Stripe
from scripts.stripe.client import Client, MissingError

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


@pytest.mark.parametrize("pages", [[page(more=True)], [page("a", more=True), page(more=True)]])
def test_more_after_an_empty_page_ends_in_an_error(pages: list[Answer]) -> None:
    with hostile(*pages) as stripe, pytest.raises(RetriableError, match="an empty page"):
        list(client(stripe.url).list("/v1/charges"))


def charge(*refunds: str) -> dict[str, Any]:
    rows = [{"id": id_} for id_ in refunds]
    inner = {"data": rows, "has_more": True, "url": "/v1/charges/ch_1/refunds"}
    return {"id": "ch_1", "refunds": inner}


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


@pytest.mark.parametrize("body", [[], None, "charge"])
def test_an_answer_that_is_no_object_is_asked_for_again(body: object) -> None:
    with hostile(Answer(body), Answer({"id": "ch_1"})) as stripe:
        assert client(stripe.url).get("/v1/charges", "ch_1") == {"id": "ch_1"}
