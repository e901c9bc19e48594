"""silver.stripe_checkout_sessions, .stripe_payment_methods, .stripe_events."""

from spark_jobs.silver.sql import cents, epoch, hashed, items
from spark_jobs.silver.table import Table
from spark_jobs.silver.tables.stripe_record import EXPECTED, METADATA, ORDER_ID, amounts

_ITEM = """STRUCT<id: STRING, quantity: BIGINT, amount_subtotal: BIGINT, amount_total: BIGINT,
currency: STRING, price: STRUCT<id: STRING, product: STRING>>"""
_TOTALS = ("amount_discount", "amount_shipping", "amount_tax")

CHECKOUT_SESSIONS = Table(
    name="stripe_checkout_sessions",
    streams=("stripe_checkout_sessions",),
    schema=f"""id STRING, created BIGINT, expires_at BIGINT, status STRING, payment_status STRING,
    mode STRING, currency STRING, customer STRING, customer_email STRING,
    customer_details STRUCT<email: STRING, address: STRUCT<country: STRING>>,
    amount_subtotal BIGINT, amount_total BIGINT, client_reference_id STRING,
    total_details STRUCT<{", ".join(f"{name}: BIGINT" for name in _TOTALS)}>,
    payment_intent STRING, subscription STRING, invoice STRING, {METADATA},
    line_items STRUCT<data: ARRAY<{_ITEM}>>""",
    columns={
        "id": "r.id",
        "created_at": epoch("r.created"),
        "expires_at": epoch("r.expires_at"),
        "status": "r.status",
        "payment_status": "r.payment_status",
        "mode": "r.mode",
        "customer_id": "r.customer",
        "email_hash": hashed("coalesce(r.customer_details.email, r.customer_email)"),
        "country": "r.customer_details.address.country",
        "order_id": ORDER_ID,
        "payment_intent_id": "r.payment_intent",
        "subscription_id": "r.subscription",
        "invoice_id": "r.invoice",
        "currency": "upper(r.currency)",
        **amounts("amount_subtotal", "amount_total"),
        **{
            name.removeprefix("amount_"): cents(
                f"coalesce(r.total_details.{name}, 0L)", "r.currency"
            )
            for name in _TOTALS
        },
        "lines": items(
            "r.line_items.data",
            {
                "line_id": "x.id",
                "price_id": "x.price.id",
                "product_id": "x.price.product",
                "quantity": "x.quantity",
                "subtotal": cents("x.amount_subtotal", "coalesce(x.currency, r.currency)"),
                "total": cents("x.amount_total", "coalesce(x.currency, r.currency)"),
            },
        ),
    },
    key=("id",),
    # Stripe's objects carry no time of change: the later reading wins.
    changed_at="created_at",
    comment="Stripe Checkout sessions: pages on which somebody was to pay",
    expectations=EXPECTED,
    personal=("email_hash",),
    enums=("status", "payment_status"),
    meanings={
        "expires_at": "When it ends by itself",
        "payment_status": "paid, unpaid, no_payment_required",
        "mode": "payment, subscription, setup",
        "country": "Of the billing address",
        "order_id": "Shopify's order, from the metadata",
        "amount_subtotal": "Before discounts and tax",
        "amount_total": "What was asked for",
        "discount": "What coupons took off",
        "tax": "In amount_total",
        "lines": "What was sold, with prices",
    },
)

PAYMENT_METHODS = Table(
    name="stripe_payment_methods",
    streams=("stripe_payment_methods",),
    schema="""id STRING, created BIGINT, type STRING, customer STRING,
    billing_details STRUCT<email: STRING, address: STRUCT<country: STRING>>,
    card STRUCT<brand: STRING, country: STRING, funding: STRING, exp_month: INT, exp_year: INT,
      wallet: STRUCT<type: STRING>>""",
    columns={
        "id": "r.id",
        "created_at": epoch("r.created"),
        "type": "r.type",
        "customer_id": "r.customer",
        "email_hash": hashed("r.billing_details.email"),
        "country": "r.billing_details.address.country",
        "card_brand": "r.card.brand",
        "card_country": "r.card.country",
        "card_funding": "r.card.funding",
        "card_expires_on": "last_day(try_cast("
        "concat_ws('-', r.card.exp_year, lpad(r.card.exp_month, 2, '0'), '01') AS DATE))",
        "wallet": "r.card.wallet.type",
    },
    key=("id",),
    changed_at="created_at",
    comment="Stripe payment methods of customers; nothing of the card's number",
    expectations=EXPECTED,
    personal=("email_hash",),
    meanings={
        "type": "card, us_bank_account, sepa_debit ...",
        "customer_id": "Stripe's customer; NULL once it was detached",
        "country": "Of the billing address",
        "card_brand": "visa, mastercard ...",
        "card_country": "Where the card was issued",
        "card_funding": "credit, debit, prepaid, unknown",
        "card_expires_on": "The card's last day",
        "wallet": "apple_pay, google_pay ...; NULL without one",
    },
)

EVENTS = Table(
    name="stripe_events",
    streams=("stripe_events",),
    schema="""id STRING, created BIGINT, type STRING, api_version STRING,
    request STRUCT<id: STRING>,
    data STRUCT<object: STRUCT<id: STRING, object: STRING, status: STRING>>""",
    columns={
        "id": "r.id",
        "created_at": epoch("r.created"),
        "type": "r.type",
        "object_type": "r.data.object.object",
        "object_id": "r.data.object.id",
        "object_status": "r.data.object.status",
        "by_request": "r.request.id IS NOT NULL",
        "api_version": "r.api_version",
    },
    key=("id",),
    changed_at="created_at",
    comment="Stripe events: what happened to which object, and when; the payload stays in bronze",
    expectations=EXPECTED,
    clustered=("created_at",),
    meanings={
        "type": "What happened, e.g. charge.refunded",
        "object_type": "Kind of the object that it happened to",
        "object_id": "Its id",
        "object_status": "Its state after it, where it has one",
        "by_request": "Whether somebody's API call did it, not Stripe itself",
        "api_version": "Stripe's version of the payload",
    },
)
