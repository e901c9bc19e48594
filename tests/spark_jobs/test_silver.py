"""Bronze takes a manifest once; silver keeps the last version, tombstones and a quarantine."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from shopify_records import graphql_order, rest_line, rest_order, rest_refund

from spark_jobs.bronze.ingest import IncompleteManifestError, ingest
from spark_jobs.silver.job import run as run_silver
from spark_jobs.silver.table import fingerprint
from spark_jobs.silver.tables.shopify_orders import ORDERS

EARLY, LATE = "2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z"
# A dump that has left the ids of an order's parts out.
NAMELESS = rest_order(
    7,
    EARLY,
    [rest_line(1, "5.00", 1) | {"id": None}, rest_line(2, "7.00", 1) | {"id": ""}],
    refunds=[
        rest_refund(
            None,
            EARLY,
            [{"quantity": 1, "subtotal": "5.00"}, {"line_item_id": 9, "subtotal": "1.00"}],
        )
    ],
    transactions=[{"kind": "sale", "amount": "12.00"}],
)


@pytest.fixture(scope="module")
def lab(new_lab):
    """Order 1 in both shapes and out of order, order 2 deleted, two orders that cannot be typed."""
    lab = new_lab()
    newer = graphql_order(1, EARLY, "20.00", 3, updatedAt=LATE)
    older = rest_order(1, EARLY, [rest_line(9, "20.00", 1), rest_line(8, "5.00", 1)])
    lab.land("shopify", "orders", [newer, graphql_order(2, EARLY, "10.00", 1)])
    lab.land("shopify", "orders", [{"id": "gid://shopify/Order/2"}], deleted=True)
    lab.land("files", "shopify_orders", [older])
    no_price = rest_order(4, EARLY, [rest_line(1, "cheap", 1)])
    lab.land("files", "shopify_orders", [{"id": 3, "currency": "USD"}, no_price])
    rejected = {"dataset": "inventory", "file": "dropzone/inventory/a.csv", "line": 7}
    lab.land("files", "rejected", [{**rejected, "reason": "5 fields, 6 expected", "raw": "a,b"}])
    count = {"timestamp": EARLY, "location_id": "7"}
    counts = {"A": "5.0", "B": "-3", "C": None, "D": 12.0}
    lab.land("files", "inventory", [count | {"sku": s, "available": n} for s, n in counts.items()])
    huge = rest_order(5, EARLY, [rest_line(1, "9999999999999999.99", 2)])
    unset = rest_order(6, "0001-01-01T00:00:00Z", [rest_line(1, "5.00", 1)])
    twice = rest_order(8, EARLY, [rest_line(1, "5.00", 1), rest_line(1, "7.00", 1)])
    sent = rest_order(10, EARLY, [rest_line(1, "5.00", 1)], fulfillments=[{"id": 1}])
    sent["fulfillments"][0]["created_at"] = "0001-01-01T00:00:00Z"
    sale = {"id": 1, "kind": "sale", "status": "success", "amount": "9999999999999999"}
    paid = rest_order(11, EARLY, [rest_line(1, "5.00", 1)], transactions=[sale])
    tax = [{"amount": "0", "tax_amount": "-9999999999999999"}]
    taxed = rest_order(12, EARLY, [rest_line(1, "5.00", 1)])
    taxed["refunds"] = [rest_refund(1, EARLY, [], tax)]
    lab.land("files", "shopify_orders", [huge, unset, NAMELESS, twice, sent, paid, taxed])
    parcel = {"id": "T1", "tracking_number": "T1", "carrier": "UPS", "shipped_at": "2026-03-05"}
    late = parcel | {"id": "T2", "tracking_number": "T2", "delivered_at": "05.03.2026"}
    lab.land("files", "shipping", [parcel | {"delivered_at": " "}, late])
    counted = {"timestamp": EARLY, "location_id": 1, "sku": "A"}
    lab.land("files", "inventory", [{"id": 1, **counted, "available": "999999999999999999"}])
    visit = {"id": "e1", "timestamp": "9999-12-31T00:00:00Z", "session_id": "s", "event": "x"}
    lab.land("files", "clickstream", [visit, visit | {"id": "e2", "timestamp": LATE}])
    lab.land("files", "clickstream", [visit | {"id": "e2", "timestamp": EARLY}])
    taken = {"created": 1772700000, "amount": 100, "currency": "usd"}
    moved = taken | {"net": 100, "fee": 0}
    broken = [
        {"id": "txn_1", **moved, "amount": 2**63 - 1},
        {"id": "txn_2", **{k: v for k, v in moved.items() if k != "amount"}},
        {"id": "txn_3", **moved, "available_on": 2**63 - 1},
        {"id": "txn_4", **moved, "created": 2**63 - 1},
    ]
    lab.land("stripe", "balance_transactions", broken)
    lab.build()
    return lab


def test_counts_are_whole_numbers_however_they_are_written(lab):
    rows = lab.rows("silver.inventory_counts")
    assert {row["sku"]: row["available"] for row in rows} == {"A": 5, "B": -3, "C": None, "D": 12}


def test_bronze_keeps_the_record_as_it_came(lab):
    rows = lab.rows("bronze.shopify_orders", "_id LIKE '%Order/1'")
    assert json.loads(rows[0]["record"]) == graphql_order(1, EARLY, "20.00", 3, updatedAt=LATE)
    assert rows[0]["_file"].endswith("part-00000.jsonl.gz")


def test_last_update_wins_whatever_came_last(lab):
    (order,) = lab.rows("silver.orders", "order_id = '1'")
    assert [(line["line_id"], line["quantity"]) for line in order["lines"]] == [("11", 3)]
    assert order["updated_at"].replace(tzinfo=UTC) == datetime(2026, 3, 2, 11, tzinfo=UTC)


def test_flat_lines_are_those_of_the_current_order(lab):
    assert [row["line_id"] for row in lab.rows("silver.order_lines", "order_id = '1'")] == ["11"]


def test_deleted_order_is_a_tombstone_that_keeps_its_facts(lab):
    (order,) = lab.rows("silver.orders", "order_id = '2'")
    assert order["_deleted"] is True
    assert order["currency"] == "USD"
    assert lab.rows("silver.order_lines", "order_id = '2'") == []


def test_untypable_rows_are_quarantined_with_reason_and_record(lab):
    rows = lab.rows("silver.quarantine", "table = 'orders' AND reason LIKE '%no %'", "reason")
    assert [row["reason"] for row in rows] == [
        "a line has no readable price or quantity",
        "processed_at (or created_at) is missing or no time; line_items is missing",
    ]
    assert json.loads(rows[1]["record"]) == {"id": 3, "currency": "USD"}
    assert lab.rows("silver.orders", "order_id IN ('3', '4')") == []


def test_amounts_and_times_that_would_stop_every_table_are_quarantined(lab):
    rows = lab.rows("silver.quarantine", "table NOT LIKE 'files.%'")
    found = {(row["table"], json.loads(row["record"])["id"]): row["reason"] for row in rows}
    for number in (5, 11, 12):
        assert found["orders", number] == "an amount or quantity is too large"
    assert found["orders", 6] == "a time is before 1990 or after 2100"
    assert found["orders", 10] == "a time is before 1990 or after 2100"
    assert found["inventory_counts", 1] == "a quantity is too large"
    assert found["clickstream", "e1"] == "timestamp is before 1990 or after 2100"
    assert found["stripe_balance_transactions", "txn_1"] == "amount is missing or too large"
    assert found["stripe_balance_transactions", "txn_2"] == "amount is missing or too large"
    assert found["stripe_balance_transactions", "txn_4"] == "created is missing"
    assert [row["id"] for row in lab.rows("silver.stripe_balance_transactions")] == ["txn_3"]


def test_what_a_later_version_could_not_replace_is_quarantined(lab):
    """Two rows of one key: the merge of the order's next version would fail, and all others."""
    rows = lab.rows("silver.quarantine", "table = 'orders' AND reason LIKE 'two %'")
    assert [json.loads(row["record"])["id"] for row in rows] == [8]


