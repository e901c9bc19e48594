"""Stripe's own OpenAPI description as the judge of what the service answers.

The field tables are always checked. The whole description is too big to commit: it comes in a Go
module, and the full check runs where a Go toolchain is to be had.
"""

import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from stripe_local import Local

from docker.stripe import routes
from docker.stripe.call import Call
from docker.stripe.data import FOLDER, derive
from docker.stripe.objects import API_VERSION, UNTOUCHED
from docker.stripe.resources.sessions import complete

MODULE = "github.com/stripe/stripe-mock@v0.203.0"
DOWNLOAD_SECONDS = 120
# What a list or search cannot do without, by the last step of its path.
QUERIES: dict[str, dict[str, str]] = {"search": {"query": "created>0"}}


def activity(local: Local) -> list[tuple[str, Any]]:
    """`(operation, answer)` of a bit of everything."""
    answers: list[tuple[str, Any]] = []

    def call(operation: str, params: dict[str, Any] | None = None, id_: str = "") -> Any:
        method, path = operation.split(" ")
        steps = [id_ if step.startswith("{") else step for step in path.split("/")]
        body = local.call(method, "/".join(steps), params)
        answers.append((operation, body))
        return body

    local.clock.set(datetime(2026, 9, 1, 12, tzinfo=UTC))
    address = {"address[city]": "Rome", "shipping[name]": "A", "shipping[address][line1]": "1"}
    customer = call("POST /v1/customers", {"email": "a@shop.example"} | address)["id"]
    call("POST /v1/customers/{customer}", {"phone": "1"}, customer)
    card = {"type": "card", "card[token]": "tok_visa"}
    method = call("POST /v1/payment_methods", card)["id"]
    attach = "POST /v1/payment_methods/{payment_method}/attach"
    call(attach, {"customer": customer}, method)
    payment = {"currency": "usd", "payment_method_types[]": "card", "confirm": "true"}
    make = "POST /v1/payment_intents"
    paid = call(make, payment | {"amount": 5000, "customer": customer, "payment_method": method})
    for name in ("pm_card_createDispute", "pm_card_threeDSecure2Required"):
        call(make, payment | {"amount": 900, "payment_method": name})
    held = call(
        make,
        payment | {"amount": 800, "payment_method": "pm_card_amex", "capture_method": "manual"},
    )
    call("POST /v1/payment_intents/{intent}/capture", {"amount_to_capture": 500}, held["id"])
    refund = call("POST /v1/refunds", {"payment_intent": paid["id"], "amount": 100})
    call("POST /v1/refunds/{refund}", {"metadata[a]": "1"}, refund["id"])
    product = call("POST /v1/products", {"name": "Shirt"})["id"]
    call("POST /v1/prices", {"product": product, "currency": "usd", "unit_amount": 5})
    monthly = {
        "product": product,
        "currency": "usd",
        "unit_amount": 5,
        "recurring[interval]": "month",
    }
    call("POST /v1/prices", monthly)
    visit(local, subscribe(call, customer, method, product))
    hook = {"url": "http://127.0.0.1:9/x", "enabled_events[]": "charge.failed"}
    call("POST /v1/webhook_endpoints", hook)
    local.clock.set(datetime(2026, 9, 9, tzinfo=UTC))
    for operation in routes.OPERATIONS:
        if operation.name.startswith("GET") and "{" not in operation.name:
            call(operation.name, QUERIES.get(operation.name.rpartition("/")[2], {}))
    expanded = ["data.source"]
    call("GET /v1/balance_transactions", {"limit": 100, "expand[]": expanded})
    charge_paths = ["data.refunds", "data.customer", "data.balance_transaction"]
    call("GET /v1/charges", {"limit": 100, "expand[]": charge_paths})
    return answers


def visit(local: Local, session: Any) -> None:
    """What a browser does."""
    call = Call(local.store, local.service.now(), "POST", "", {}, {}, API_VERSION, "")
    with local.store.transaction():
        complete(call, session, "pm_card_visa", "a@shop.example")


