"""Makes the tables of this folder from Stripe's OpenAPI description, which is too big to commit.

    go mod download -json github.com/stripe/stripe-mock@v0.203.0     # prints "Dir"
    python -m docker.stripe.data.derive "$DIR/embedded/openapi"

`parameters.json`: the accepted parameters of every operation served, as a tree of nodes
(a scalar's name, {"enum"}, {"fields","required"}, {"items"}, {"map"}, {"any_of"}).
`objects.json`: every field of every object kind, with the value an untouched object has.
`expandable.json`: the fields of every object kind that `expand[]` may name.
"""

import json
import sys
from pathlib import Path
from typing import Any

from docker.stripe.data import FOLDER

Json = dict[str, Any]

SOURCE = "github.com/stripe/stripe-mock v0.203.0, embedded/openapi/{spec3,fixtures3}.json"
KINDS = [
    "account",
    "balance",
    "balance_transaction",
    "bank_account",
    "charge",
    "checkout_session",
    "customer",
    "dispute",
    "event",
    "invoice",
    "invoice_payment",
    "invoiceitem",
    "item",
    "line_item",
    "payment_intent",
    "payment_method",
    "payout",
    "price",
    "product",
    "refund",
    "subscription",
    "subscription_item",
    "webhook_endpoint",
]
# Kinds name tables here, so one is written without its dot.
SCHEMAS = {kind: kind for kind in KINDS} | {"checkout_session": "checkout.session"}
OPERATIONS = """
GET /v1/account
GET /v1/accounts
GET /v1/accounts/{account}
GET /v1/balance
GET /v1/balance_transactions
GET /v1/balance_transactions/{id}
GET /v1/charges
GET /v1/charges/search
GET /v1/charges/{charge}
POST /v1/charges/{charge}
GET /v1/charges/{charge}/refunds
GET /v1/checkout/sessions
POST /v1/checkout/sessions
GET /v1/checkout/sessions/{session}
POST /v1/checkout/sessions/{session}/expire
GET /v1/checkout/sessions/{session}/line_items
GET /v1/customers
POST /v1/customers
GET /v1/customers/search
GET /v1/customers/{customer}
POST /v1/customers/{customer}
DELETE /v1/customers/{customer}
GET /v1/customers/{customer}/payment_methods
GET /v1/disputes
GET /v1/disputes/{dispute}
POST /v1/disputes/{dispute}
POST /v1/disputes/{dispute}/close
GET /v1/events
GET /v1/events/{id}
GET /v1/invoice_payments
GET /v1/invoice_payments/{invoice_payment}
GET /v1/invoiceitems
POST /v1/invoiceitems
GET /v1/invoiceitems/{invoiceitem}
POST /v1/invoiceitems/{invoiceitem}
DELETE /v1/invoiceitems/{invoiceitem}
GET /v1/invoices
POST /v1/invoices
GET /v1/invoices/{invoice}
POST /v1/invoices/{invoice}
DELETE /v1/invoices/{invoice}
POST /v1/invoices/{invoice}/finalize
GET /v1/invoices/{invoice}/lines
POST /v1/invoices/{invoice}/mark_uncollectible
POST /v1/invoices/{invoice}/pay
POST /v1/invoices/{invoice}/void
GET /v1/payment_intents
POST /v1/payment_intents
GET /v1/payment_intents/search
GET /v1/payment_intents/{intent}
POST /v1/payment_intents/{intent}
POST /v1/payment_intents/{intent}/cancel
POST /v1/payment_intents/{intent}/capture
POST /v1/payment_intents/{intent}/confirm
GET /v1/payment_methods
POST /v1/payment_methods
GET /v1/payment_methods/{payment_method}
POST /v1/payment_methods/{payment_method}
POST /v1/payment_methods/{payment_method}/attach
POST /v1/payment_methods/{payment_method}/detach
GET /v1/payouts
GET /v1/payouts/{payout}
POST /v1/payouts/{payout}
GET /v1/prices
POST /v1/prices
GET /v1/prices/search
GET /v1/prices/{price}
POST /v1/prices/{price}
GET /v1/products
POST /v1/products
GET /v1/products/search
GET /v1/products/{id}
POST /v1/products/{id}
DELETE /v1/products/{id}
GET /v1/refunds
POST /v1/refunds
GET /v1/refunds/{refund}
POST /v1/refunds/{refund}
GET /v1/subscription_items
GET /v1/subscription_items/{item}
GET /v1/subscriptions
POST /v1/subscriptions
GET /v1/subscriptions/{subscription_exposed_id}
POST /v1/subscriptions/{subscription_exposed_id}
DELETE /v1/subscriptions/{subscription_exposed_id}
GET /v1/webhook_endpoints
POST /v1/webhook_endpoints
GET /v1/webhook_endpoints/{webhook_endpoint}
POST /v1/webhook_endpoints/{webhook_endpoint}
DELETE /v1/webhook_endpoints/{webhook_endpoint}
""".strip().splitlines()


