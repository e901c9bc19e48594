"""What every stream passes by being declared in STREAMS."""

import logging
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from lake import landed, manifests
from local_service import Service
from stripe_account import (
    BY_NAME,
    PARENT,
    MemoryStore,
    last,
    parent_kind,
    run,
    seed,
    unlimited,
)

from docker.stripe.parameters import OPERATIONS
from scripts import settings
from scripts.settings import Stripe
from scripts.stripe import client as client_module
from scripts.stripe.client import Client
from scripts.stripe.streams import STREAMS, Stream

HOUR, DAY = 3600, 86400
every_stream = pytest.mark.parametrize("stream", STREAMS, ids=[s.name for s in STREAMS])


def made(stream: Stream, age: int, count: int, **fields: Any) -> list[dict[str, Any]]:
    """So many objects of so many seconds ago, a second apart; half of the prices are inactive."""
    at = int(time.time()) - age
    moment = "date" if stream.object == "invoiceitem" else "created"
    half = [{"active": n % 2 == 0} if stream.object == "price" else {} for n in range(count)]
    return [{moment: at - n, **half[n], **fields} for n in range(count)]


def told(stream: Stream, type_: str = "updated") -> str | None:
    """The type of an event that tells of a change."""
    return stream.events[0].replace("*", type_) if stream.events else None


@every_stream
@pytest.mark.parametrize("rows", [1, 49, 50, 51, 100, 101])
def test_pages_of_any_length_and_a_second_load_that_finds_nothing_new(
    client: Client, stripe_server: Service, stream: Stream, rows: int
) -> None:
    store = MemoryStore()
    ids = seed(stripe_server, stream, made(stream, DAY, rows))
    assert run(client, store, stream).landed == rows
    assert sorted(last(store, stream)) == sorted(ids)
    assert run(client, store, stream).landed == 0
    assert len(landed(store, "stripe", stream.name)) == rows


