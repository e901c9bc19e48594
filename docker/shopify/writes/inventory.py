"""Inventory levels: set, adjust, move, activate; and the moves that orders cause."""

from dataclasses import dataclass
from typing import Any

from docker.shopify.errors import UserError
from docker.shopify.execute import Context
from docker.shopify.service import Arguments, announce, create, existing, mutation, now, save
from docker.shopify.store import Document, gid_number

MAX_QUANTITY = 1_000_000_000
STATES = (
    "available", "committed", "incoming", "on_hand", "reserved", "damaged", "safety_stock",
    "quality_control",
)  # fmt: skip
# on hand is what lies in the building: the sum of these
IN_HAND = ("available", "committed", "reserved", "damaged", "safety_stock", "quality_control")
REASONS = (
    "correction", "cycle_count_available", "damaged", "movement_canceled", "movement_created",
    "movement_received", "movement_updated", "other", "promotion", "quality_control", "received",
    "reservation_created", "reservation_deleted", "reservation_updated", "restock",
    "safety_stock", "shrinkage",
)  # fmt: skip


def level_of(context: Context, item: Document, location: str) -> Document:
    """The level of an item at a location; made, with zeros, when there is none."""
    known = item["_levels"].get(location)
    level = context.store.get(known) if known else None
    if level is None:
        number = context.store.next_id("InventoryLevel")
        gid = f"{number}?inventory_item_id={gid_number(item['id'])}"
        level = create(context, "InventoryLevel", gid, item=item["id"], location=location)
        level |= {"isActive": True, "canDeactivate": True, "_quantities": {}, "_changed": {}}
        item["_levels"][location] = gid
        context.store.put(level)
        context.store.put(item)
        announce(context, "inventory_levels/connect", level)
    return level


def change(context: Context, level: Document, name: str, delta: int) -> list[tuple[str, int]]:
    """Moves one quantity of a level and keeps `on_hand` the sum of what is in hand.

    Setting `on_hand` moves `available`. The level's own clock moves, its product's does not.
    Returns the (name, delta) changes made.
    """
    if delta == 0:
        return []
    names = [name]
    if name == "on_hand":
        names.append("available")
    elif name in IN_HAND:
        names.append("on_hand")
    for changed in names:
        level["_quantities"][changed] = level["_quantities"].get(changed, 0) + delta
        level["_changed"][changed] = now(context)
    save(context, level, "inventory_levels/update")
    return [(changed, delta) for changed in names]


@dataclass(frozen=True)
class Move:
    """A change that was made, as an adjustment group shows it."""

    level: Document
    name: str
    delta: int
    ledger: str | None = None


def _made(
    context: Context, level: Document, name: str, delta: int, ledger: str | None = None
) -> list[Move]:
    changes = change(context, level, name, delta)
    return [Move(level, n, d, ledger if n == name else None) for n, d in changes]


def _group(context: Context, given: dict[str, Any], moves: list[Move]) -> Document | None:
    """The named quantities first, then on_hand; no quantity after the change, as recorded."""
    if not moves:
        return None
    group = create(context, "InventoryAdjustmentGroup", reason=given["reason"])
    group["referenceDocumentUri"] = given.get("referenceDocumentUri")
    group["changes"] = [
        {
            "name": move.name,
            "delta": move.delta,
            "quantityAfterChange": None,
            "item": move.level["item"],
            "location": move.level["location"],
            "ledgerDocumentUri": move.ledger,
        }
        for move in sorted(moves, key=lambda move: move.name == "on_hand")
    ]
    return group


def _check_current(level: Document, name: str, entry: dict[str, Any], path: list[str]) -> None:
    """The comparison that guards against a change in between."""
    for field, code in (
        ("changeFromQuantity", "CHANGE_FROM_QUANTITY_STALE"),
        ("compareQuantity", "COMPARE_QUANTITY_STALE"),
    ):
        expected = entry.get(field)
        if expected is not None and level["_quantities"].get(name, 0) != expected:
            message = "The specified compare quantity does not match the current quantity."
            raise UserError([*path, field], message, code)


def _checked(
    context: Context, entries: list[dict[str, Any]], path: list[str]
) -> list[tuple[Document, dict[str, Any]]]:
    """(inventory item, entry) pairs; UserError with everything that cannot be found."""
    found, missing = [], None
    for index, entry in enumerate(entries):
        at = [*path, str(index)]
        item = context.store.get(entry["inventoryItemId"])
        problems = []
        if item is None:
            message = "The specified inventory item could not be found."
            code = "INVALID_INVENTORY_ITEM"
            problems.append(UserError([*at, "inventoryItemId"], message, code))
        if context.store.get(entry["locationId"]) is None:
            message = "The specified location could not be found."
            problems.append(UserError([*at, "locationId"], message, "INVALID_LOCATION"))
        for problem in problems:
            missing = missing + problem if missing else problem
        if item:
            found.append((item, entry))
    if missing:
        raise missing
    return found


