"""The same key gives the same answer, whatever happens in between."""

import socket
from datetime import UTC, datetime, timedelta

import pytest
import stripe
from stripe_local import KEY, Server

FORM = {
    "amount": "5000",
    "currency": "usd",
    "payment_method": "pm_card_visa",
    "payment_method_types[]": "card",
    "confirm": "true",
}


def test_the_same_key_replays_the_answer(server: Server) -> None:
    first = server.post("/v1/payment_intents", FORM, **{"Idempotency-Key": "order-1"})
    again = server.post("/v1/payment_intents", FORM, **{"Idempotency-Key": "order-1"})
    assert again.content == first.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["original-request"] == first.headers["request-id"]
    assert again.headers["idempotency-key"] == "order-1"
    assert len(server.get("/v1/charges").json()["data"]) == 1


def test_a_decline_is_replayed_too(server: Server) -> None:
    form = FORM | {"payment_method": "pm_card_chargeDeclined"}
    first = server.post("/v1/payment_intents", form, **{"Idempotency-Key": "order-2"})
    again = server.post("/v1/payment_intents", form, **{"Idempotency-Key": "order-2"})
    assert (first.status_code, again.status_code) == (402, 402)
    assert again.content == first.content
    assert len(server.get("/v1/payment_intents").json()["data"]) == 1


def test_other_parameters_and_other_endpoints_are_refused(server: Server) -> None:
    client = server.client
    options: stripe.RequestOptions = {"idempotency_key": "order-3"}
    client.v1.customers.create({"name": "Ann"}, options)
    with pytest.raises(stripe.IdempotencyError, match="same parameters they were first used"):
        client.v1.customers.create({"name": "Bob"}, options)
    with pytest.raises(stripe.IdempotencyError, match=r"used for \('/v1/customers'\)"):
        client.v1.products.create({"name": "Ann"}, options)


def test_a_request_that_never_began_does_not_use_up_its_key(server: Server) -> None:
    key = {"Idempotency-Key": "order-4"}
    assert server.post("/v1/customers", {"colour": "red"}, **key).status_code == 400
    assert server.post("/v1/customers", {"name": "Ann"}, **key).status_code == 200


def test_a_key_is_forgotten_after_a_day(server: Server) -> None:
    key = {"Idempotency-Key": "order-5"}
    first = server.post("/v1/customers", {"name": "Ann"}, **key).json()
    server.set_clock(datetime.now(UTC) + timedelta(hours=23))
    assert server.post("/v1/customers", {"name": "Ann"}, **key).json() == first
    server.set_clock(datetime.now(UTC) + timedelta(hours=25))
    assert server.post("/v1/customers", {"name": "Ann"}, **key).json()["id"] != first["id"]


def test_a_second_request_meanwhile_gets_a_409(server: Server) -> None:
    head = (
        "POST /v1/customers HTTP/1.1\r\nHost: local\r\nIdempotency-Key: order-6\r\n"
        f"Authorization: Bearer {KEY}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        "Expect: 100-continue\r\nContent-Length: 8\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port)) as first:
        first.sendall(head.encode())
        assert b"100 Continue" in first.recv(1000)  # the server holds the key from here on
        second = server.post("/v1/customers", {"name": "Ann"}, **{"Idempotency-Key": "order-6"})
        assert second.status_code == 409
        error = second.json()["error"]
        assert (error["type"], error["code"]) == ("idempotency_error", "idempotency_key_in_use")
        first.sendall(b"name=Ann")
        answer = b"".join(iter(lambda: first.recv(65536), b""))
    assert b"200 OK" in answer
    third = server.post("/v1/customers", {"name": "Ann"}, **{"Idempotency-Key": "order-6"})
    assert third.headers["idempotent-replayed"] == "true"
