"""silver.products, silver.locations, silver.shop: what is sold, where from, and the shop itself."""

from spark_jobs.silver.sql import connection, identifier, money, nodes, text, time
from spark_jobs.silver.table import Exploded, Table

_VARIANT = """STRUCT<id: STRING, title: STRING, sku: STRING, barcode: STRING, price: STRING,
compareAtPrice: STRING, compare_at_price: STRING, position: INT, inventoryItem: STRUCT<id: STRING,
tracked: BOOLEAN, unitCost: STRUCT<amount: STRING>>, inventory_item_id: STRING>"""

PRODUCTS = Table(
    name="products",
    streams=("shopify_products",),
    schema=f"""id STRING, title STRING, handle STRING, status STRING, vendor STRING,
    productType STRING, product_type STRING, isGiftCard BOOLEAN, createdAt STRING,
    created_at STRING, updatedAt STRING, updated_at STRING,
    variants {connection(_VARIANT)}""",
    columns={
        "product_id": identifier("r.id"),
        "title": "r.title",
        "handle": "r.handle",
        "status": "lower(r.status)",
        "vendor": "r.vendor",
        "product_type": text("r.productType", "r.product_type"),
        "gift_card": "coalesce(r.isGiftCard, false)",
        "created_at": time("r.createdAt", "r.created_at"),
        "updated_at": time("r.updatedAt", "r.updated_at"),
        "variants": f"""transform({nodes("r.variants")}, v -> named_struct(
            'variant_id', {identifier("v.id")}, 'title', v.title, 'sku', {text("v.sku")},
            'barcode', {text("v.barcode")}, 'price', {money("v.price")},
            'compare_at_price', {money("v.compareAtPrice", "v.compare_at_price")},
            'position', v.position,
            'inventory_item_id', {identifier("v.inventoryItem.id", "v.inventory_item_id")},
            'tracked', v.inventoryItem.tracked,
            'unit_cost', {money("v.inventoryItem.unitCost.amount")}))""",
    },
    key=("product_id",),
    changed_at="updated_at",
    comment="One row a Shopify product with its variants",
    expectations={"id is missing": "product_id <> ''"},
)

PRODUCT_VARIANTS = Exploded(
    name="product_variants",
    parent="products",
    parent_key="product_id",
    key=("variant_id",),
    source="SELECT product_id, title AS product_title, vendor, product_type, v.* "
    "FROM parent LATERAL VIEW explode(variants) AS v",
    comment="One row a variant of a product",
)

LOCATIONS = Table(
    name="locations",
    streams=("shopify_locations",),
    schema="""id STRING, name STRING, isActive BOOLEAN, isPrimary BOOLEAN, updatedAt STRING,
    address STRUCT<city: STRING, provinceCode: STRING, countryCode: STRING>""",
    columns={
        "location_id": identifier("r.id"),
        "name": "r.name",
        "active": "r.isActive",
        "primary_location": "r.isPrimary",
        "city": "r.address.city",
        "country": "r.address.countryCode",
        "updated_at": time("r.updatedAt"),
    },
    key=("location_id",),
    changed_at="updated_at",
    comment="One row a place that holds stock",
    expectations={"id is missing": "location_id <> ''"},
)

SHOP = Table(
    name="shop",
    streams=("shopify_shop",),
    schema="""id STRING, name STRING, myshopifyDomain STRING, currencyCode STRING,
    ianaTimezone STRING, taxesIncluded BOOLEAN, updatedAt STRING""",
    columns={
        "shop_id": identifier("r.id"),
        "name": "r.name",
        "domain": "r.myshopifyDomain",
        "currency": "r.currencyCode",
        "timezone": "r.ianaTimezone",
        "taxes_included": "r.taxesIncluded",
        "updated_at": time("r.updatedAt"),
    },
    key=("shop_id",),
    changed_at="updated_at",
    comment="The shop; its time zone decides what a day is",
    expectations={"time zone is missing": "timezone IS NOT NULL"},
)
