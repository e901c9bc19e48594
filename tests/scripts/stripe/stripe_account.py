"""What the tests of the Stripe pull share: an account filled at once, a bucket in memory."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import stripe
from lake import landed
from local_service import Service

from scripts.landing.pull import Result
from scripts.landing.state import read_state, write_state
from scripts.landing.store import LostRaceError, Store
from scripts.landing.window import Request
from scripts.landing.writer import iso
from scripts.stripe.client import Client
from scripts.stripe.limiter import Limiter
from scripts.stripe.pull import pull
from scripts.stripe.streams import STREAMS, Stream

PARENT = "xx_seed0"
BY_NAME = {stream.name: stream for stream in STREAMS}
NAMES = [stream.name for stream in STREAMS]
At = Callable[[timedelta], None]


class MemoryStore(Store):
    """The bucket's calls on a dictionary, with its one rule: what exists is not created."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def upload(self, path: Path, key: str) -> None:
        self.objects[key] = path.read_bytes()

    def create(self, key: str, document: dict[str, object]) -> None:
        if key in self.objects:
            raise LostRaceError(key)
        self.objects[key] = orjson.dumps(document)

    def read(self, key: str) -> bytes:
        return self.objects[key]

    def download(self, key: str, path: Path) -> None:
        path.write_bytes(self.objects[key])

    def list(self, prefix: str, after: str = "") -> Any:
        return iter(sorted(key for key in self.objects if key.startswith(prefix) and key > after))

    def delete(self, keys: Any) -> None:
        for key in keys:
            del self.objects[key]


def unlimited() -> Limiter:
    """No pace, and pauses that take no time."""
    time = [0.0]

    def sleep(seconds: float) -> None:
        time[0] += seconds

    return Limiter(1e9, 1e9, now=lambda: time[0], sleep=sleep)


def run(client: Client, store: Store, stream: Stream, **window: Any) -> Result:
    return pull(client, store, stream, Request(**window))


def last(store: Store, stream: Stream | str) -> dict[str, dict[str, Any]]:
    """Envelope by id, the last one landed."""
    name = stream if isinstance(stream, str) else stream.name
    return {envelope["_id"]: envelope for envelope in landed(store, "stripe", name)}


def seed(
    service: Service, stream: Stream, objects: list[dict[str, Any]], event: str | None = None
) -> list[str]:
    """Objects of the stream, whole or in part, in the account; returns their ids."""
    kind = stream.object.replace(".", "_")
    if stream.parent:
        objects = [{parent_kind(stream): PARENT, **fields} for fields in objects]
    of_row = None if stream.owner else event
    body = {"kind": kind, "objects": objects, "event": of_row}
    ids: list[str] = service.admin("POST", "seed", body)["ids"]
    if stream.parent:
        parent = {"id": PARENT, **stream.having}
        of_parent = event if stream.owner else None
        body = {"kind": parent_kind(stream), "objects": [parent], "event": of_parent}
        service.admin("POST", "seed", body)
    return ids


def parent_kind(stream: Stream) -> str:
    """`/v1/customers` → `customer`, which is also the field that names it."""
    assert stream.parent
    return stream.parent.rpartition("/")[2].removesuffix("s")


def official(url: str, key: str) -> stripe.StripeClient:
    """The official client, for what a shop does."""
    return stripe.StripeClient(key, base_addresses={"api": url}, max_network_retries=0)


def pay(account: stripe.StripeClient, amount: int, **more: Any) -> Any:
    given: Any = {
        "amount": amount,
        "currency": "usd",
        "payment_method": "pm_card_visa",
        "payment_method_types": ["card"],
        "confirm": True,
        **more,
    }
    return account.v1.payment_intents.create(given)


def pull_all(client: Client, store: Store, *names: str) -> dict[str, int]:
    """Rows landed by stream."""
    chosen = [stream for stream in STREAMS if stream.name in (names or NAMES)]
    return {stream.name: pull(client, store, stream, Request()).landed for stream in chosen}


def back_to(store: Store, stream: str, moment: datetime) -> None:
    """The stream's cursor, as if it had last been pulled then."""
    state = read_state(store, "stripe", stream)
    state = replace(state, generation=state.generation + 1, cursor=iso(moment))
    write_state(store, "stripe", stream, state)
