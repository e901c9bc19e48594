"""silver.inventory_*: stock now, every state of it that was seen, and counts that people drop."""

from spark_jobs.silver.sql import bare_day, believable, below, identifier, text, time, whole
from spark_jobs.silver.table import Table

_LEVEL_SCHEMA = """id STRING, isActive BOOLEAN, updatedAt STRING,
location STRUCT<id: STRING, name: STRING>,
item STRUCT<id: STRING, sku: STRING, tracked: BOOLEAN, variant: STRUCT<id: STRING, title: STRING,
  product: STRUCT<id: STRING, title: STRING>>>,
quantities ARRAY<STRUCT<name: STRING, quantity: BIGINT, updatedAt: STRING>>"""


def _quantity(name: str) -> str:
    return f"get(filter(r.quantities, q -> q.name = '{name}'), 0).quantity"


# A quantity can change after the level's own updatedAt was set; the latest of them is the truth.
_CHANGED = f"""greatest({time("r.updatedAt")},
array_max(transform(r.quantities, q -> {time("q.updatedAt")})))"""
_LEVEL_COLUMNS = {
    "inventory_item_id": identifier("r.item.id"),
    "location_id": identifier("r.location.id"),
    "location_name": "r.location.name",
    "sku": text("r.item.sku"),
    "variant_id": identifier("r.item.variant.id"),
    "variant_title": "r.item.variant.title",
    "product_id": identifier("r.item.variant.product.id"),
    "product_title": "r.item.variant.product.title",
    "tracked": "coalesce(r.item.tracked, true)",
    "active": "coalesce(r.isActive, true)",
    "available": _quantity("available"),
    "on_hand": _quantity("on_hand"),
    "committed": _quantity("committed"),
    "incoming": _quantity("incoming"),
    "updated_at": _CHANGED,
}
_SMALL = below(10**12, "available", "on_hand", "committed", "incoming")
_LEVEL_EXPECTATIONS = {
    "inventory item or location is missing": "inventory_item_id <> '' AND location_id <> ''",
    "updatedAt is missing": "updated_at IS NOT NULL",
    "updatedAt is before 1990 or after 2100": f"coalesce({believable('updated_at')}, true)",
    "a quantity is too large": _SMALL,
}

LEVELS = Table(
    name="inventory_levels",
    streams=("shopify_inventory_levels",),
    schema=_LEVEL_SCHEMA,
    columns=_LEVEL_COLUMNS,
    key=("inventory_item_id", "location_id"),
    changed_at="updated_at",
    comment="Stock of an item at a location, now",
    expectations=_LEVEL_EXPECTATIONS,
)

HISTORY = Table(
    name="inventory_history",
    streams=("shopify_inventory_levels",),
    schema=_LEVEL_SCHEMA,
    columns=_LEVEL_COLUMNS,
    key=("inventory_item_id", "location_id", "updated_at"),
    changed_at="updated_at",
    clustered=("updated_at",),
    comment="Every state of a stock level that a pull has seen",
    expectations=_LEVEL_EXPECTATIONS,
)

COUNTS = Table(
    name="inventory_counts",
    streams=("files_inventory",),
    schema="""timestamp STRING, product_title STRING, variant_title STRING, sku STRING,
    location_id STRING, location_name STRING, available STRING, on_hand STRING, committed STRING,
    incoming STRING""",
    columns={
        "counted_at": time("r.timestamp"),
        "counted_on": bare_day("r.timestamp"),
        "location_id": identifier("r.location_id"),
        "location_name": text("r.location_name"),
        "sku": text("r.sku"),
        "product_title": text("r.product_title"),
        "variant_title": text("r.variant_title"),
        "item": "coalesce(nullif(trim(r.sku), ''), "
        "concat_ws(' / ', nullif(trim(r.product_title), ''), nullif(trim(r.variant_title), '')))",
        "available": whole("r.available"),
        "on_hand": whole("r.on_hand", "r.available"),
        "committed": whole("r.committed"),
        "incoming": whole("r.incoming"),
    },
    key=("counted_at", "location_id", "item"),
    changed_at="counted_at",
    comment="Counts of a warehouse, as dropped; an empty `available` is an item not tracked",
    expectations={
        "timestamp is missing or no time": "counted_at IS NOT NULL",
        "timestamp is before 1990 or after 2100": f"coalesce({believable('counted_at')}, true)",
        "a quantity is too large": below(10**12, "available", "on_hand", "committed", "incoming"),
        "location_id is missing": "location_id <> ''",
        "sku and product_title are both missing": "item <> ''",
    },
    meanings={"counted_on": "The day of the count where the file says no time; NULL with a time"},
)