@every_stream
def test_many_slices_hold_every_row_once(
    client: Client, stripe_server: Service, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts.stripe.plan.LEAST_ROWS", 20)
    monkeypatch.setattr("scripts.stripe.plan.LEAST_SECONDS", 0)
    store = MemoryStore()
    ids = seed(stripe_server, stream, [r for d in range(24) for r in made(stream, d * DAY, 10)])
    if stream.parent:
        parents = [{"id": f"xx_p{n}", "created": 1_750_000_000 + n * DAY} for n in range(130)]
        body = {"kind": parent_kind(stream), "objects": parents}
        stripe_server.admin("POST", "seed", body)
    assert run(client, store, stream).landed == 240
    envelopes = landed(store, "stripe", stream.name)
    assert sorted(envelope["_id"] for envelope in envelopes) == sorted(ids)
    assert len([k for k in store.objects if k.startswith(f"state/stripe/{stream.name}/")]) > 2


@every_stream
def test_an_empty_account_and_an_empty_window_land_nothing(
    client: Client, stripe_server: Service, stream: Stream
) -> None:
    store = MemoryStore()
    assert run(client, store, stream).read == 0
    assert run(client, store, stream).read == 0
    if not stream.parent or stream.owner:  # else its list knows no time: a window is all there is
        seed(stripe_server, stream, made(stream, DAY, 3))
        window = {"since": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z"}
        assert run(client, store, stream, **window).landed == 0
    assert manifests(store, "stripe", stream.name) == []


@every_stream
@pytest.mark.usefixtures("no_waiting")
def test_three_in_ten_requests_that_fail_change_nothing(
    client: Client, stripe_server: Service, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "PAGE", 4)
    store = MemoryStore()
    ids = seed(stripe_server, stream, made(stream, DAY, 80))
    kinds = ("429", "500", "timeout", "truncate")
    rule = {"match": "GET /v1", "probability": 0.085, "delay_seconds": 0.01}
    faults = [{**rule, "kind": kind, "seed": 3 + n} for n, kind in enumerate(kinds)]
    stripe_server.admin("POST", "faults", faults)
    assert run(client, store, stream).landed == 80
    hits = [fault["hits"] for fault in stripe_server.admin("GET", "faults")]
    assert sum(hits) >= 5
    assert sorted(last(store, stream)) == sorted(ids)


@every_stream
def test_a_record_that_appears_late_in_the_second_of_another(
    client: Client, stripe_server: Service, stream: Stream
) -> None:
    """Its time is before the last pull's upper bound, and the same as one that is landed."""
    store = MemoryStore()
    (early,) = seed(stripe_server, stream, made(stream, 60, 1), told(stream))
    assert run(client, store, stream).landed == 1
    (late,) = seed(stripe_server, stream, made(stream, 60, 1), told(stream))
    assert run(client, store, stream).landed == 1
    assert [e["_id"] for e in landed(store, "stripe", stream.name)] == [early, late]


@every_stream
@pytest.mark.parametrize("skew", [-HOUR // 2, HOUR // 2], ids=["behind", "ahead"])
def test_a_change_while_stripe_s_clock_differs_by_half_an_hour(
    client: Client,
    stripe_server: Service,
    stream: Stream,
    skew: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if stream.name == "events":
        pytest.skip("an event never changes")
    store = MemoryStore()
    (id_,) = seed(stripe_server, stream, made(stream, 10 * DAY, 1, description="before"))
    assert run(client, store, stream).landed == 1
    there = datetime.now(UTC) + timedelta(seconds=skew)
    stripe_server.admin("POST", "clock", {"now": there.isoformat()})
    changed = made(stream, 10 * DAY, 1, id=id_, description="after")
    seed(stripe_server, stream, changed, told(stream))
    landed_at_once = run(client, store, stream).landed
    monkeypatch.setattr("scripts.landing.window.now_utc", lambda: there + timedelta(minutes=1))
    assert landed_at_once + (run(client, store, stream).landed if skew > 0 else 0) == 1
    assert last(store, stream)[id_]["record"]["description"] == "after"


@every_stream
def test_an_object_that_stripe_does_not_know_any_more_is_a_tombstone(
    client: Client, stripe_server: Service, stream: Stream
) -> None:
    if not stream.events or stream.owner:
        pytest.skip("no event tells that one is gone")
    store = MemoryStore()
    run(client, store, stream)
    thing = {"id": "xx_gone1", "object": stream.object, "created": int(time.time()) - 50 * DAY}
    event = {
        "type": told(stream, "deleted"),
        "data": {"object": thing},
        "created": int(time.time()),
    }
    stripe_server.admin("POST", "seed", {"kind": "event", "objects": [event]})
    assert run(client, store, stream).landed == 1
    envelope = last(store, stream)["xx_gone1"]
    assert envelope["_deleted"] is True
    assert envelope["record"] == {"id": "xx_gone1", "object": stream.object, "deleted": True}


@every_stream
def test_four_byte_characters_and_five_megabytes_land_as_they_were_sent(
    client: Client, stripe_server: Service, stream: Stream
) -> None:
    store = MemoryStore()
    notes = {"smile": "😀 𝒳 \u0000 \u2028 é e\u0301", "long": "ü🧾" * 850_000}
    (id_,) = seed(stripe_server, stream, made(stream, DAY, 1, metadata=notes))
    assert run(client, store, stream).landed == 1
    record = last(store, stream)[id_]["record"]
    assert record["metadata"] == notes
    expand = {"expand": list(stream.expand)} if stream.expand else {}
    named = {stream.owner: PARENT} if stream.owner else {}
    assert record == client.get(stream.path, id_, **expand) | named


@every_stream
def test_a_key_without_the_permission_skips_the_stream(
    stripe_server: Service,
    stripe_environment: dict[str, str],
    stream: Stream,
    caplog: pytest.LogCaptureFixture,
) -> None:
    key = "_".join(("rk", "test", stream.object.replace(".", "") * 2))
    stripe_server.admin("POST", "keys", {"key": key, "permissions": ["rak_none_read"]})
    client = Client(Stripe(key, settings.stripe().api_base), unlimited())
    store = MemoryStore()
    with caplog.at_level(logging.WARNING):
        assert run(client, store, stream).landed == 0
    (record,) = caplog.records
    assert f"stripe/{stream.name} is skipped" in record.getMessage()
    assert "give it the permission rak_" in record.getMessage()
    assert store.objects == {}


def test_every_event_type_is_one_that_stripe_sends() -> None:
    node = OPERATIONS["POST /v1/webhook_endpoints"]["fields"]["enabled_events"]
    known = set(node["items"]["enum"])
    for stream in BY_NAME.values():
        for type_ in stream.events:
            prefix = type_.removesuffix("*")
            assert type_ in known or any(k.startswith(prefix) and type_ != prefix for k in known)
        assert len(stream.events) <= 20
        assert len(stream.events) == 1 or not any("*" in type_ for type_ in stream.events)
