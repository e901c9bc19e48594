"""What is sold, beyond products: variants by their own clock, items, collections, markets."""

from spark_jobs.silver.sql import (
    MONEY,
    REF,
    amount,
    connection,
    identifier,
    money,
    nodes,
    text,
    time,
)
from spark_jobs.silver.table import Exploded, Table

VARIANTS = Table(
    name="variants",
    streams=("shopify_variants",),
    schema=f"""id STRING, title STRING, sku STRING, barcode STRING, price STRING,
    compareAtPrice STRING, position INT, taxable BOOLEAN, createdAt STRING, updatedAt STRING,
    inventoryQuantity BIGINT, product {REF}, inventoryItem STRUCT<id: STRING, tracked: BOOLEAN,
    requiresShipping: BOOLEAN, unitCost: {MONEY}>""",
    columns={
        "variant_id": identifier("r.id"),
        "product_id": identifier("r.product.id"),
        "title": "r.title",
        "sku": text("r.sku"),
        "barcode": text("r.barcode"),
        "price": money("r.price"),
        "compare_at_price": money("r.compareAtPrice"),
        "position": "r.position",
        "taxable": "r.taxable",
        "inventory_quantity": "r.inventoryQuantity",
        "inventory_item_id": identifier("r.inventoryItem.id"),
        "tracked": "r.inventoryItem.tracked",
        "requires_shipping": "r.inventoryItem.requiresShipping",
        "unit_cost": amount("r.inventoryItem.unitCost"),
        "created_at": time("r.createdAt"),
        "updated_at": time("r.updatedAt"),
    },
    key=("variant_id",),
    changed_at="updated_at",
    comment="One row a variant by its own clock: its price changes without its product",
    expectations={"id is missing": "variant_id <> ''"},
    meanings={"inventory_quantity": "Available units over all locations when it was read"},
)

INVENTORY_ITEMS = Table(
    name="inventory_items",
    streams=("shopify_inventory_items",),
    schema=f"""id STRING, sku STRING, tracked BOOLEAN, requiresShipping BOOLEAN, createdAt STRING,
    updatedAt STRING, countryCodeOfOrigin STRING, provinceCodeOfOrigin STRING,
    harmonizedSystemCode STRING, unitCost {MONEY}, variant {REF},
    measurement STRUCT<weight: STRUCT<unit: STRING, value: DOUBLE>>""",
    columns={
        "inventory_item_id": identifier("r.id"),
        "variant_id": identifier("r.variant.id"),
        "sku": text("r.sku"),
        "tracked": "r.tracked",
        "requires_shipping": "r.requiresShipping",
        "unit_cost": amount("r.unitCost"),
        "currency": "r.unitCost.currencyCode",
        "weight": "r.measurement.weight.value",
        "weight_unit": "lower(r.measurement.weight.unit)",
        "country_of_origin": "r.countryCodeOfOrigin",
        "province_of_origin": "r.provinceCodeOfOrigin",
        "hs_code": text("r.harmonizedSystemCode"),
        "created_at": time("r.createdAt"),
        "updated_at": time("r.updatedAt"),
    },
    key=("inventory_item_id",),
    changed_at="updated_at",
    comment="One row an item that stock is kept of, with its cost, weight and origin",
    expectations={"id is missing": "inventory_item_id <> ''"},
    meanings={
        "currency": "Of unit_cost; NULL without a cost",
        "weight": "In weight_unit",
        "weight_unit": "grams, kilograms, ounces, pounds",
        "country_of_origin": "ISO 3166-1 code, for customs",
        "province_of_origin": "ISO 3166-2 code, for customs",
        "hs_code": "Harmonized System code, for customs",
    },
)

COLLECTIONS = Table(
    name="collections",
    streams=("shopify_collections",),
    schema="""id STRING, title STRING, handle STRING, sortOrder STRING, templateSuffix STRING,
    updatedAt STRING, productsCount STRUCT<`count`: BIGINT>""",
    columns={
        "collection_id": identifier("r.id"),
        "title": "r.title",
        "handle": "r.handle",
        "sort_order": "lower(r.sortOrder)",
        "template": text("r.templateSuffix"),
        "products": "r.productsCount.`count`",
        "updated_at": time("r.updatedAt"),
    },
    key=("collection_id",),
    changed_at="updated_at",
    comment="One row a collection of products",
    expectations={"id is missing": "collection_id <> ''"},
    meanings={
        "sort_order": "How the shop window sorts it",
        "template": "The theme's template, where it is not the usual one",
        "products": "How many products it had when it was read",
    },
)

COLLECTION_CONTENTS = Table(
    name="collection_contents",
    streams=("shopify_collection_products",),
    schema=f"id STRING, updatedAt STRING, products {connection(REF)}",
    columns={
        "collection_id": identifier("r.id"),
        "product_ids": f"transform({nodes('r.products')}, x -> {identifier('x.id')})",
        "updated_at": time("r.updatedAt"),
    },
    key=("collection_id",),
    changed_at="updated_at",
    comment="One row a collection with the products in it; a rule moves them without its clock",
    expectations={"id is missing": "collection_id <> ''"},
    meanings={"product_ids": "Ids of all its products"},
)

COLLECTION_PRODUCTS = Exploded(
    name="collection_products",
    parent="collection_contents",
    parent_key="collection_id",
    key=("collection_id", "product_id"),
    source="SELECT DISTINCT collection_id, product_id "
    "FROM parent LATERAL VIEW explode(product_ids) AS product_id",
    comment="One row a product in a collection",
)

MARKETS = Table(
    name="markets",
    streams=("shopify_markets",),
    schema="""id STRING, name STRING, handle STRING, status STRING, type STRING,
    currencySettings STRUCT<localCurrencies: BOOLEAN, baseCurrency: STRUCT<currencyCode: STRING>>
    """,
    columns={
        "market_id": identifier("r.id"),
        "name": "r.name",
        "handle": "r.handle",
        "status": "lower(r.status)",
        "type": "lower(r.type)",
        "currency": "r.currencySettings.baseCurrency.currencyCode",
        "local_currencies": "r.currencySettings.localCurrencies",
    },
    key=("market_id",),
    changed_at="_extracted_at",
    comment="One row a market: where the shop sells, and in which currency",
    expectations={"id is missing": "market_id <> ''"},
    meanings={
        "currency": "The market's base currency; NULL is the shop's",
        "local_currencies": "Whether buyers see prices in their own currency",
    },
)

PRICE_LISTS = Table(
    name="price_lists",
    streams=("shopify_price_lists",),
    schema="""id STRING, name STRING, currency STRING, fixedPricesCount BIGINT,
    parent STRUCT<adjustment: STRUCT<type: STRING, value: DOUBLE>>""",
    columns={
        "price_list_id": identifier("r.id"),
        "name": "r.name",
        "currency": "r.currency",
        "fixed_prices": "r.fixedPricesCount",
        "adjustment_percent": "r.parent.adjustment.value"
        " * IF(r.parent.adjustment.type = 'PERCENTAGE_DECREASE', -1, 1)",
    },
    key=("price_list_id",),
    changed_at="_extracted_at",
    comment="One row a price list of a market or catalog",
    expectations={"id is missing": "price_list_id <> ''"},
    meanings={
        "currency": "Of its prices",
        "fixed_prices": "How many variants have a price of their own in it",
        "adjustment_percent": "What the other prices differ by from the shop's; below 0 is cheaper",
    },
)
