"""What every answer has in common: key, URL, version, request id, errors, limits, faults."""

import time

import pytest
import requests
import stripe
from stripe_local import KEY, Server


def test_a_wrong_key_is_shown_shortened(server: Server) -> None:
    wrong = "_".join(("sk", "test", "wrong" * 3 + "1234"))
    answer = requests.get(f"{server.url}/v1/charges", auth=(wrong, ""), timeout=10)
    error = answer.json()["error"]
    assert answer.status_code == 401
    assert error["type"] == "invalid_request_error"
    assert error["message"].startswith("Invalid API Key provided: sk_test_****")
    assert error["message"].endswith("1234")
    assert "wrong" not in error["message"]
    client = stripe.StripeClient(wrong, base_addresses={"api": server.url})
    with pytest.raises(stripe.AuthenticationError):
        client.v1.charges.list()


def test_no_key(server: Server) -> None:
    answer = requests.get(f"{server.url}/v1/charges", timeout=10)
    assert answer.status_code == 401
    assert answer.json()["error"]["message"].startswith("You did not provide an API key.")


def test_basic_and_bearer_are_the_same(server: Server) -> None:
    basic = requests.get(f"{server.url}/v1/charges", auth=(KEY, ""), timeout=10)
    assert basic.json() == server.get("/v1/charges").json()


def test_headers(server: Server) -> None:
    answer = server.http.get(
        f"{server.url}/v1/charges", headers={"Stripe-Version": "2026-10-28.endive"}, timeout=10
    )
    assert answer.headers["stripe-version"] == "2026-10-28.endive"
    assert answer.headers["request-id"].startswith("req_")
    assert answer.json() == {
        "object": "list",
        "data": [],
        "has_more": False,
        "url": "/v1/charges",
    }
    bad = server.http.get(
        f"{server.url}/v1/charges", headers={"Stripe-Version": "newest"}, timeout=10
    )
    assert bad.json()["error"]["message"] == "Invalid Stripe API version: newest"


def test_objects_and_urls_that_are_not_there(server: Server) -> None:
    missing = server.get("/v1/customers/cus_nope")
    assert missing.status_code == 404
    error = missing.json()["error"]
    assert (error["code"], error["message"]) == ("resource_missing", "No such customer: 'cus_nope'")
    assert error["doc_url"] == "https://stripe.com/docs/error-codes/resource-missing"
    elsewhere = server.get("/v1/teapots")
    assert elsewhere.status_code == 404
    assert elsewhere.json()["error"]["message"].startswith(
        "Unrecognized request URL (GET: /v1/teapots)."
    )


def test_a_json_body_is_refused(server: Server) -> None:
    answer = server.http.post(f"{server.url}/v1/customers", json={"name": "Ann"}, timeout=10)
    assert answer.status_code == 400
    assert "application/x-www-form-urlencoded" in answer.json()["error"]["message"]


def test_the_limit_of_one_endpoint_leaves_the_others_alone(start_server) -> None:
    server = start_server(STRIPE_ENDPOINT_RATE_LIMIT="25")
    began = time.monotonic()
    answers = [server.get("/v1/charges", limit=1) for _ in range(60)]
    other = server.get("/v1/refunds")
    permitted = 25 + 25 * (time.monotonic() - began) + 1
    passed = [a for a in answers if a.status_code == 200]
    refused = [a for a in answers if a.status_code == 429]
    assert len(passed) + len(refused) == 60
    assert 25 <= len(passed) <= permitted
    assert other.status_code == 200
    assert refused[0].headers["stripe-rate-limited-reason"] == "endpoint-rate"
    error = refused[0].json()["error"]
    assert (error["type"], error["code"]) == ("invalid_request_error", "rate_limit")
    assert error["message"].startswith("Request rate limit exceeded.")


def test_the_limit_over_all_endpoints(start_server) -> None:
    server = start_server(STRIPE_RATE_LIMIT="10", STRIPE_ENDPOINT_RATE_LIMIT="1000")
    paths = ["/v1/charges", "/v1/refunds", "/v1/customers", "/v1/payouts"]
    refused = [a for a in (server.get(paths[i % 4]) for i in range(60)) if a.status_code == 429]
    assert refused
    assert refused[0].headers["stripe-rate-limited-reason"] == "global-rate"
    client = server.client
    with pytest.raises(stripe.RateLimitError):
        [client.v1.charges.list() for _ in range(60)]


@pytest.mark.parametrize(
    ("kind", "kind_of_error"), [("500", stripe.APIError), ("429", stripe.RateLimitError)]
)
def test_faults_speak_stripe(server: Server, kind: str, kind_of_error: type[Exception]) -> None:
    rule = {"match": "GET /v1/charges", "kind": kind, "times": 1}
    server.http.post(f"{server.url}/_admin/faults", json=rule, timeout=10).raise_for_status()
    with pytest.raises(kind_of_error):
        server.client.v1.charges.list()
    assert server.client.v1.charges.list().data == []


def test_a_dropped_connection_is_one(server: Server) -> None:
    rule = {"match": "GET /v1/charges", "kind": "drop", "times": 1}
    server.http.post(f"{server.url}/_admin/faults", json=rule, timeout=10).raise_for_status()
    with pytest.raises(stripe.APIConnectionError):
        server.client.v1.charges.list()