def test_a_time_that_cannot_be_read_is_not_taken_for_none(lab):
    (row,) = lab.rows("silver.quarantine", "table = 'shipments'")
    assert row["reason"].startswith("delivered_at is no time, such as 2026-03-05")
    assert [row["tracking_number"] for row in lab.rows("silver.shipments")] == ["T1"]


def test_parts_without_ids_are_told_apart_by_their_place_and_replaced(lab):
    lab.land("files", "shopify_orders", [NAMELESS | {"updated_at": LATE}])
    lab.build()
    lines = lab.rows("silver.order_lines", "order_id = '7'", "line_id")
    assert [row["line_id"] for row in lines] == ["part 1", "part 2"]
    paid = lab.rows("silver.order_transactions", "order_id = '7'")
    assert [row["transaction_id"] for row in paid] == ["part 1"]
    back = lab.rows("silver.refund_lines", "order_id = '7'", "line_id")
    found = [
        tuple(row[n] for n in ("refund_id", "line_id", "quantity", "subtotal")) for row in back
    ]
    assert found == [("part 1", "", 1, Decimal("5.00")), ("part 1", "9", 0, Decimal("1.00"))]


def test_rejected_file_rows_reach_the_quarantine(lab):
    (row,) = lab.rows("silver.quarantine", "table = 'files.inventory'")
    assert row["reason"] == "dropzone/inventory/a.csv:7: 5 fields, 6 expected"


