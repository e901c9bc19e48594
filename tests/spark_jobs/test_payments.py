"""gold.payment_reconciliation and gold.payout_summary against numbers worked out by hand."""

from datetime import date
from decimal import Decimal

import pytest
from shopify_records import rest_line, rest_order
from stripe_records import charge, entry, epoch, payout

D = Decimal
AT = "2026-03-02T10:00:00-05:00"


def order(order_id: int, total: str, transactions: list[dict] | None = None, **more) -> dict:
    lines = [rest_line(order_id * 10, total, 1)]
    more = {"total_price": total, "transactions": transactions or [], **more}
    return rest_order(order_id, AT, lines, **more)


def transaction(amount: str, kind: str = "sale", **more) -> dict:
    known = {"kind": kind, "status": "success", "gateway": "stripe", "amount": amount}
    return {"id": f"{kind}{amount}", "created_at": AT, **known, **more}


ORDERS = [
    order(1, "100.00", [transaction("100.00")]),
    # Nothing in the charge's metadata: the transaction's authorization names the charge.
    order(2, "50.00", [transaction("50.00", authorization="ch_2"), transaction("20.00", "refund")]),
    # The receipt names the payment intent. One more was taken than the order asks for.
    order(3, "80.00", [transaction("80.00", receipt={"payment_intent": "pi_3"})]),
    order(4, "30.00", [transaction("30.00", gateway="manual")]),
    order(5, "20.00", financial_status="pending"),
    order(6, "60.00", financial_status="voided", cancelled_at="2026-03-03T10:00:00-05:00"),
    order(7, "70.00", [transaction("70.00")]),
    order(8, "40.00", [transaction("40.00", "authorization")], financial_status="authorized"),
    order(9, "40.00", [transaction("25.00", gateway="gift_card"), transaction("15.00")]),
    order(10, "999.00", test=True),
    order(
        11,
        "110.00",
        [
            transaction(
                "110.00",
                amount_set={
                    "shop_money": {"amount": "110.00"},
                    "presentment_money": {"amount": "100"},
                },
            )
        ],
        presentment_currency="EUR",
    ),
    # A dump's order has no transactions, but says who was paid.
    order(12, "45.00", financial_status="paid", payment_gateway_names=["paypal", "gift_card"]),
    order(13, "45.00", financial_status="paid", payment_gateway_names=["paypal", "stripe"]),
]
CHARGES = [
    charge("ch_1", 10000, "1", disputed=True),
    charge("ch_2", 5000, amount_refunded=2000),
    charge("ch_3", 8100, "404", payment_intent="pi_3"),  # of an order that does not exist
    charge("ch_7a", 7000, "7", status="failed"),
    charge("ch_7b", 7000, "gid://shopify/Order/7"),
    charge("ch_8", 4000, "8", captured=False),
    charge("ch_9", 1500, "9"),
    charge("ch_11", 10000, "11", currency="eur"),
    charge("ch_test", 99900, "10"),
    charge("ch_none", 1200),
    charge("ch_failed", 1300, status="failed"),
]
LEDGER = [
    entry("txn_1", "ch_1", 10000, 320, "2026-03-04"),
    entry("txn_2", "ch_2", 5000, 175, "2026-03-04"),
    entry("txn_3", "ch_3", 8100, 265, "2026-03-09"),  # too late for po_2, which lists it
    entry("txn_4", "re_2", -2000, 0, "2026-03-04", type="refund"),
    entry("txn_5", "ch_7b", 7000, 233, "2026-03-05"),
    entry("txn_7", "tu_1", 500, 0, "2026-03-05", type="topup"),  # po_2 does not list it: po_4
    entry("txn_0", "tu_0", 900, 0, "2026-03-02", type="topup"),
    entry("txn_back", "po_0", 900, 0, "2026-03-05", type="payout_failure"),
    entry("txn_po_0", "po_0", -900, 0, "2026-03-02", type="payout"),
    entry("txn_6", "dp_1", -10000, 1500, "2026-03-20", type="adjustment"),
    entry("txn_po_1", "po_1", -12505, 0, "2026-03-04", type="payout"),
    entry("txn_po_2", "po_2", -15502, 0, "2026-03-06", type="payout"),
    entry("txn_po_3", "po_3", -1000, 0, "2026-03-06", type="payout"),
]
# In a currency of their own: a payout with a list came back, and the next one is without; a refund
# that is available from the midnight before it is not in the payout of that midnight.
POUNDS = [
    entry("txn_g1", "tu_g1", 9700, 0, "2026-03-04", type="topup"),
    entry("txn_po_g1", "po_g1", -9700, 0, "2026-03-04", type="payout"),
    entry("txn_g1_back", "po_g1", 9700, 0, "2026-03-06", type="payout_failure"),
    entry("txn_g2", "tu_g2", 5000, 0, "2026-03-07", type="topup"),
    entry("txn_po_g2", "po_g2", -14700, 0, "2026-03-07", type="payout"),
    entry("txn_g3", "re_g", -2000, 0, "2026-03-07", type="refund")
    | {"created": epoch("2026-03-07T15:00:00+00:00")},
]
LEDGER += [row | {"currency": "gbp"} for row in POUNDS]
PAYOUTS = [
    payout("po_1", "2026-03-04", 12505),  # 100.00 - 3.20 + 50.00 - 1.75 - 20.00
    payout("po_2", "2026-03-06", 15502),  # 81.00 - 2.65 + 70.00 - 2.33, and 9.00 that came back
    payout("po_3", "2026-03-06", 1000, automatic=False),
    payout("po_4", "2026-03-11", 500),
    payout("po_0", "2026-03-02", 900) | {"status": "failed"},
    payout("po_g1", "2026-03-04", 9700) | {"status": "failed", "currency": "gbp"},
    payout("po_g2", "2026-03-07", 14700) | {"currency": "gbp"},
]
LISTED = {
    "po_0": ("txn_0", "txn_po_0"),
    "po_2": ("txn_3", "txn_5", "txn_back", "txn_po_2"),
    "po_g1": ("txn_g1", "txn_po_g1"),
}


