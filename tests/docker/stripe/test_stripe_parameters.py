"""Parameters are judged by the table made from Stripe's OpenAPI description."""

from typing import Any

import pytest

from docker.stripe import routes
from docker.stripe.errors import StripeError
from docker.stripe.parameters import OPERATIONS, check


def refused(operation: str, given: dict[str, Any]) -> dict[str, Any]:
    with pytest.raises(StripeError) as caught:
        check(operation, given)
    assert caught.value.status == 400
    assert caught.value.body["type"] == "invalid_request_error"
    return caught.value.body


def test_the_table_holds_the_operations_served_and_no_others() -> None:
    assert {operation.name for operation in routes.OPERATIONS} == set(OPERATIONS)


def test_texts_become_what_the_description_says() -> None:
    given = {"amount": "1050", "currency": "usd", "confirm": "true", "metadata": {"a": "1"}}
    typed = check("POST /v1/payment_intents", given)
    assert typed == {"amount": 1050, "currency": "usd", "confirm": True, "metadata": {"a": "1"}}


def test_an_unknown_parameter() -> None:
    body = refused("GET /v1/charges", {"color": "red"})
    assert body["message"] == "Received unknown parameter: color"
    assert (body["code"], body["param"]) == ("parameter_unknown", "color")


def test_several_unknown_parameters_and_one_inside_an_object() -> None:
    body = refused("GET /v1/charges", {"a": "1", "b": "2"})
    assert body["message"] == "Received unknown parameters: a, b"
    nested = refused("POST /v1/customers", {"address": {"street": "x"}})
    assert nested["message"] == "Received unknown parameter: address[street]"


def test_a_missing_parameter() -> None:
    body = refused("POST /v1/payment_intents", {"amount": "100"})
    assert body["message"] == "Missing required param: currency."
    assert (body["code"], body["param"]) == ("parameter_missing", "currency")


@pytest.mark.parametrize(
    ("operation", "given", "message"),
    [
        ("GET /v1/charges", {"limit": "ten"}, "Invalid integer: ten"),
        ("GET /v1/charges", {"created": "soon"}, "Invalid integer: soon"),
        ("GET /v1/charges", {"created": {"gte": "x"}}, "Invalid integer: x"),
        ("GET /v1/charges", {"limit": "1_0"}, "Invalid integer: 1_0"),
        ("GET /v1/charges", {"limit": "٥"}, "Invalid integer: ٥"),
        ("GET /v1/charges", {"expand": "customer"}, "Invalid array"),
        (
            "POST /v1/payment_intents",
            {"amount": "100", "currency": "zzz"},
            "Invalid currency: zzz. Stripe currently supports these currencies: usd, aed, ",
        ),
        ("POST /v1/customers", {"tax_exempt": "yes"}, "must be one of exempt, none, or reverse"),
        ("GET /v1/products", {"active": "1"}, "Invalid boolean: 1"),
        ("POST /v1/refunds", {"metadata": {"k" * 41: "v"}}, "a key that is 41 characters"),
        ("POST /v1/refunds", {"metadata": {"k": "v" * 501}}, "a value that is 501 characters"),
        ("POST /v1/customers", {"name": "n" * 5001}, "must be at most 5000 characters"),
    ],
)
def test_wrong_values_are_named(operation: str, given: dict[str, Any], message: str) -> None:
    assert message in refused(operation, given)["message"]


def test_a_currency_is_answered_in_small_letters_and_metadata_may_say_anything() -> None:
    given = {"amount": "100", "currency": "USD", "metadata": {"currency": "Shells"}}
    assert check("POST /v1/payment_intents", given) == given | {"amount": 100, "currency": "usd"}


def test_an_empty_text_unsets_where_the_description_allows_it() -> None:
    assert check("POST /v1/customers/{customer}", {"address": "", "metadata": ""}) == {
        "address": "",
        "metadata": "",
    }
