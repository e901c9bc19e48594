"""silver.customer_links: three rules and their conflicts; a run makes only touched rows anew."""

import pytest

from spark_jobs.silver.engine import join
from spark_jobs.silver.tables.customer_links import CUSTOMER_LINKS

STRIPE = "id, email_hash, shopify_customer_id, _run_id"
SHOPIFY = "customer_id, email_hash, updated_at, _deleted, _run_id"
CHARGES = "customer_id, order_id, _run_id"
ORDERS = "order_id, customer_id, _deleted, _run_id"
EARLY, LATE = "TIMESTAMP '2026-03-02'", "TIMESTAMP '2026-03-03'"
# What each table holds after the first run; hashes are letters.
CUSTOMERS = {n: f"('{n}', 'h{n}', {EARLY}, false, 'first')" for n in range(1, 8)}
CUSTOMERS[8] = f"('8', 'h7', {LATE}, false, 'first')"
IN_STRIPE = [
    "('cus_metadata', 'h2', '1', 'first')",  # its email is customer 2's
    "('cus_order', 'h4', NULL, 'first')",  # its email is customer 4's
    "('cus_email', 'h5', NULL, 'first')",
    "('cus_twice', 'h7', NULL, 'first')",  # customers 7 and 8 have the address
    "('cus_nobody', 'stranger', NULL, 'first')",
    "('cus_gone', NULL, '6', 'first')",
    "('cus_late', 'h9', NULL, 'first')",
    "('cus_unknown', NULL, '404', 'first')",
    "('cus_none', NULL, NULL, 'first')",
]
# Of cus_order's charges one is of customer 2's order, two are of customer 3's; a guest's order.
PAID = [f"('cus_order', '{n}', 'first')" for n in (1, 2, 3)] + ["('cus_email', '4', 'first')"]
ORDERED = {
    1: "('1', '2', false, 'first')",
    2: "('2', '3', false, 'first')",
    3: "('3', '3', false, 'first')",
    4: "('4', NULL, false, 'first')",
}


def view(lake, name: str, columns: str, rows) -> None:
    query = f"SELECT * FROM VALUES {', '.join(rows)} AS t({columns})"
    lake.spark.sql(query).createOrReplaceTempView(name)


@pytest.fixture(scope="module")
def lab(new_lab):
    """All at once, then a run in which something changes for each rule; `whole` is built at once
    from the same."""
    lab = new_lab()
    names = {name: f"linked_{name}" for name in CUSTOMER_LINKS.sources}

    def given(customers: dict, orders: dict) -> None:
        view(lab.lake, names["customers"], SHOPIFY, customers.values())
        view(lab.lake, names["orders"], ORDERS, orders.values())

    view(lab.lake, names["stripe_customers"], STRIPE, IN_STRIPE)
    view(lab.lake, names["stripe_charges"], CHARGES, PAID)
    given(CUSTOMERS, ORDERED)
    join(lab.lake, CUSTOMER_LINKS, names, None)
    lab.first = lab.rows("silver.customer_links")
    changed = {
        5: f"('5', 'elsewhere', {LATE}, false, 'second')",
        6: f"('6', 'h6', {LATE}, true, 'second')",
        9: f"('9', 'h9', {LATE}, false, 'second')",
    }
    given(CUSTOMERS | changed, ORDERED | {3: "('3', '3', true, 'second')"})
    join(lab.lake, CUSTOMER_LINKS, names, ["second"])
    lab.second = lab.rows("silver.customer_links")
    join(lab.lake, CUSTOMER_LINKS, names, None)
    lab.whole = lab.rows("silver.customer_links")
    return lab


def test_the_surest_rule_wins_and_conflicts_are_told(lab):
    found = {
        row["stripe_customer_id"]: (row["customer_id"], row["matched_by"], row["conflict"])
        for row in lab.first
    }
    assert found == {
        "cus_metadata": ("1", "metadata", True),
        "cus_order": ("3", "order", True),
        "cus_email": ("5", "email", False),
        "cus_twice": ("8", "email", True),
        "cus_gone": ("6", "metadata", False),
        "cus_unknown": ("404", "metadata", False),
    }


def test_every_candidate_is_kept_best_first(lab):
    (row,) = [row for row in lab.first if row["stripe_customer_id"] == "cus_order"]
    assert row["candidates"] == [
        {"customer_id": "3", "matched_by": "order"},
        {"customer_id": "2", "matched_by": "order"},
        {"customer_id": "4", "matched_by": "email"},
    ]


def test_what_changes_makes_its_links_anew(lab):
    found = {row["stripe_customer_id"]: row["customer_id"] for row in lab.second}
    assert found == {
        "cus_metadata": "1",
        "cus_order": "2",  # an order each is left: the smaller id
        "cus_twice": "8",
        "cus_unknown": "404",
        "cus_late": "9",  # the customer came after; cus_email's and cus_gone's are no more
    }


def test_touched_rows_are_what_a_whole_build_gives(lab):
    assert lab.second == lab.whole
