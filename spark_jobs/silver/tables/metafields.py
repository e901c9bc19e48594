"""silver.metafields: the shop's own fields of products, orders and customers."""

from spark_jobs.silver.sql import connection, identifier, items, nodes, time
from spark_jobs.silver.table import Exploded, Table

_FIELD = """STRUCT<id: STRING, namespace: STRING, key: STRING, type: STRING, value: STRING,
createdAt: STRING, updatedAt: STRING>"""
_OWNER = "The product, order or customer"

OWNERS = Table(
    name="metafield_owners",
    streams=(
        "shopify_product_metafields",
        "shopify_order_metafields",
        "shopify_customer_metafields",
    ),
    schema=f"id STRING, updatedAt STRING, metafields {connection(_FIELD)}",
    columns={
        "owner_type": "lower(regexp_extract(r.id, '^gid://shopify/([A-Za-z]+)/', 1))",
        "owner_id": identifier("r.id"),
        "updated_at": time("r.updatedAt"),
        "metafields": items(
            nodes("r.metafields"),
            {
                "metafield_id": identifier("x.id"),
                "namespace": "x.namespace",
                "key": "x.key",
                "type": "x.type",
                "value": "x.value",
                "created_at": time("x.createdAt"),
                "updated_at": time("x.updatedAt"),
            },
        ),
    },
    key=("owner_type", "owner_id"),
    changed_at="updated_at",
    comment="One row an owner with all its metafields, so that a removed one is gone",
    expectations={"id is missing": "owner_id <> ''"},
    # What a shop keeps there of its customers can be anything: a birthday, an address.
    personal=("owner_id", "metafields"),
    meanings={
        "owner_type": "product, order, customer",
        "owner_id": _OWNER,
        "metafields": "All its metafields",
    },
)

METAFIELDS = Exploded(
    name="metafields",
    parent="metafield_owners",
    parent_key="owner_type, owner_id",
    key=("owner_type", "owner_id", "metafield_id"),
    source="SELECT owner_type, owner_id, m.* FROM parent LATERAL VIEW explode(metafields) AS m",
    comment="One row a metafield",
    personal=("owner_id", "value"),
    meanings={
        "owner_type": "product, order, customer",
        "owner_id": _OWNER,
        "namespace": "Groups fields",
        "key": "The field's name in its namespace",
        "type": "Shopify's type of the value",
        "value": "As text, whatever its type",
    },
)
