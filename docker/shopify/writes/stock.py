"""What orders do to stock: claim it, ship it, take it back."""

from docker.shopify.errors import UserError
from docker.shopify.execute import Context
from docker.shopify.store import Document
from docker.shopify.writes.inventory import change, level_of


def _tracked(context: Context, line: Document) -> Document | None:
    item = context.store.get(line["_item"]) if line["_item"] else None
    return item if item and item["tracked"] else None


def _available(context: Context, item: Document, location: str) -> int:
    level = context.store.get(item["_levels"].get(location) or "")
    return level["_quantities"].get("available", 0) if level and level["isActive"] else 0


def route(context: Context, order: Document) -> str:
    """The location that ships an order: the first that has all of it, else the one with most."""
    locations: list[str] = [
        d["id"]
        for d in context.store.all("Location")
        if d["isActive"] and d["fulfillsOnlineOrders"]
    ] or [d["id"] for d in context.store.all("Location")]
    wanted = [(i, line) for line in order["lineItems"] if (i := _tracked(context, line))]

    def lines_at(location: str) -> int:
        return sum(_available(context, i, location) >= line["quantity"] for i, line in wanted)

    return max(locations, key=lines_at)


def claim_stock(context: Context, order: Document, behaviour: str) -> None:
    """Available becomes committed, as `inventoryBehaviour` says; BYPASS leaves stock alone."""
    location = route(context, order)
    for line in order["lineItems"]:
        line["_location"] = location
    if behaviour == "BYPASS":
        return
    tracked = [(i, line) for line in order["lineItems"] if (i := _tracked(context, line))]
    if behaviour == "DECREMENT_OBEYING_POLICY":
        for item, line in tracked:
            variant = context.store.get(line["variant"] or "") or {}
            short = _available(context, item, location) < line["quantity"]
            if short and variant.get("inventoryPolicy") != "CONTINUE":
                message = "Unable to reserve inventory"
                raise UserError(["order", "lineItems"], message, "INVENTORY_CLAIM_FAILED")
    for item, line in tracked:
        level = level_of(context, item, location)
        change(context, level, "available", -line["quantity"])
        change(context, level, "committed", line["quantity"])
        line["_claimed"] = line["quantity"]


def ship_stock(context: Context, line: Document, quantity: int) -> None:
    """Committed stock leaves the building."""
    item = _tracked(context, line)
    shipped = min(quantity, line["_claimed"])
    if item and shipped:
        line["_claimed"] -= shipped
        change(context, level_of(context, item, line["_location"]), "committed", -shipped)


def return_stock(
    context: Context, line: Document, quantity: int, restock: str, location: str | None
) -> bool:
    """RETURN puts shipped goods back, CANCEL frees committed ones; whether stock was restored."""
    item = _tracked(context, line)
    if item is None:
        return restock in ("RETURN", "CANCEL")
    if restock == "RETURN":
        level = level_of(context, item, location or line["_location"])
        change(context, level, "available", quantity)
        return True
    freed = min(quantity, line["_claimed"])
    line["_claimed"] -= freed
    level = level_of(context, item, line["_location"])
    change(context, level, "committed", -freed)
    if restock == "CANCEL":
        change(context, level, "available", quantity if freed else 0)
        return True
    return False
