"""Recorded inventory changes of a real store, replayed on a local shop."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shopify_replay import CAPTURES, load, masked

from docker.shopify.api import Api

pytestmark = pytest.mark.skipif(not CAPTURES.exists(), reason=f"no captures at {CAPTURES}")
Ask = Callable[..., dict[str, Any]]
GROUP = """inventoryAdjustmentGroup { reason changes { name delta quantityAfterChange
  ledgerDocumentUri item { id } location { id } } } userErrors { field message }"""
NAMED = """inventoryAdjustmentGroup { reason referenceDocumentUri changes { name delta
  quantityAfterChange ledgerDocumentUri location { id name } } } userErrors { field message }"""
ADJUST = f"""mutation A($input: InventoryAdjustQuantitiesInput!, $idempotencyKey: String!) {{
  inventoryAdjustQuantities(input: $input) @idempotent(key: $idempotencyKey) {{ {GROUP} }} }}"""
SET = f"""mutation S($input: InventorySetQuantitiesInput!) {{
  inventorySetQuantities(input: $input) {{ {NAMED} }} }}"""
MOVE = f"""mutation M($input: InventoryMoveQuantitiesInput!) {{
  inventoryMoveQuantities(input: $input) {{ {NAMED} }} }}"""
ACTIVATE = """mutation A($inventoryItemId: ID!, $locationId: ID!, $available: Int, $onHand: Int,
    $idempotencyKey: String!) {
  inventoryActivate(inventoryItemId: $inventoryItemId, locationId: $locationId,
    available: $available, onHand: $onHand) @idempotent(key: $idempotencyKey) {
    inventoryLevel { id isActive quantities(names: ["available", "on_hand"]) {
      name quantity updatedAt } } userErrors { field message } } }"""


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.setenv("SHOPIFY_ACCESS_TOKEN", "t")
    monkeypatch.setenv("SHOPIFY_API_SECRET", "s")
    monkeypatch.setenv("SHOPIFY_PLAN", "enterprise")
    api = Api(tmp_path)

    def execute(query: str, variables: dict[str, Any], version: str = "2026-04") -> dict[str, Any]:
        answer = api.execute(version, query, variables, None)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    return execute


def places(ask: Ask) -> tuple[str, str, str]:
    """An inventory item with no stock and the two locations of the recorded shop."""
    add = """mutation L($name: String!) { locationAdd(input: {name: $name, address: {
      countryCode: CA}}) { location { id } } }"""
    second = ask(add, {"name": "My Custom Location"})["locationAdd"]["location"]["id"]
    first = ask("{ locations(first: 1) { nodes { id } } }", {})["locations"]["nodes"][0]["id"]
    make = """mutation P { productCreate(product: {title: "x"}) { product {
      variants(first: 1) { nodes { inventoryItem { id } } } } } }"""
    product = ask(make, {})["productCreate"]["product"]
    return product["variants"]["nodes"][0]["inventoryItem"]["id"], first, second


def test_setting_and_moving(ask: Ask) -> None:
    evidence = load("inventory-quantity-roots-parity.json")["mutationEvidence"]
    item, first, second = places(ask)
    recorded = evidence["inventorySetQuantitiesAvailable"]
    given = dict(recorded["variables"]["input"])
    given["quantities"] = [
        dict(entry, inventoryItemId=item, locationId=place)
        for entry, place in zip(given["quantities"], (first, second), strict=True)
    ]
    answer = ask(SET, {"input": given}, "2025-10")
    assert masked(answer) == masked(recorded["response"]["data"])

    recorded = evidence["inventoryMoveQuantitiesAvailableToDamaged"]
    given = dict(recorded["variables"]["input"])
    entry = dict(given["changes"][0], inventoryItemId=item)
    entry |= {side: entry[side] | {"locationId": first} for side in ("from", "to")}
    answer = ask(MOVE, {"input": given | {"changes": [entry]}}, "2025-10")
    assert masked(answer) == masked(recorded["response"]["data"])


@pytest.mark.parametrize(
    "case", ["damaged", "reserved", "qualityControl", "safetyStock", "incoming"]
)
def test_adjusting_what_on_hand_is_made_of(ask: Ask, case: str) -> None:
    recorded = load("inventory-adjust-on-hand-name-mirrors.json")["cases"][case]
    item, first, _ = places(ask)
    variables = dict(recorded["variables"])
    given = dict(variables["input"])
    given["changes"] = [dict(given["changes"][0], inventoryItemId=item, locationId=first)]
    answer = ask(ADJUST, variables | {"input": given})
    expected = recorded["response"]["payload"]["data"] if "payload" in recorded["response"] else (
        recorded["response"]["data"]
    )  # fmt: skip
    assert masked(answer) == masked(expected)


def test_activating(ask: Ask) -> None:
    cases = load("inventory-activate-on-hand.json")["cases"]
    item, _, second = places(ask)
    other = places(ask)[0]
    for name, at in (
        ("availableOnHandConflict", other),
        ("onHandOutOfRange", other),
        ("activateOnHand", item),
        ("alreadyActiveOnHand", item),
    ):
        variables = cases[name]["variables"] | {"inventoryItemId": at, "locationId": second}
        answer = ask(ACTIVATE, {"available": None, "onHand": None} | variables)
        response = cases[name]["response"]
        expected = response.get("payload", response)["data"]
        assert masked(answer) == masked(expected), name
