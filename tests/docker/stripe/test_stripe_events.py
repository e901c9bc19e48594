"""Events for every change, and their signed deliveries."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any

import pytest
import stripe
from stripe_local import Local, Server


class Receiver:
    """A webhook endpoint: deliveries in `inbox`, answered with the next of `statuses`, or 200."""

    def __init__(self) -> None:
        self.inbox: Queue[tuple[bytes, str]] = Queue()
        self.statuses: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(outer.statuses.pop(0) if outer.statuses else 200)
                self.end_headers()
                outer.inbox.put((body, self.headers["Stripe-Signature"]))

            def log_message(self, *_: Any) -> None:
                """Silence."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()


def test_every_change_leaves_an_event(local: Local) -> None:
    customer = local.call("POST", "/v1/customers", {"name": "Ann"})
    local.call("POST", f"/v1/customers/{customer['id']}", {"name": "Bea"})
    intent = local.pay(5000)
    local.call("POST", f"/v1/charges/{intent['latest_charge']}", {"metadata[a]": "1"})
    local.call("POST", "/v1/refunds", {"payment_intent": intent["id"], "amount": 100})
    events = local.call("GET", "/v1/events", {"limit": 100})["data"]
    assert [event["type"] for event in events[::-1]] == [
        "customer.created",
        "customer.updated",
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "charge.updated",
        "refund.created",
        "charge.refunded",
    ]
    updated = events[-2]["data"]
    assert updated["object"]["name"] == "Bea"
    assert updated["previous_attributes"] == {"name": "Ann"}
    assert events[0]["request"]["id"] == "req_test"
    assert local.call("GET", f"/v1/events/{events[3]['id']}") == events[3]


def test_a_change_of_nothing_leaves_none(local: Local) -> None:
    customer = local.call("POST", "/v1/customers", {"name": "Ann"})
    local.call("POST", f"/v1/customers/{customer['id']}", {"name": "Ann"})
    assert len(local.call("GET", "/v1/events")["data"]) == 1


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"type": "charge.succeeded"}, 2),
        ({"type": "charge.*"}, 3),
        ({"type": "*"}, 8),
        ({"types[]": ["charge.failed", "payment_intent.succeeded"]}, 3),
        ({"type": "payout.*"}, 0),
        ({"delivery_success": "true"}, 8),
        ({"delivery_success": "false"}, 0),
    ],
)
def test_filters(local: Local, filters: dict[str, Any], count: int) -> None:
    local.pay()
    intent = local.call("POST", "/v1/payment_intents", {"amount": 500, "currency": "usd"})
    for card in ("pm_card_chargeDeclined", "pm_card_visa"):
        form = {"payment_method": card, "return_url": "https://shop.example"}
        reply_to = f"/v1/payment_intents/{intent['id']}/confirm"
        if card == "pm_card_visa":
            local.call("POST", reply_to, form)
        else:
            with pytest.raises(Exception, match="declined"):
                local.call("POST", reply_to, form)
    assert len(local.call("GET", "/v1/events", filters | {"limit": 100})["data"]) == count


def test_events_are_visible_for_thirty_days(local: Local) -> None:
    start = datetime(2026, 9, 1, tzinfo=UTC)
    local.clock.set(start)
    local.call("POST", "/v1/customers")
    local.clock.set(start + timedelta(days=29, hours=23))
    assert len(local.call("GET", "/v1/events")["data"]) == 1
    local.clock.set(start + timedelta(days=30, hours=1))
    assert local.call("GET", "/v1/events")["data"] == []


def test_deliveries_are_signed(server: Server, receiver: Receiver) -> None:
    client = server.client
    events: Any = ["customer.created"]
    endpoint = client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": events})
    assert endpoint.secret is not None
    client.v1.products.create({"name": "not asked for"})
    customer = client.v1.customers.create({"name": "Ann"})
    body, signature = receiver.inbox.get(timeout=10)
    event = stripe.Webhook.construct_event(body, signature, endpoint.secret)  # type: ignore[no-untyped-call]
    assert event.type == "customer.created"
    assert event.data.object["id"] == customer.id
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body + b" ", signature, endpoint.secret)  # type: ignore[no-untyped-call]
    assert client.v1.webhook_endpoints.retrieve(endpoint.id).to_dict().get("secret") is None
    client.v1.webhook_endpoints.delete(endpoint.id)


def test_a_failed_delivery_is_tried_again_later(server: Server, receiver: Receiver) -> None:
    client = server.client
    receiver.statuses = [500]
    everything: Any = ["*"]
    made = client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": everything})
    client.v1.customers.create({"name": "Ann"})
    first = receiver.inbox.get(timeout=10)
    while not (failed := client.v1.events.list({"delivery_success": False}).data):
        continue  # the attempt is recorded a moment after the receiver has answered
    assert failed[0].pending_webhooks == 1
    server.set_clock(datetime.now(UTC) + timedelta(minutes=6))
    assert receiver.inbox.get(timeout=10)[0] == first[0]
    while client.v1.events.list({"delivery_success": False}).data:
        continue
    assert client.v1.events.list().data[0].pending_webhooks == 0
    client.v1.webhook_endpoints.delete(made.id)
