"""Flat tables of an order's arrays, for people and BI tools."""

from spark_jobs.silver.table import Exploded

_HEAD = "order_id, order_name, processed_at AS order_processed_at, currency"

LINES = Exploded(
    name="order_lines",
    parent="orders",
    parent_key="order_id",
    key=("order_id", "line_id"),
    source=f"SELECT {_HEAD}, line.* FROM parent LATERAL VIEW explode(lines) AS line",
    clustered=("order_processed_at",),
    comment="One row a line of an order; discount and tax are the line's totals",
)

REFUND_LINES = Exploded(
    name="refund_lines",
    parent="orders",
    parent_key="order_id",
    key=("order_id", "refund_id", "line_id"),
    source=f"""SELECT {_HEAD}, refund.refund_id, refund.refunded_at, line.line_id,
    max(line.restock_type) AS restock_type, max(line.location_id) AS location_id,
    sum(line.quantity) AS quantity, CAST(sum(line.subtotal) AS DECIMAL(18,2)) AS subtotal,
    CAST(sum(line.tax) AS DECIMAL(18,2)) AS tax
    FROM parent LATERAL VIEW explode(refunds) AS refund
    LATERAL VIEW explode(refund.lines) AS line
    GROUP BY order_id, order_name, processed_at, currency, refund.refund_id, refund.refunded_at,
    line.line_id""",
    comment="One row an order line in a refund",
)

TRANSACTIONS = Exploded(
    name="order_transactions",
    parent="orders",
    parent_key="order_id",
    key=("order_id", "transaction_id"),
    source=f"SELECT {_HEAD}, t.* FROM parent LATERAL VIEW explode(transactions) AS t",
    comment="One row a payment transaction of an order",
)

FULFILLMENTS = Exploded(
    name="fulfillments",
    parent="orders",
    parent_key="order_id",
    key=("order_id", "fulfillment_id"),
    source=f"SELECT {_HEAD}, f.* FROM parent LATERAL VIEW explode(fulfillments) AS f",
    comment="One row a parcel of an order",
)
