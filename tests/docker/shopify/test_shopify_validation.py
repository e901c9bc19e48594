"""Shopify's error shapes for bad documents and variables, as recorded."""

from typing import Any

import pytest
from shopify_local import Execute


def error(run: Execute, text: str, **variables: Any) -> dict[str, Any]:
    answer = run(text, **variables)
    assert "data" not in answer
    assert len(answer["errors"]) == 1
    return answer["errors"][0]


def test_an_unknown_field(run: Execute) -> None:
    assert error(run, "query Q { shop { id nope } }") == {
        "message": "Field 'nope' doesn't exist on type 'Shop'",
        "locations": [{"line": 1, "column": 21}],
        "path": ["query Q", "shop", "nope"],
        "extensions": {"code": "undefinedField", "typeName": "Shop", "fieldName": "nope"},
    }


def test_a_missing_argument(run: Execute) -> None:
    assert error(run, "{ order { id } }") == {
        "message": "Field 'order' is missing required arguments: id",
        "locations": [{"line": 1, "column": 3}],
        "path": ["query", "order"],
        "extensions": {
            "code": "missingRequiredArguments",
            "className": "Field",
            "name": "order",
            "arguments": "id",
        },
    }


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{ shop(x: 1) { id } }", "argumentNotAccepted"),
        ("query Q($x: ID!) { shop { id } }", "variableNotUsed"),
        ("{ order(id: $x) { id } }", "variableNotDefined"),
        ("{ shop @nope { id } }", "undefinedDirective"),
        ("{ node(id: \"gid://shopify/Order/1\") { ... on Nope { id } } }", "undefinedType"),
        ("{ shop }", "selectionMismatch"),
        ("{ orders(first: 1, sortKey: NOPE) { nodes { id } } }", "argumentLiteralsIncompatible"),
        ("{ orders(first: \"1\") { nodes { id } } }", "argumentLiteralsIncompatible"),
        ("{ order(id: \"1\") { id } }", "argumentLiteralsIncompatible"),
        (
            "mutation { tagsAdd(id: \"gid://shopify/Order/1\", tags: [1]) { node { id } } }",
            "argumentLiteralsIncompatible",
        ),
    ],
)  # fmt: skip
def test_codes(run: Execute, text: str, code: str) -> None:
    assert error(run, text)["extensions"]["code"] == code


def test_a_syntax_error(run: Execute) -> None:
    assert error(run, "{ shop { id }")["message"].startswith("syntax error, ")


@pytest.mark.parametrize(
    ("kind", "value", "explanation"),
    [
        ("ID!", None, "Expected value to not be null"),
        ("ID!", "12", "Invalid global id '12'"),
    ],
)
def test_bad_ids_in_variables(run: Execute, kind: str, value: Any, explanation: str) -> None:
    found = error(run, f"query Q($id: {kind}) {{ order(id: $id) {{ id }} }}", id=value)
    assert found["message"] == f"Variable $id of type {kind} was provided invalid value"
    assert found["locations"] == [{"line": 1, "column": 9}]
    assert found["extensions"]["code"] == "INVALID_VARIABLE"
    assert found["extensions"]["problems"][0]["explanation"] == explanation


def test_bad_input_objects(run: Execute) -> None:
    text = """mutation M($order: OrderCreateOrderInput!) {
      orderCreate(order: $order) { order { id } } }"""
    given = {"lineItems": [{"title": "a"}], "nope": 1, "currency": "ZZZ"}
    problems = error(run, text, order=given)["extensions"]["problems"]
    assert {tuple(p["path"]) for p in problems} == {
        ("nope",),
        ("lineItems", 0, "quantity"),
        ("currency",),
    }


def test_skip_include_aliases_and_fragments(run: Execute) -> None:
    text = """query Q($no: Boolean!) { a: shop { ...F email @skip(if: true) name @include(if: $no) }
      __typename } fragment F on Shop { currencyCode ... on Node { id } kind: __typename }"""
    data = run(text, no=False)["data"]
    assert data == {
        "a": {"currencyCode": "USD", "id": "gid://shopify/Shop/68000000001", "kind": "Shop"},
        "__typename": "QueryRoot",
    }


def test_introspection_is_the_official_schema(run: Execute) -> None:
    answer = run('{ __type(name: "Order") { fields { name } } }')
    assert {"name": "netPaymentSet"} in answer["data"]["__type"]["fields"]
