"""silver.stripe_invoices with their lines, and silver.stripe_invoice_items."""

from spark_jobs.silver.sql import cents, epoch, hashed, items
from spark_jobs.silver.table import Exploded, Table
from spark_jobs.silver.tables.stripe_record import EXPECTED, METADATA, ORDER_ID, amounts

_LINE = """STRUCT<id: STRING, amount: BIGINT, currency: STRING, quantity: BIGINT,
period: STRUCT<start: BIGINT, `end`: BIGINT>,
pricing: STRUCT<price_details: STRUCT<price: STRING, product: STRING>>,
parent: STRUCT<subscription_item_details: STRUCT<subscription: STRING, proration: BOOLEAN>,
  invoice_item_details: STRUCT<invoice_item: STRING, proration: BOOLEAN>>>"""
_PARENT = "parent STRUCT<subscription_details: STRUCT<subscription: STRING>>"


def _sum(array: str) -> str:
    total = f"aggregate({array}, 0L, (sum, x) -> try_add(sum, coalesce(x.amount, 0)))"
    return cents(f"IF({array} IS NULL, 0L, {total})", "r.currency")


INVOICES = Table(
    name="stripe_invoices",
    streams=("stripe_invoices",),
    schema=f"""id STRING, created BIGINT, number STRING, status STRING, customer STRING,
    customer_email STRING, currency STRING, billing_reason STRING, collection_method STRING,
    attempt_count BIGINT, due_date BIGINT, period_start BIGINT, period_end BIGINT,
    subtotal BIGINT, total BIGINT, amount_due BIGINT, amount_paid BIGINT, amount_remaining BIGINT,
    amount_shipping BIGINT, total_taxes ARRAY<STRUCT<amount: BIGINT>>,
    total_discount_amounts ARRAY<STRUCT<amount: BIGINT>>,
    status_transitions STRUCT<finalized_at: BIGINT, paid_at: BIGINT, voided_at: BIGINT,
      marked_uncollectible_at: BIGINT>, {_PARENT}, {METADATA},
    payments STRUCT<data: ARRAY<STRUCT<payment: STRUCT<payment_intent: STRING, charge: STRING>>>>,
    lines STRUCT<data: ARRAY<{_LINE}>>""",
    columns={
        "id": "r.id",
        "created_at": epoch("r.created"),
        "number": "r.number",
        "status": "r.status",
        "customer_id": "r.customer",
        "email_hash": hashed("r.customer_email"),
        "subscription_id": "r.parent.subscription_details.subscription",
        "order_id": ORDER_ID,
        "billing_reason": "r.billing_reason",
        "collection_method": "r.collection_method",
        "currency": "upper(r.currency)",
        **amounts("subtotal", "total", "amount_due", "amount_paid", "amount_remaining"),
        "discounts": _sum("r.total_discount_amounts"),
        "tax": _sum("r.total_taxes"),
        "shipping": cents("coalesce(r.amount_shipping, 0L)", "r.currency"),
        "attempts": "r.attempt_count",
        "due_at": epoch("r.due_date"),
        "period_start": epoch("r.period_start"),
        "period_end": epoch("r.period_end"),
        "finalized_at": epoch("r.status_transitions.finalized_at"),
        "paid_at": epoch("r.status_transitions.paid_at"),
        "voided_at": epoch("r.status_transitions.voided_at"),
        "uncollectible_at": epoch("r.status_transitions.marked_uncollectible_at"),
        "payment_intent_ids": "coalesce(array_compact(transform(r.payments.data, "
        "x -> x.payment.payment_intent)), array())",
        "lines": items(
            "r.lines.data",
            {
                "line_id": "x.id",
                "amount": cents("x.amount", "coalesce(x.currency, r.currency)"),
                "quantity": "x.quantity",
                "price_id": "x.pricing.price_details.price",
                "product_id": "x.pricing.price_details.product",
                "subscription_id": "x.parent.subscription_item_details.subscription",
                "invoice_item_id": "x.parent.invoice_item_details.invoice_item",
                "proration": "coalesce(x.parent.subscription_item_details.proration, "
                "x.parent.invoice_item_details.proration, false)",
                "period_start": epoch("x.period.start"),
                "period_end": epoch("x.period.`end`"),
            },
        ),
    },
    key=("id",),
    changed_at="created_at",
    comment="Stripe invoices with their lines",
    expectations=EXPECTED,
    personal=("email_hash",),
    enums=("status", "billing_reason"),
    meanings={
        "number": "As the customer sees it; NULL for a draft",
        "order_id": "Shopify's order, from the metadata",
        "billing_reason": "What made it: subscription_cycle, manual ...",
        "collection_method": "charge_automatically, send_invoice",
        "subtotal": "Before discounts and tax that is not included",
        "total": "What it asks for",
        "amount_due": "What is to be paid of the total",
        "amount_remaining": "What is still to be paid",
        "attempts": "How often a payment was tried",
        "due_at": "When it is to be paid; NULL where Stripe charges by itself",
        "period_start": "Begin of what usage it bills",
        "period_end": "End of what usage it bills",
        "finalized_at": "When it could be changed no more",
        "paid_at": "When it was paid",
        "voided_at": "When it was declared void",
        "uncollectible_at": "When it was given up",
        "payment_intent_ids": "Payments for it",
        "lines": "Its lines",
    },
)

INVOICE_LINES = Exploded(
    name="stripe_invoice_lines",
    parent="stripe_invoices",
    parent_key="invoice_id",
    key=("invoice_id", "line_id"),
    source="SELECT invoice_id, customer_id, currency, status, l.* "
    "FROM (SELECT id AS invoice_id, * FROM parent) LATERAL VIEW explode(lines) AS l",
    comment="One row a line of a Stripe invoice",
    meanings={
        "status": "The invoice's state",
        "line_id": "Stripe's id of the line",
        "amount": "Of the whole line, before tax that is not included",
        "price_id": "Its price, in stripe_prices",
        "product_id": "What it is for, in stripe_products",
        "invoice_item_id": "The item that was put on it, in stripe_invoice_items",
        "proration": "Whether it makes up for a change within a period",
        "period_start": "Begin of what it bills",
        "period_end": "End of what it bills",
    },
)

INVOICE_ITEMS = Table(
    name="stripe_invoice_items",
    streams=("stripe_invoice_items",),
    schema="""id STRING, `date` BIGINT, customer STRING, invoice STRING, amount BIGINT,
    currency STRING, quantity BIGINT, proration BOOLEAN,
    period STRUCT<start: BIGINT, `end`: BIGINT>,
    pricing STRUCT<price_details: STRUCT<price: STRING, product: STRING>>""",
    columns={
        "id": "r.id",
        "created_at": epoch("r.`date`"),
        "customer_id": "r.customer",
        "invoice_id": "r.invoice",
        "currency": "upper(r.currency)",
        **amounts("amount"),
        "quantity": "r.quantity",
        "price_id": "r.pricing.price_details.price",
        "product_id": "r.pricing.price_details.product",
        "proration": "coalesce(r.proration, false)",
        "period_start": epoch("r.period.start"),
        "period_end": epoch("r.period.`end`"),
    },
    key=("id",),
    changed_at="created_at",
    comment="Stripe invoice items: what waits to be billed, or was",
    expectations=EXPECTED,
    meanings={
        "invoice_id": "The invoice that it stands on; NULL while it waits",
        "amount": "Of the whole item",
        "price_id": "Its price, in stripe_prices",
        "product_id": "What it is for, in stripe_products",
        "proration": "Whether it makes up for a change within a period",
        "period_start": "Begin of what it bills",
        "period_end": "End of what it bills",
    },
)