@pytest.fixture(scope="module")
def lab(new_lab):
    lab = new_lab()
    lab.land("files", "shopify_orders", ORDERS)
    lab.land("stripe", "charges", CHARGES)
    refund = {"id": "re_2", "charge": "ch_2", "amount": 2000, "currency": "usd", "created": 1}
    lab.land("stripe", "refunds", [refund])
    dispute = {"id": "dp_1", "charge": "ch_1", "amount": 10000, "currency": "usd", "created": 1}
    lab.land("stripe", "disputes", [dispute])
    lab.land("stripe", "balance_transactions", LEDGER)
    lab.land("stripe", "payouts", PAYOUTS)
    listed = {txn: {"payout": id_} for id_, txns in LISTED.items() for txn in txns}
    rows = [row | listed[row["id"]] for row in LEDGER if row["id"] in listed]
    lab.land("stripe", "payout_transactions", rows)
    lab.build("payment_reconciliation", "payout_summary")
    return lab


@pytest.fixture(scope="module")
def reconciled(lab):
    return {row["reconciliation_id"]: row for row in lab.rows("gold.payment_reconciliation")}


@pytest.mark.parametrize(
    ("key", "status", "charge_id", "difference"),
    [
        ("1", "matched", "ch_1", "0.00"),
        ("2", "matched", "ch_2", "0.00"),
        ("3", "amount_mismatch", "ch_3", "1.00"),
        ("4", "missing_in_stripe", None, "-30.00"),
        ("5", "pending", None, "-20.00"),
        ("6", "matched", None, "0.00"),
        ("7", "matched", "ch_7b", "0.00"),
        ("8", "pending", "ch_8", "0.00"),
        ("9", "matched", "ch_9", "0.00"),
        ("11", "matched", "ch_11", "0.00"),
        ("12", "matched", None, "0.00"),
        ("13", "missing_in_stripe", None, "-45.00"),
        ("ch_none", "missing_in_shopify", "ch_none", "12.00"),
        ("ch_test", "missing_in_shopify", "ch_test", "999.00"),
        ("ch_failed", "matched", "ch_failed", "0.00"),
    ],
)
def test_status(reconciled, key, status, charge_id, difference):
    row = reconciled[key]
    assert (row["status"], row["stripe_charge_id"]) == (status, charge_id)
    assert row["difference"] == D(difference)
    assert row["order_id"] == (None if key.startswith("ch_") else key)


def test_every_order_and_every_charge_stands_once(lab, reconciled):
    assert lab.disagreements("payment_reconciliation", "payout_summary") == []
    charges = [c for row in reconciled.values() for c in row["stripe_charge_ids"]]
    assert sorted(charges) == sorted(c["id"] for c in CHARGES)
    orders = [row["order_id"] for row in reconciled.values() if row["order_id"]]
    assert sorted(orders) == sorted(str(o["id"]) for o in ORDERS if not o["test"])
    assert reconciled["7"]["stripe_charge_ids"] == ["ch_7a", "ch_7b"]


def test_amounts_fees_and_payout(reconciled):
    names = ("shopify_total", "stripe_amount", "stripe_refunded", "stripe_fee", "stripe_net")
    # The dispute took the charge and 15.00 more: 3.20 + 15.00, and 96.80 - 115.00.
    disputed = tuple(map(D, ("100.00", "100.00", "0.00", "18.20", "-18.20")))
    assert tuple(reconciled["1"][name] for name in names) == disputed
    refunded = tuple(map(D, ("50.00", "50.00", "20.00", "1.75", "28.25")))
    assert tuple(reconciled["2"][name] for name in names) == refunded
    assert [reconciled[key]["payout_id"] for key in "1379"] == ["po_1", "po_2", "po_2", None]
    assert reconciled["11"]["stripe_currency"] == "EUR"


def test_payouts_are_their_balance_transactions(lab):
    rows = {row["payout_id"]: row for row in lab.rows("gold.payout_summary")}
    names = ("charges", "refunds", "adjustments", "fees", "net", "difference")
    first = tuple(map(D, ("150.00", "20.00", "0.00", "4.95", "125.05", "0.00")))
    assert tuple(rows["po_1"][name] for name in names) == first
    assert (rows["po_1"]["orders"], rows["po_1"]["arrival_date"]) == (2, date(2026, 3, 4))
    second = tuple(map(D, ("151.00", "0.00", "9.00", "4.98", "155.02", "0.00")))
    assert tuple(rows["po_2"][name] for name in names) == second
    assert (rows["po_3"]["net"], rows["po_3"]["charges"]) == (D("10.00"), None)
    assert (rows["po_4"]["adjustments"], rows["po_4"]["difference"]) == (D("5.00"), D("0.00"))
    assert (rows["po_0"]["net"], rows["po_0"]["difference"]) == (D("9.00"), D("0.00"))
    pounds = tuple(map(D, ("0.00", "147.00", "147.00", "0.00")))
    names = ("refunds", "adjustments", "net", "difference")
    assert tuple(rows["po_g2"][name] for name in names) == pounds


def test_a_list_that_does_not_add_up_is_found_though_others_are_paid_by_hand(lab):
    lab.lake.spark.sql(
        f"UPDATE {lab.lake.name('gold', 'payout_summary')} SET difference = 0.01 "
        "WHERE payout_id = 'po_2'"
    )
    assert lab.disagreements("payout_summary") != []
