"""What a request may say, what is said to a bad one, and its windows."""

import itertools
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.backfill.request import WINDOWS, Backfill, Source, parse, windows
from scripts.backfill.sources import SOURCES
from scripts.errors import FatalError
from scripts.landing.writer import iso

KNOWN = {"shop": Source(("shop", "orders", "customers"), whole=("shop",))}
GOOD = {"source": "shop", "streams": ["orders"], "since": "2026-01-01", "until": "2026-02-01"}


def asked(**changes: object) -> str:
    return orjson.dumps({**GOOD, **changes}).decode()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the body is not JSON"),
        ("{", "the body is not JSON"),
        (asked(streams=["x" * 50_000]), "the body is longer than 40000 bytes"),
        ('{"source": "\\ud83d"}', "the body is not JSON: .*surrogate"),
        ("[" * 30_000, "the body is not JSON: "),
        ('"not {json"', "the body is not a JSON object"),
        ("[1]", "the body is not a JSON object with the fields source, streams, since, until"),
        (asked(source="ebay"), "source is 'ebay': choose from shop"),
        (asked(source=None), "source is None"),
        (asked(source=["shop"]), "source is .'shop'.: choose from shop"),
        (asked(extra=1), r"unknown fields \['extra'\]"),
        (asked(streams=["unicorns"]), r"unknown streams \['unicorns'\]: choose from shop, orders"),
        (asked(streams=[1]), "streams is not a list of names"),
        (asked(streams={"a": 1}), "streams is not a list of names"),
        (asked(streams={}), "streams is not a list of names"),
        (asked(streams=0), "streams is not a list of names"),
        (asked(streams=False), "streams is not a list of names"),
        (asked(since=""), "since is missing"),
        (asked(until=None), "until is missing"),
        (asked(since="yesterday"), "since is not an ISO 8601 time: 'yesterday'"),
        (asked(since="0001-01-01T00:00:00+05:00"), "since is not an ISO 8601 time"),
        (asked(until="9999-12-31T23:59:59-05:00"), "until is not an ISO 8601 time"),
        (asked(since="0001-01-01"), "since 0001-01-01.* is before 1970"),
        (asked(since="2026-03-01"), "since 2026-03-01.* is not before until 2026-02-01"),
        (asked(until="2999-01-01"), "until 2999-01-01.* is in the future"),
        (asked().replace("{", '{"since": "2020-01-01",'), "the body names a field twice"),
    ],
)
def test_a_bad_request_is_told_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(FatalError, match=said):
        parse(text, KNOWN)


def test_the_same_request_has_the_same_id_however_it_is_written() -> None:
    first = parse(asked(streams=["orders", "customers"]), KNOWN)
    same = parse(asked(streams="customers, orders", since="2026-01-01T01:00:00+01:00"), KNOWN)
    assert first.id == same.id
    assert parse(asked(), KNOWN).id != first.id
    assert parse(asked(streams=[]), KNOWN).streams == KNOWN["shop"].streams


moments = st.datetimes(datetime(2010, 1, 1), datetime(2025, 1, 1), timezones=st.just(UTC))


@given(since=moments, length=st.timedeltas(timedelta(seconds=2), timedelta(days=3000)))
def test_windows_cover_every_moment_once(since: datetime, length: timedelta) -> None:
    since = since.replace(microsecond=0)
    backfill = Backfill("shop", ("orders",), iso(since), iso(since + length))
    found = windows(backfill, KNOWN["shop"])
    assert (found[0]["since"], found[-1]["until"]) == (backfill.since, backfill.until)
    assert len(found) <= WINDOWS + 1
    for first, second in itertools.pairwise(found):
        gap = datetime.fromisoformat(second["since"]) - datetime.fromisoformat(first["until"])
        assert gap == timedelta(microseconds=1)
        assert second["since"].endswith(".000000Z")  # Stripe rounds down
    assert all(window["since"] <= window["until"] for window in found)


def test_streams_without_windows_are_read_once_at_the_end() -> None:
    backfill = parse(asked(streams=["shop", "orders"]), KNOWN)
    found = windows(backfill, KNOWN["shop"])
    assert len(found) == 30
    assert [window["streams"] for window in found[:-1]] == ["orders"] * 29
    assert found[-1]["streams"] == "shop,orders"
    only = windows(parse(asked(streams=["shop"]), KNOWN), KNOWN["shop"])
    assert [window["streams"] for window in only] == ["shop"]


def test_what_costs_as_much_in_each_window_is_read_in_one() -> None:
    """Each of thirty windows of a year asked every customer of Stripe for payment methods."""
    year = {"source": "stripe", "since": "2025-01-01", "until": "2026-01-01"}
    asked_for = orjson.dumps(year | {"streams": ["charges", "payment_methods"]})
    found = windows(parse(asked_for, SOURCES), SOURCES["stripe"])
    assert [window["streams"] for window in found] == ["charges"] * 30 + ["payment_methods"]
    assert (found[-1]["since"][:10], found[-1]["until"][:10]) == ("2025-01-01", "2026-01-01")
    alone = orjson.dumps(year | {"streams": "payment_methods"})
    only = windows(parse(alone, SOURCES), SOURCES["stripe"])
    assert only == found[-1:]


def test_the_real_sources_are_offered() -> None:
    assert set(SOURCES) >= {"shopify", "stripe"}
    assert "orders" in SOURCES["shopify"].streams
    assert set(SOURCES["shopify"].whole) < set(SOURCES["shopify"].streams)