def _check_quantities(entries: list[dict[str, Any]], path: list[str]) -> None:
    pairs = [(entry["inventoryItemId"], entry["locationId"]) for entry in entries]
    problem: UserError | None = None
    for index, entry in enumerate(entries):
        at = [*path, str(index)]
        if abs(entry["quantity"]) > MAX_QUANTITY:
            high = entry["quantity"] > 0
            message = f"The quantity can't be {'higher' if high else 'lower'} than "
            limit = f"{MAX_QUANTITY if high else -MAX_QUANTITY:,}."
            code = "INVALID_QUANTITY_TOO_HIGH" if high else "INVALID_QUANTITY_TOO_LOW"
            found = UserError([*at, "quantity"], message + limit, code)
            problem = problem + found if problem else found
        if pairs.count(pairs[index]) > 1:
            message = "The combination of inventoryItemId and locationId must be unique."
            code = "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"
            found = UserError([*at, "locationId"], message, code)
            problem = problem + found if problem else found
    if problem:
        raise problem


def _check_reason(given: dict[str, Any]) -> None:
    if given["reason"] not in REASONS:
        message = "The specified reason is invalid. Valid values are: " + ", ".join(REASONS) + "."
        raise UserError(["input", "reason"], message, "INVALID_REASON")


@mutation("inventorySetQuantities", "inventoryAdjustmentGroup")
def set_quantities(context: Context, arguments: Arguments) -> dict[str, Any]:
    given = arguments["input"]
    if given["name"] not in ("available", "on_hand"):
        message = "The quantity name must be either 'available' or 'on_hand'."
        raise UserError(["input", "name"], message, "INVALID_NAME")
    _check_reason(given)
    _check_quantities(given["quantities"], ["input", "quantities"])
    entries = _checked(context, given["quantities"], ["input", "quantities"])
    name = given["name"]
    levels = [(level_of(context, item, e["locationId"]), e) for item, e in entries]
    for index, (level, entry) in enumerate(levels):
        if not given.get("ignoreCompareQuantity"):
            _check_current(level, name, entry, ["input", "quantities", str(index)])
    moves: list[Move] = []
    for level, entry in levels:
        delta = entry["quantity"] - level["_quantities"].get(name, 0)
        moves += _made(context, level, name, delta)
    return {"inventoryAdjustmentGroup": _group(context, given, moves)}


@mutation("inventorySetOnHandQuantities", "inventoryAdjustmentGroup")
def set_on_hand(context: Context, arguments: Arguments) -> dict[str, Any]:
    given = arguments["input"]
    _check_reason(given)
    moves: list[Move] = []
    for item, entry in _checked(context, given["setQuantities"], ["input", "setQuantities"]):
        level = level_of(context, item, entry["locationId"])
        delta = entry["quantity"] - level["_quantities"].get("on_hand", 0)
        moves += _made(context, level, "on_hand", delta)
    return {"inventoryAdjustmentGroup": _group(context, given, moves)}


@mutation("inventoryAdjustQuantities", "inventoryAdjustmentGroup")
def adjust_quantities(context: Context, arguments: Arguments) -> dict[str, Any]:
    given = arguments["input"]
    if given["name"] not in STATES or given["name"] in ("committed", "on_hand"):
        names = ", ".join(sorted(set(STATES) - {"committed", "on_hand"}))
        message = f"The specified quantity name is invalid. Valid values are: {names}."
        raise UserError(["input", "name"], message, "INVALID_QUANTITY_NAME")
    _check_reason(given)
    entries = _checked(context, given["changes"], ["input", "changes"])
    levels = [(level_of(context, item, e["locationId"]), e) for item, e in entries]
    for index, (level, entry) in enumerate(levels):
        _check_current(level, given["name"], entry, ["input", "changes", str(index)])
    moves: list[Move] = []
    for level, entry in levels:
        ledger = entry.get("ledgerDocumentUri")
        moves += _made(context, level, given["name"], entry["delta"], ledger)
    return {"inventoryAdjustmentGroup": _group(context, given, moves)}


