"""What silver's Delta tables keep over runs: facts under tombstones, flat tables, comments."""

import chdb
import pytest
from stream_records import BORN, CREATED, SHOPIFY
from stripe_records import charge

COLLECTION = SHOPIFY["collections"]["id"]
EARLY = "gid://shopify/Collection/2"  # its tombstone comes first


@pytest.fixture(scope="module")
def lab(new_lab):
    """Two runs: everything, then deletions and what was taken out."""
    lab = new_lab()
    for stream in ("collections", "collection_products", "customer_metafields"):
        lab.land("shopify", stream, [SHOPIFY[stream]])
    lab.land("shopify", "product_metafields", [SHOPIFY["product_metafields"]])
    lab.land("stripe", "charges", [charge(f"ch_{n}", n * 100) for n in range(1, 4)])
    names = {"shopify_customer_id": "770000000001"}
    lab.land("stripe", "customers", [{"id": "cus_1", "created": CREATED, "metadata": names}])
    lab.land("database", "crm_leads", [{"id": 1, "score": 2.5}, {"id": 2, "score": None}])
    lab.land("shopify", "collections", [{"id": EARLY}], deleted=True)
    lab.build()
    lab.land("shopify", "collections", [SHOPIFY["collections"] | {"id": EARLY}])
    lab.land("shopify", "collections", [{"id": COLLECTION}], deleted=True)
    fewer = {"products": {"nodes": [{"id": "gid://shopify/Product/10"}]}}
    lab.land("shopify", "collection_products", [SHOPIFY["collection_products"] | fewer])
    none = {"metafields": {"nodes": []}}
    lab.land("shopify", "product_metafields", [SHOPIFY["product_metafields"] | none])
    lab.land("database", "crm_leads", [{"id": 1, "score": 3}])
    lab.land("database", "crm_leads", [{"id": 2}], deleted=True)
    lab.build()
    return lab


def test_a_tombstone_keeps_its_facts(lab) -> None:
    for row in lab.rows("silver.collections"):
        assert (row["_deleted"], row["title"], row["products"]) == (True, "Hats", 2)


def test_flat_tables_follow_their_parents(lab) -> None:
    assert [row["product_id"] for row in lab.rows("silver.collection_products")] == ["10"]
    kept = [(row["owner_type"], row["key"], row["value"]) for row in lab.rows("silver.metafields")]
    assert kept == [("customer", "born", BORN)]  # the product's was removed


def test_customers_are_linked_by_the_job(lab) -> None:
    (row,) = lab.rows("silver.customer_links")
    assert (row["customer_id"], row["matched_by"]) == ("770000000001", "metadata")


def test_a_table_of_the_database_is_current_whatever_its_columns(lab) -> None:
    rows = lab.rows("silver.database_crm_leads")
    assert [(row["id"], row["record"], row["_deleted"]) for row in rows] == [
        ("1", '{"id":1,"score":3}', False),
        ("2", '{"id":2,"score":null}', True),
    ]


@pytest.mark.parametrize(
    "name", ["collections", "metafields", "customer_links", "database_crm_leads"]
)
def test_each_column_has_its_comment(lab, name: str) -> None:
    schema = lab.lake.spark.table(lab.lake.name("silver", name)).schema
    assert [field.name for field in schema if not field.metadata.get("comment")] == []


def test_personal_columns_say_so(lab) -> None:
    schema = lab.lake.spark.table(lab.lake.name("silver", "metafields")).schema
    assert schema["value"].metadata["comment"].endswith("(personal data)")


def test_a_clustered_table_is_sorted_by_optimize_and_read_by_others(
    lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ClickHouse reads the files itself: how rows are clustered is not a reader's business."""
    name = lab.lake.name("silver", "stripe_charges")
    before = lab.rows("silver.stripe_charges")
    lab.lake.spark.sql(f"OPTIMIZE {name} FULL")
    (detail,) = lab.lake.rows(f"DESCRIBE DETAIL {name}")
    assert detail.clusteringColumns == ["created_at"]
    assert lab.rows("silver.stripe_charges") == before
    monkeypatch.chdir(lab.folder)  # chDB reads files below the working directory only
    path = lab.folder / "lakehouse" / "silver" / "stripe_charges"
    query = f"SELECT count(), sum(amount) FROM deltaLakeLocal('{path}')"
    assert str(chdb.query(query, "CSV")).split() == ["3,6"]


def test_nothing_was_refused(lab) -> None:
    assert lab.rows("silver.quarantine") == []