def test_a_run_that_died_before_its_ledger_repeats_nothing(lab):
    """The append is committed, the ledger is not: what a kill between the two leaves behind."""
    tables = ("bronze.shopify_orders", "silver.orders", "silver.order_lines", "silver.quarantine")
    before = {table: sorted(map(str, lab.rows(table))) for table in tables}
    lab.lake.spark.sql(f"DELETE FROM {lab.lake.name('bronze', 'manifests')}")
    progress = lab.lake.name("silver", "progress")
    lab.lake.spark.sql(f"DELETE FROM {progress} WHERE source <> 'declaration'")
    lab.build()
    assert {table: sorted(map(str, lab.rows(table))) for table in tables} == before


def test_a_table_whose_declaration_has_changed_is_built_anew_from_bronze(lab):
    """Another fingerprint is what a release with another column leaves behind."""
    tables = ("silver.orders", "silver.order_lines", "silver.quarantine")
    columns, order = {"quarantined_at": None}, "1, 2, 3"
    before = {table: [row | columns for row in lab.rows(table, order=order)] for table in tables}
    progress = lab.lake.name("silver", "progress")
    lab.lake.spark.sql(
        f"UPDATE {progress} SET run_id = 'former' WHERE stream = 'orders'"
        " AND source = 'declaration'"
    )
    lab.lake.spark.sql(f"ALTER TABLE {lab.lake.name('silver', 'orders')} ADD COLUMNS (old STRING)")
    lab.build()
    after = {table: [row | columns for row in lab.rows(table, order=order)] for table in tables}
    assert after == before
    declared = lab.rows("silver.progress", "source = 'declaration' AND stream = 'orders'")
    assert [row["run_id"] for row in declared] == [fingerprint(ORDERS)]


def test_an_event_that_was_corrected_to_an_earlier_time_is_corrected(lab):
    (row,) = lab.rows("silver.clickstream", "event_id = 'e2'")
    assert row["occurred_at"].isoformat() == EARLY.removesuffix("Z")


def test_second_build_takes_in_nothing(lab):
    assert (ingest(lab.lake).manifests, run_silver(lab.lake)) == (0, 0)


def test_missing_rows_stop_the_run_and_stay_out_of_the_ledger(new_lab):
    lab = new_lab()
    run_id = lab.land("shopify", "orders", [graphql_order(1, EARLY, "20.00", 1)])
    path = lab.folder / f"landing/_manifests/shopify/orders/{run_id}.json"
    path.write_text(path.read_text().replace('"rows":1', '"rows":2'))
    with pytest.raises(
        IncompleteManifestError, match=f"{run_id} promises 2 rows, its files hold 1"
    ):
        ingest(lab.lake)
    assert lab.rows("bronze.manifests") == []


def test_nothing_landed_yet_is_no_error(new_lab):
    lab = new_lab()
    lab.build()
    assert ingest(lab.lake).manifests == 0