@mutation("inventoryMoveQuantities", "inventoryAdjustmentGroup")
def move_quantities(context: Context, arguments: Arguments) -> dict[str, Any]:
    given = arguments["input"]
    _check_reason(given)
    sides = [
        {"inventoryItemId": entry["inventoryItemId"], **entry[side]}
        for entry in given["changes"]
        for side in ("from", "to")
    ]
    moves: list[Move] = []
    for index, (item, side) in enumerate(_checked(context, sides, ["input", "changes"])):
        quantity = given["changes"][index // 2]["quantity"] * (1 if index % 2 else -1)
        level = level_of(context, item, side["locationId"])
        moves += _made(context, level, side["name"], quantity, side.get("ledgerDocumentUri"))
    inside = {(m.level["id"], m.name) for m in moves if m.name == "on_hand"}
    for gid, name in inside:
        total = sum(m.delta for m in moves if (m.level["id"], m.name) == (gid, name))
        if total == 0:  # what moves within a building stays in hand
            moves = [m for m in moves if (m.level["id"], m.name) != (gid, name)]
    return {"inventoryAdjustmentGroup": _group(context, given, moves)}


def _active_level(context: Context, arguments: Arguments) -> Document | None:
    item = context.store.get(arguments["inventoryItemId"])
    gid = item["_levels"].get(arguments["locationId"]) if item else None
    return context.store.get(gid) if gid else None


@mutation("inventoryActivate", inventoryLevel=_active_level)
def activate(context: Context, arguments: Arguments) -> dict[str, Any]:
    path, message = ["inventoryItemId"], "The product couldn't be found"
    item = existing(context, arguments["inventoryItemId"], "InventoryItem", path, message)
    location = existing(
        context, arguments["locationId"], "Location", ["locationId"], "The location can't be found"
    )
    _check_activation(item, location, arguments)
    level = level_of(context, item, location["id"])
    level["isActive"] = True
    for argument, name in (("available", "available"), ("onHand", "on_hand")):
        if arguments.get(argument) is not None:
            known = level["_quantities"].get(name, 0)
            change(context, level, name, arguments[argument] - known)
    save(context, level)
    return {"inventoryLevel": level}


def _check_activation(item: Document, location: Document, arguments: Arguments) -> None:
    available, on_hand = arguments.get("available"), arguments.get("onHand")
    start = f"The product couldn't be stocked at {location['name']} because"
    if available is not None and on_hand is not None:
        message = f"{start} not allowed to set available and on_hand quantities at the same time."
        raise UserError(["available"], message) + UserError(["onHand"], message)
    for name, quantity in (("available", available), ("onHand", on_hand)):
        if quantity is None:
            continue
        if location["id"] in item["_levels"]:
            kind = "an on_hand" if name == "onHand" else "an available"
            message = f"Not allowed to set {kind} quantity when the item is already active at the "
            raise UserError([name], message + "location.")
        if abs(quantity) > MAX_QUANTITY:
            message = f"{start} the quantity needs to be between -1 billion and 1 billion."
            raise UserError([name], message)


@mutation("inventoryItemUpdate", "inventoryItem")
def item_update(context: Context, arguments: Arguments) -> dict[str, Any]:
    path, message = ["id"], "The product couldn't be updated because it does not exist."
    item = existing(context, arguments["id"], "InventoryItem", path, message)
    given = arguments["input"]
    for name in ("tracked", "requiresShipping", "countryCodeOfOrigin", "harmonizedSystemCode"):
        if given.get(name) is not None:
            item[name] = given[name]
    if given.get("cost") is not None:
        item["unitCost"] = f"{float(given['cost'])} {context.service.settings.currency}"
    if given.get("sku") is not None:
        item["sku"] = given["sku"]
        if variant := context.store.get(item["_variant"]):
            variant["sku"] = given["sku"]
            save(context, variant)
    save(context, item, "inventory_items/update")
    return {"inventoryItem": item}


@mutation("locationAdd", "location")
def location_add(context: Context, arguments: Arguments) -> dict[str, Any]:
    given = arguments["input"]
    if not given["name"].strip():
        raise UserError(["input", "name"], "Add a location name", "BLANK")
    return {"location": add_location(context, given)}


def add_location(context: Context, given: dict[str, Any]) -> Document:
    address = given.get("address") or {}
    location = create(
        context,
        "Location",
        name=given["name"],
        address=address,
        isActive=True,
        fulfillsOnlineOrders=given.get("fulfillsOnlineOrders", True),
        shipsInventory=True,
        hasActiveInventory=False,
        isFulfillmentService=False,
        addressVerified=False,
    )
    save(context, location, "locations/create")
    return location
