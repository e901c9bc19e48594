"""What every stream passes by being declared: pages of every size, loading twice, faults, late
records, the same second, deletions, any text, large records."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from lake import landed
from local_service import Service
from shopify_rows import TEXTS, Rows, pull_as_the_flow_does, text_fields

from scripts import settings
from scripts.landing.pull import Request
from scripts.landing.state import read_state
from scripts.landing.store import Store
from scripts.landing.window import Slice
from scripts.landing.writer import iso, now_utc
from scripts.shopify.client import Client
from scripts.shopify.pull import pull, read
from scripts.shopify.streams import STREAMS, Stream

# the shop is always one record; tests/scripts/shopify/test_shopify_pull.py reads it
BATTERY = [replace(stream, page_size=50) for stream in STREAMS if stream.name != "shop"]
DELETED = [stream for stream in BATTERY if stream.deletes or stream.reads == "whole"]
TIMED = [stream for stream in BATTERY if stream.reads != "whole"]
WORDED = [stream for stream in BATTERY if stream.name in TEXTS]
BEFORE_ALL = datetime(2026, 3, 1, tzinfo=UTC)
FACES = "Ünïcode 😀 𝒳 " + "\U0001f468\u200d\U0001f469\u200d\U0001f467"
every_stream = pytest.mark.parametrize("stream", BATTERY, ids=lambda stream: stream.name)


@pytest.fixture
def client(shopify_environment: dict[str, str]) -> Client:
    return Client(settings.shopify())


@pytest.fixture
def rows(shopify_server: Service, client: Client) -> Callable[[Stream], Rows]:
    return lambda stream: Rows(shopify_server, client, stream.name)


def seconds(count: int, start: datetime = BEFORE_ALL) -> list[str]:
    """Times a second apart, as Shopify keeps them."""
    return [second(start + timedelta(seconds=n)) for n in range(count)]


def second(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def ids(store: Store, stream: Stream) -> list[str]:
    return [envelope["_id"] for envelope in landed(store, "shopify", stream.name)]


@every_stream
def test_pages_of_every_size_are_read_whole(
    client: Client, rows: Callable[[Stream], Rows], stream: Stream
) -> None:
    made, filled = set[str](), rows(stream)
    everything = Slice(None, iso(now_utc() + timedelta(days=1)))
    for size in (1, 49, 50, 51, 250, 251):
        made |= set(filled.add(*seconds(size - len(made))))
        found = [change.id for change in read(client, stream, everything) if not change.deleted]
        assert (len(found), set(found)) == (size, made)


@every_stream
def test_loading_twice_lands_once_and_late_records_are_caught(
    client: Client, store: Store, rows: Callable[[Stream], Rows], stream: Stream
) -> None:
    assert pull(client, store, stream, Request()).landed in (0, 1)  # a new shop has a location
    filled, soon = rows(stream), now_utc() - timedelta(minutes=5)
    filled.add(*seconds(51, soon - timedelta(minutes=3)))
    first = pull(client, store, stream, Request())
    assert pull(client, store, stream, Request()).landed == 0
    cursor = datetime.fromisoformat(str(read_state(store, "shopify", stream.name).cursor))
    late = filled.add(second(soon))
    boundary = filled.add(second(cursor), second(cursor))
    after = pull(client, store, stream, Request())
    assert (first.landed, after.landed) == (51, 3)
    assert sorted(ids(store, stream)[-3:]) == sorted([*late, *boundary])
    assert pull(client, store, stream, Request()).landed == 0


@pytest.mark.parametrize("stream", TIMED, ids=lambda stream: stream.name)
def test_a_window_holds_its_first_and_its_last_second(
    client: Client, rows: Callable[[Stream], Rows], stream: Stream
) -> None:
    made = rows(stream).add(*seconds(5))
    first, last = (iso(BEFORE_ALL + timedelta(seconds=n)) for n in (1, 3))
    found = [change.id for change in read(client, stream, Slice(first, last))]
    assert sorted(found) == sorted(made[1:4])


@pytest.mark.parametrize("stream", TIMED, ids=lambda stream: stream.name)
def test_a_record_of_a_clock_ahead_waits_for_its_time(
    client: Client, store: Store, rows: Callable[[Stream], Rows], stream: Stream
) -> None:
    (ahead,) = rows(stream).add(second(now_utc() + timedelta(minutes=5)))
    assert pull(client, store, stream, Request()).landed == 0
    until = iso(now_utc() + timedelta(minutes=6))
    assert pull(client, store, stream, Request(until=until)).landed == 1
    assert ids(store, stream) == [ahead]


@every_stream
@pytest.mark.usefixtures("no_waiting")
def test_three_of_ten_requests_fail_and_nothing_is_lost(
    client: Client, store: Store, rows: Callable[[Stream], Rows], shopify_server: Service,
    stream: Stream,
) -> None:  # fmt: skip
    small = replace(stream, page_size=4)
    made = rows(stream).add(*seconds(21))
    kinds = {"429": {}, "500": {}, "truncate": {}, "timeout": {"delay_seconds": 0.01}}
    shopify_server.admin(
        "POST",
        "faults",
        [
            {"match": "graphql", "kind": kind, "probability": 0.08, "seed": seed} | more
            for seed, (kind, more) in enumerate(kinds.items())
        ],
    )
    pull_as_the_flow_does(client, store, small)
    struck = [fault["hits"] for fault in shopify_server.admin("GET", "faults")]
    shopify_server.admin("DELETE", "faults")
    assert sum(struck) > 0
    assert sorted(set(ids(store, stream))) == sorted(ids(store, stream))
    assert set(ids(store, stream)) == set(made)


@pytest.mark.parametrize("stream", DELETED, ids=lambda stream: stream.name)
def test_a_deleted_record_is_a_tombstone_once(
    client: Client, store: Store, rows: Callable[[Stream], Rows], stream: Stream
) -> None:
    filled = rows(stream)
    made = filled.add(*seconds(3))
    pull(client, store, stream, Request())
    filled.delete(made[1])
    assert pull(client, store, stream, Request()).landed == 1
    last = landed(store, "shopify", stream.name)[-1]
    assert (last["_id"], last["_deleted"], last["record"]["id"]) == (made[1], True, made[1])
    assert pull(client, store, stream, Request()).landed == 0


@pytest.mark.parametrize("stream", WORDED, ids=lambda stream: stream.name)
def test_any_text_and_a_large_record_arrive_unchanged(
    client: Client, store: Store, rows: Callable[[Stream], Rows], stream: Stream
) -> None:
    filled = rows(stream)
    large = FACES + "😀x" * 1_000_000  # 5 MB in UTF-8
    (plain,) = filled.add(*seconds(1), **text_fields(stream.name, FACES))
    (big,) = filled.add(*seconds(1), **text_fields(stream.name, large))
    pull(client, store, stream, Request())
    found: dict[str, Any] = {
        envelope["_id"]: envelope["record"] for envelope in landed(store, "shopify", stream.name)
    }
    assert FACES in texts(found[plain])
    assert large in texts(found[big])


def texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    return [value] if isinstance(value, str) else []
