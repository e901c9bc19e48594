"""Signed deliveries to a receiver on this machine, with retries."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from typing import Any

import pytest
from shopify_builders import line, order
from shopify_local import SECRET, Server

SUBSCRIBE = """mutation S($topic: WebhookSubscriptionTopic!, $hook: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $hook) {
    webhookSubscription { id topic uri format } userErrors { field message } } }"""


class Receiver:
    """Keeps (headers, body) of what arrives; answers with `statuses`, then 200."""

    def __init__(self) -> None:
        self.seen: Queue[tuple[dict[str, str], bytes]] = Queue()
        self.statuses: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.seen.put(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(outer.statuses.pop(0) if outer.statuses else 200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()


def subscribe(server: Server, topic: str, uri: str) -> Any:
    answer = server.ask(SUBSCRIBE, topic=topic, hook={"uri": uri, "format": "JSON"})
    return answer["webhookSubscriptionCreate"]


def test_an_order_is_announced_signed_and_in_rest_shape(server: Server, receiver: Receiver) -> None:
    assert subscribe(server, "ORDERS_CREATE", receiver.url)["userErrors"] == []
    made = order(server.ask, line("Tee", "20.00", 2))
    headers, body = receiver.seen.get(timeout=10)
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).digest()
    assert headers["x-shopify-hmac-sha256"] == base64.b64encode(digest).decode()
    assert headers["x-shopify-topic"] == "orders/create"
    assert {"x-shopify-webhook-id", "x-shopify-event-id", "x-shopify-triggered-at"} <= set(headers)
    content = json.loads(body)
    assert content["admin_graphql_api_id"] == made["id"]
    assert content["total_price"] == "40.00"
    assert content["line_items"][0]["quantity"] == 2


def test_a_refused_delivery_comes_again_with_the_same_id(
    server: Server, receiver: Receiver
) -> None:
    receiver.statuses = [500]
    subscribe(server, "ORDERS_CREATE", receiver.url)
    order(server.ask, line("a", "1.00"))
    first, second = receiver.seen.get(timeout=10), receiver.seen.get(timeout=10)
    assert first[1] == second[1]
    assert first[0]["x-shopify-webhook-id"] == second[0]["x-shopify-webhook-id"]


def test_addresses_that_shopify_refuses(server: Server) -> None:
    cases = {
        "ftp://example.com/hook": "Address protocol ftp:// is not supported",
        "http://example.com/hook": "Address protocol http:// is not supported",
        "https://": "Address is invalid",
    }
    for uri, message in cases.items():
        errors = subscribe(server, "SHOP_UPDATE", uri)["userErrors"]
        path = ["webhookSubscription", "callbackUrl"]
        assert errors == [{"field": path, "message": message}]
    subscribe(server, "SHOP_UPDATE", "https://example.com/a")
    again = subscribe(server, "SHOP_UPDATE", "https://example.com/a")["userErrors"]
    assert again[0]["message"] == "Address for this topic has already been taken"


def test_a_deleted_subscription_is_silent(server: Server, receiver: Receiver) -> None:
    made = subscribe(server, "ORDERS_CREATE", receiver.url)["webhookSubscription"]
    subscribe(server, "ORDERS_DELETE", receiver.url)
    delete = (
        "mutation D($id: ID!) { webhookSubscriptionDelete(id: $id) { userErrors { message } } }"
    )
    server.ask(delete, id=made["id"])
    gid = order(server.ask, line("a", "1.00"))["id"]
    server.ask("mutation D($id: ID!) { orderDelete(orderId: $id) { deletedId } }", id=gid)
    headers, body = receiver.seen.get(timeout=10)
    assert headers["x-shopify-topic"] == "orders/delete"
    assert json.loads(body) == {"id": int(gid.rpartition("/")[2])}
