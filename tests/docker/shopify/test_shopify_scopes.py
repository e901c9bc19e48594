"""Access scopes: Shopify's refusal, at the root, inside, of a count, in a bulk operation."""

from typing import Any

import pytest
from shopify_builders import line, order
from shopify_local import Execute, Server
from test_shopify_bulk import finished
from test_shopify_bulk import run as run_bulk

from docker.shopify.api import Api

ORDERS = "{ orders(first: 5) { nodes { id customer { id } } } }"


def without(api: Api, *scopes: str) -> None:
    api.service.scopes = api.service.scopes - set(scopes)


def refusal(field: str, scope: str, path: list[str], answer: dict[str, Any]) -> None:
    (error,) = answer["errors"]
    error.pop("locations", None)
    assert error == {
        "message": f"Access denied for {field} field. Required access: `{scope}` access scope.",
        "extensions": {
            "code": "ACCESS_DENIED",
            "documentation": "https://shopify.dev/api/usage/access-scopes",
            "requiredAccess": f"`{scope}` access scope.",
        },
        "path": path,
    }


@pytest.mark.parametrize(
    ("root", "scope"),
    [
        ("orders(first: 1) { nodes { id } }", "orders"),
        ("draftOrders(first: 1) { nodes { id } }", "draft_orders"),
        ("giftCards(first: 1) { nodes { id } }", "gift_cards"),
        ("ordersCount { count }", "orders"),
        ("shopifyPaymentsAccount { id }", "shopify_payments_accounts"),
    ],
)
def test_a_root_without_its_scope_is_refused(api: Api, run: Execute, root: str, scope: str) -> None:
    without(api, f"read_{scope}", f"write_{scope}")
    answer = run(f"{{ {root} }}")
    name = root.partition("(")[0].partition(" ")[0]
    assert not (answer["data"] or {}).get(name)
    refusal(name, f"read_{scope}", [name], answer)


def test_a_field_inside_is_null_with_an_error_beside_it(
    api: Api, run: Execute, ask: Execute
) -> None:
    order(ask, line("a", "1.00"), email="a@example.com")
    without(api, "read_customers", "write_customers")
    answer = run(ORDERS)
    assert [node["customer"] for node in answer["data"]["orders"]["nodes"]] == [None]
    refusal("customer", "read_customers", ["orders", "customer"], answer)


def test_a_write_scope_reads_too(api: Api, ask: Execute) -> None:
    without(api, "read_orders", "read_customers")
    assert ask(ORDERS)["orders"]["nodes"] == []


def test_an_app_is_told_what_it_was_granted(api: Api, ask: Execute) -> None:
    api.service.scopes = frozenset({"read_orders"})
    found = ask("{ currentAppInstallation { accessScopes { handle } } }")
    assert found["currentAppInstallation"]["accessScopes"] == [{"handle": "read_orders"}]


def test_a_bulk_operation_without_the_scope_fails(server: Server) -> None:
    server.admin("scopes", {"scopes": ["read_products"]})
    done = finished(server, run_bulk(server)["bulkOperation"]["id"])
    assert (done["status"], done["errorCode"], done["url"]) == ("FAILED", "ACCESS_DENIED", None)