def parameter_node(schema: Json, other_methods: set[str]) -> Any:
    """One parameter's node; payment method types other than card stay unchecked (`any`)."""
    if "anyOf" in schema:
        return {"any_of": [parameter_node(s, other_methods) for s in schema["anyOf"]]}
    if "enum" in schema:
        return {"enum": schema["enum"]}
    kind = schema.get("type", "any")
    if kind == "array":
        return {"items": parameter_node(schema["items"], other_methods)}
    if kind != "object":
        return kind
    if isinstance(schema.get("additionalProperties"), dict):
        return {"map": parameter_node(schema["additionalProperties"], other_methods)}
    fields = {
        name: "any" if name in other_methods else parameter_node(field, other_methods)
        for name, field in schema.get("properties", {}).items()
    }
    return {"fields": fields, "required": schema.get("required", [])}


def operation_parameters(operation: Json, other_methods: set[str]) -> Json:
    """Query and form parameters of one operation, as one `fields` node."""
    form = operation.get("requestBody", {}).get("content", {})
    node: Json = parameter_node(
        form.get("application/x-www-form-urlencoded", {}).get("schema", {"type": "object"}),
        other_methods,
    )
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "query":
            node["fields"][parameter["name"]] = parameter_node(parameter["schema"], other_methods)
            node["required"] += [parameter["name"]] if parameter.get("required") else []
    if "api_version" in node["fields"]:
        node["fields"]["api_version"] = "string"  # clients are newer than the description
    return node


def untouched(schema: Json, fixture: Json) -> Json:
    """The fields that a fixture shows, with the value of an object that nobody touched."""
    empty = {"array": [], "object": {}, "integer": 0, "boolean": False}
    return {
        name: None
        if field.get("nullable")
        else fixture[name]
        if name == "object"
        else empty.get(field.get("type", ""))
        for name, field in schema["properties"].items()
        if name in fixture or name in schema.get("required", [])
    }


def write(name: str, version: str, rows: Json) -> None:
    """One row a line, so that a change of version reads well in review."""
    head = json.dumps({"source": SOURCE, "api_version": version})[:-1]
    lines = [f"  {json.dumps(key)}: {json.dumps(rows[key])}" for key in sorted(rows)]
    (FOLDER / name).write_text(head + ', "rows": {\n' + ",\n".join(lines) + "\n}}\n")


def main(folder: Path) -> None:
    spec = json.loads((folder / "spec3.json").read_text())
    fixtures = json.loads((folder / "fixtures3.json").read_text())["resources"]
    schemas = spec["components"]["schemas"]
    other_methods = set(schemas["payment_method"]["properties"]["type"]["enum"]) - {"card"}
    parameters = {
        line: operation_parameters(spec["paths"][path][method.lower()], other_methods)
        for line in OPERATIONS
        for method, path in [line.split()]
    }
    version = spec["info"]["version"]
    write("parameters.json", version, parameters)
    fixtures["dispute_evidence"] = fixtures["dispute"]["evidence"]
    kinds = [*KINDS, "dispute_evidence"]
    names = SCHEMAS | {"dispute_evidence": "dispute_evidence"}
    objects = {
        kind: untouched(schemas[names[kind]], fixtures.get(names[kind], {})) for kind in kinds
    }
    write("objects.json", version, objects)
    fields = {
        kind: sorted(schemas[name].get("x-expandableFields", [])) for kind, name in SCHEMAS.items()
    }
    write("expandable.json", version, fields)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