def subscribe(call: Any, customer: str, method: str, product: str) -> Any:
    """A subscription with a proration, an invoice of one's own, and a checkout to be visited."""
    default = {"invoice_settings[default_payment_method]": method}
    call("POST /v1/customers/{customer}", default, customer)
    price = call(
        "POST /v1/prices",
        {"product": product, "currency": "usd", "unit_amount": 900, "recurring[interval]": "week"},
    )["id"]
    item = {"items[0][price]": price}
    subscription = call("POST /v1/subscriptions", {"customer": customer, **item})
    QUERIES["subscription_items"] = {"subscription": subscription["id"]}
    more = {"items[0][id]": subscription["items"]["data"][0]["id"], "items[0][quantity]": 3}
    call("POST /v1/subscriptions/{subscription_exposed_id}", more, subscription["id"])
    invoice = call("POST /v1/invoices", {"customer": customer})["id"]
    extra = {"customer": customer, "amount": 700, "currency": "usd", "invoice": invoice}
    call("POST /v1/invoiceitems", extra)
    call("POST /v1/invoices/{invoice}/pay", {"expand[]": "payments"}, invoice)
    call("GET /v1/invoices/{invoice}/lines", {}, invoice)
    line = {
        "line_items[0][price_data][currency]": "usd",
        "line_items[0][price_data][unit_amount]": 1500,
        "line_items[0][price_data][product_data][name]": "Hat",
    }
    page = {"mode": "payment", "success_url": "https://a.example"}
    session = call("POST /v1/checkout/sessions", page | line | {"expand[]": "line_items"})["id"]
    call("GET /v1/checkout/sessions/{session}/line_items", {}, session)
    call("POST /v1/checkout/sessions/{session}/expire", {}, session)
    return call(
        "POST /v1/checkout/sessions", {"mode": "payment", "success_url": "https://a", **line}
    )


def rows(body: Any) -> list[Any]:
    return body["data"] if body.get("object") in ("list", "search_result") else [body]


def test_every_object_has_every_field_that_stripe_shows(local: Local) -> None:
    seen = set()
    for _, body in activity(local):
        for row in rows(body):
            kind = row["object"].replace(".", "_")
            seen.add(kind)
            missing = set(UNTOUCHED[kind]) - set(row) - {"refunds", "connect_reserved"}
            assert not missing, (kind, missing)
    assert seen == set(UNTOUCHED) - {"bank_account", "dispute_evidence"}


@pytest.fixture(scope="module")
def openapi() -> Path:
    """The folder of Stripe's OpenAPI description."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("no OpenAPI description: no Go toolchain (`go` is not on the PATH)")
    argv = [go, "mod", "download", "-json", MODULE]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=DOWNLOAD_SECONDS)
    except subprocess.TimeoutExpired:
        pytest.skip(f"no OpenAPI description: {MODULE} took over {DOWNLOAD_SECONDS} s")
    if done.returncode:
        pytest.skip(f"no OpenAPI description: {MODULE} cannot be downloaded")
    return Path(json.loads(done.stdout)["Dir"]) / "embedded" / "openapi"


def test_the_tables_are_what_the_description_says(
    openapi: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(derive, "FOLDER", tmp_path)
    derive.main(openapi)
    for name in ("parameters.json", "objects.json", "expandable.json"):
        assert (tmp_path / name).read_text() == (FOLDER / name).read_text(), name


def test_answers_match_the_official_description(local: Local, openapi: Path) -> None:
    description = json.loads((openapi / "spec3.json").read_text())
    for operation, body in activity(local):
        method, path = operation.split(" ")
        answer = description["paths"][path][method.lower()]["responses"]["200"]
        schema = answer["content"]["application/json"]["schema"]
        assert faults(description["components"]["schemas"], schema, body, operation) == []


def faults(schemas: dict[str, Any], schema: Any, value: Any, where: str) -> list[str]:
    """What of `value` the schema does not allow."""
    if "$ref" in schema:
        return faults(schemas, schemas[schema["$ref"].rpartition("/")[2]], value, where)
    if value is None and schema.get("nullable"):
        return []
    if "anyOf" in schema:
        return min((faults(schemas, s, value, where) for s in schema["anyOf"]), key=len)
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where}: {value!r} is not one of the enum"]
    kinds = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}
    kind = kinds.get(schema.get("type", ""), object)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        return [f"{where}: {value!r} is not of type {schema['type']}"]
    if kind is list:
        each = enumerate(value)
        return [
            f for i, item in each for f in faults(schemas, schema["items"], item, f"{where}[{i}]")
        ]
    if kind is not dict:
        return []
    fields = schema.get("properties", {})
    found = [
        f"{where}: {name} is missing" for name in schema.get("required", []) if name not in value
    ]
    for name, item in value.items():
        if name in fields:
            found += faults(schemas, fields[name], item, f"{where}.{name}")
        elif fields:
            found.append(f"{where}: {name} is not a field")
    return found
