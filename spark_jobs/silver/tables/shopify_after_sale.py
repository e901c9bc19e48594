"""silver.fulfillment_orders and silver.returns: what is to be sent, and what comes back."""

from spark_jobs.silver.sql import REF, connection, identifier, items, nodes, text, time
from spark_jobs.silver.table import Exploded, Table

_LINE = f"""STRUCT<id: STRING, totalQuantity: BIGINT, remainingQuantity: BIGINT, sku: STRING,
lineItem: {REF}>"""
_RETURN_LINE = f"""STRUCT<id: STRING, quantity: BIGINT, refundedQuantity: BIGINT,
refundableQuantity: BIGINT, returnReasonDefinition: STRUCT<handle: STRING>,
fulfillmentLineItem: STRUCT<lineItem: {REF}>>"""

FULFILLMENT_ORDERS = Table(
    name="fulfillment_orders",
    streams=("shopify_fulfillment_orders",),
    schema=f"""id STRING, orderId STRING, orderName STRING, status STRING, requestStatus STRING,
    createdAt STRING, updatedAt STRING, fulfillAt STRING, fulfillBy STRING,
    assignedLocation STRUCT<name: STRING, location: {REF}>,
    deliveryMethod STRUCT<methodType: STRING>, fulfillmentHolds ARRAY<STRUCT<reason: STRING>>,
    lineItems {connection(_LINE)}""",
    columns={
        "fulfillment_order_id": identifier("r.id"),
        "order_id": identifier("r.orderId"),
        "order_name": "r.orderName",
        "status": "lower(r.status)",
        "request_status": "lower(r.requestStatus)",
        "location_id": identifier("r.assignedLocation.location.id"),
        "location_name": "r.assignedLocation.name",
        "delivery_method": "lower(r.deliveryMethod.methodType)",
        "hold_reasons": "coalesce(transform(r.fulfillmentHolds, x -> lower(x.reason)), array())",
        "fulfill_at": time("r.fulfillAt"),
        "fulfill_by": time("r.fulfillBy"),
        "lines": items(
            nodes("r.lineItems"),
            {
                "fulfillment_order_line_id": identifier("x.id"),
                "line_id": identifier("x.lineItem.id"),
                "sku": text("x.sku"),
                "quantity": "x.totalQuantity",
                "remaining": "x.remainingQuantity",
            },
        ),
        "created_at": time("r.createdAt"),
        "updated_at": time("r.updatedAt"),
    },
    key=("fulfillment_order_id",),
    changed_at="updated_at",
    comment="One row a part of an order that one location is to send",
    expectations={
        "id is missing": "fulfillment_order_id <> ''",
        "order is missing": "order_id <> ''",
    },
    enums=("status", "request_status"),
    meanings={
        "request_status": "What the location was asked and has answered",
        "delivery_method": "shipping, pick_up, local, retail, none",
        "hold_reasons": "Why it is held back; empty when it is not",
        "fulfill_at": "When sending may begin",
        "fulfill_by": "When it should be sent at the latest",
        "lines": "The order's lines in it: units in all and still to be sent",
    },
)

RETURNS = Table(
    name="returns",
    streams=("shopify_returns",),
    schema=f"""id STRING, name STRING, status STRING, createdAt STRING, closedAt STRING,
    requestApprovedAt STRING, totalQuantity BIGINT, `order` {REF},
    decline STRUCT<reason: STRING>, returnLineItems {connection(_RETURN_LINE)},
    refunds {connection(REF)}""",
    columns={
        "return_id": identifier("r.id"),
        "name": "r.name",
        "order_id": identifier("r.`order`.id"),
        "status": "lower(r.status)",
        "created_at": time("r.createdAt"),
        "approved_at": time("r.requestApprovedAt"),
        "closed_at": time("r.closedAt"),
        "units": "r.totalQuantity",
        "decline_reason": "lower(r.decline.reason)",
        "refund_ids": f"coalesce(transform({nodes('r.refunds')}, x -> {identifier('x.id')}), "
        "array())",
        "lines": items(
            nodes("r.returnLineItems"),
            {
                "return_line_id": identifier("x.id"),
                "line_id": identifier("x.fulfillmentLineItem.lineItem.id"),
                "quantity": "x.quantity",
                "refunded": "x.refundedQuantity",
                "refundable": "x.refundableQuantity",
                "reason": "x.returnReasonDefinition.handle",
            },
        ),
    },
    key=("return_id",),
    # A return has no time of change: the later reading wins.
    changed_at="created_at",
    comment="One row a return of an order's lines",
    expectations={"id is missing": "return_id <> ''", "order is missing": "order_id <> ''"},
    enums=("status",),
    meanings={
        "approved_at": "When the buyer's request was approved",
        "closed_at": "When it was over",
        "units": "How many units come back",
        "decline_reason": "Why it was refused",
        "refund_ids": "Refunds that were paid for it",
        "lines": "The order's lines in it",
    },
)

RETURN_LINES = Exploded(
    name="return_lines",
    parent="returns",
    parent_key="return_id",
    key=("return_id", "return_line_id"),
    source="SELECT return_id, order_id, status, created_at, l.* "
    "FROM parent LATERAL VIEW explode(lines) AS l",
    comment="One row an order line in a return",
    meanings={
        "quantity": "Units that come back",
        "refunded": "Units that were paid back",
        "refundable": "Units that can still be paid back",
        "reason": "Shopify's handle of the reason",
        "created_at": "When the return was made",
        "status": "The return's state",
    },
)
