import pytest
from stripe_local import Local

from docker.stripe.errors import StripeError


def test_ids_become_objects_four_levels_deep(local: Local) -> None:
    customer = local.call("POST", "/v1/customers", {"name": "Ann"})
    intent = local.pay(customer=customer["id"])
    local.call("POST", "/v1/refunds", {"payment_intent": intent["id"], "amount": 100})
    paths = ["data.source.charge.customer", "data.source.payment_intent"]
    rows = local.call("GET", "/v1/balance_transactions", {"expand[]": paths})["data"]
    refund, charge = rows[0]["source"], rows[1]["source"]
    assert refund["object"] == "refund"
    assert refund["charge"]["customer"] == customer
    assert refund["payment_intent"]["id"] == intent["id"]
    assert charge["object"] == "charge"
    assert charge["customer"] == customer["id"]


def test_an_empty_reference_stays_null(local: Local) -> None:
    local.pay()
    row = local.call("GET", "/v1/charges", {"expand[]": "data.customer"})["data"][0]
    assert row["customer"] is None


def test_lists_inside_objects_appear_when_expanded(local: Local) -> None:
    intent = local.pay()
    path = f"/v1/charges/{intent['latest_charge']}"
    assert "refunds" not in local.call("GET", path)
    refunds = local.call("GET", path, {"expand[]": "refunds"})["refunds"]
    assert refunds == {"object": "list", "data": [], "has_more": False, "url": f"{path}/refunds"}


def test_a_deleted_customer_expands_to_its_stub(local: Local) -> None:
    customer = local.call("POST", "/v1/customers")
    local.pay(customer=customer["id"])
    local.call("DELETE", f"/v1/customers/{customer['id']}")
    row = local.call("GET", "/v1/charges", {"expand[]": "data.customer"})["data"][0]
    assert row["customer"] == {"id": customer["id"], "object": "customer", "deleted": True}


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("data.metadata", "This property cannot be expanded (metadata)."),
        ("data.colour", "This property cannot be expanded because it doesn't exist: colour."),
        (
            "customer",
            "This property cannot be expanded (customer). You may want to try expanding "
            "'data.customer' instead.",
        ),
        (
            "data.payment_intent.latest_charge.balance_transaction.source",
            "You cannot expand more than 4 levels of a property. Property: "
            "data.payment_intent.latest_charge.balance_transaction.source",
        ),
    ],
)
def test_what_cannot_be_expanded(local: Local, path: str, message: str) -> None:
    with pytest.raises(StripeError) as caught:
        local.call("GET", "/v1/charges", {"expand[]": path})
    assert caught.value.body["message"] == message


def test_a_bad_expand_changes_nothing(local: Local) -> None:
    with pytest.raises(StripeError, match="cannot be expanded"):
        local.call("POST", "/v1/customers", {"name": "Ann", "expand[]": "name"})
    assert local.call("GET", "/v1/customers")["data"] == []
