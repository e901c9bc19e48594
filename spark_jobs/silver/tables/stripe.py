"""silver.stripe_*: Stripe's objects with amounts in currency units instead of cents.

Stripe objects carry no time of change: extraction order decides between two versions.
"""

from spark_jobs.silver.sql import epoch, hashed
from spark_jobs.silver.table import Table
from spark_jobs.silver.tables.stripe_record import (
    CUSTOMER_ID,
    EXPECTED,
    METADATA,
    MONEY,
    ORDER_ID,
    amounts,
)

CUSTOMERS = Table(
    name="stripe_customers",
    streams=("stripe_customers",),
    schema=f"id STRING, created BIGINT, email STRING, name STRING, {METADATA}",
    columns={
        "id": "r.id",
        "created_at": epoch("r.created"),
        "email_hash": hashed("r.email"),
        "shopify_customer_id": CUSTOMER_ID,
    },
    key=("id",),
    changed_at="created_at",
    comment="Stripe customers",
    expectations=EXPECTED,
    personal=("email_hash", "shopify_customer_id"),
)

PAYMENT_INTENTS = Table(
    name="stripe_payment_intents",
    streams=("stripe_payment_intents",),
    schema=f"""id STRING, created BIGINT, amount BIGINT, amount_received BIGINT, currency STRING,
    status STRING, customer STRING, latest_charge STRING,
    last_payment_error STRUCT<code: STRING, decline_code: STRING>, {METADATA}""",
    columns={
        "id": "r.id",
        "created_at": epoch("r.created"),
        **amounts("amount", "amount_received"),
        "currency": "upper(r.currency)",
        "status": "r.status",
        "customer_id": "r.customer",
        "charge_id": "r.latest_charge",
        "decline_code": "r.last_payment_error.decline_code",
        "order_id": ORDER_ID,
    },
    enums=("status",),
    key=("id",),
    changed_at="created_at",
    comment="Stripe payment intents",
    expectations=EXPECTED,
)

CHARGES = Table(
    name="stripe_charges",
    streams=("stripe_charges",),
    schema=f"""id STRING, created BIGINT, amount BIGINT, amount_captured BIGINT,
    amount_refunded BIGINT, currency STRING, status STRING, paid BOOLEAN, captured BOOLEAN,
    refunded BOOLEAN, disputed BOOLEAN, customer STRING, payment_intent STRING,
    balance_transaction STRING, failure_code STRING, {METADATA}""",
    columns={
        "id": "r.id",
        "created_at": epoch("r.created"),
        **amounts("amount", "amount_captured", "amount_refunded"),
        "currency": "upper(r.currency)",
        "status": "r.status",
        "captured": "r.captured",
        "refunded": "r.refunded",
        "disputed": "r.disputed",
        "customer_id": "r.customer",
        "payment_intent_id": "r.payment_intent",
        "balance_transaction_id": "r.balance_transaction",
        "failure_code": "r.failure_code",
        "order_id": ORDER_ID,
    },
    enums=("status",),
    key=("id",),
    changed_at="created_at",
    clustered=("created_at",),
    comment="Stripe charges",
    expectations={**EXPECTED, **MONEY},
)

REFUNDS = Table(
    name="stripe_refunds",
    streams=("stripe_refunds",),
    schema="""id STRING, created BIGINT, amount BIGINT, currency STRING, status STRING,
    charge STRING, payment_intent STRING, reason STRING, balance_transaction STRING""",
    columns={
        "id": "r.id",
        "created_at": epoch("r.created"),
        **amounts("amount"),
        "currency": "upper(r.currency)",
        "status": "r.status",
        "charge_id": "r.charge",
        "payment_intent_id": "r.payment_intent",
        "reason": "r.reason",
        "balance_transaction_id": "r.balance_transaction",
    },
    enums=("status",),
    key=("id",),
    changed_at="created_at",
    comment="Stripe refunds",
    expectations={**EXPECTED, **MONEY},
)

DISPUTES = Table(
    name="stripe_disputes",
    streams=("stripe_disputes",),
    schema="""id STRING, created BIGINT, amount BIGINT, currency STRING, status STRING,
    charge STRING, reason STRING""",
    columns={
        "id": "r.id",
        "created_at": epoch("r.created"),
        **amounts("amount"),
        "currency": "upper(r.currency)",
        "status": "r.status",
        "charge_id": "r.charge",
        "reason": "r.reason",
    },
    enums=("status", "reason"),
    key=("id",),
    changed_at="created_at",
    comment="Stripe disputes: charges that a bank has taken back",
    expectations={**EXPECTED, **MONEY},
)

BALANCE_TRANSACTIONS = Table(
    name="stripe_balance_transactions",
    streams=("stripe_balance_transactions",),
    schema="""id STRING, created BIGINT, available_on BIGINT, amount BIGINT, fee BIGINT, net BIGINT,
    currency STRING, type STRING, reporting_category STRING, status STRING, source STRING,
    exchange_rate DOUBLE""",
    columns={
        "id": "r.id",
        "created_at": epoch("r.created"),
        "available_at": epoch("r.available_on"),
        **amounts("amount", "fee", "net"),
        "currency": "upper(r.currency)",
        "type": "r.type",
        "reporting_category": "r.reporting_category",
        "status": "r.status",
        "source_id": "r.source",
    },
    enums=("type", "status"),
    key=("id",),
    changed_at="created_at",
    clustered=("created_at",),
    comment="Stripe balance transactions: what each charge, refund and payout did to the balance",
    expectations={**EXPECTED, **MONEY},
)

PAYOUT_TRANSACTIONS = Table(
    name="stripe_payout_transactions",
    streams=("stripe_payout_transactions",),
    schema="id STRING, created BIGINT, payout STRING",
    columns={"id": "r.id", "created_at": epoch("r.created"), "payout_id": "r.payout"},
    key=("id",),
    changed_at="created_at",
    clustered=("created_at",),
    comment="Which automatic payout a balance transaction left with, as Stripe lists it",
    expectations={**EXPECTED, "payout is missing": "length(payout_id) > 0"},
    meanings={"payout_id": "The payout in whose list it stands"},
)

PAYOUTS = Table(
    name="stripe_payouts",
    streams=("stripe_payouts",),
    schema="""id STRING, created BIGINT, arrival_date BIGINT, amount BIGINT, currency STRING,
    status STRING, automatic BOOLEAN, balance_transaction STRING""",
    columns={
        "id": "r.id",
        "created_at": epoch("r.created"),
        "arrival_at": epoch("r.arrival_date"),
        **amounts("amount"),
        "currency": "upper(r.currency)",
        "status": "r.status",
        "automatic": "r.automatic",
        "balance_transaction_id": "r.balance_transaction",
    },
    enums=("status",),
    key=("id",),
    changed_at="created_at",
    comment="Stripe payouts to the bank",
    expectations={**EXPECTED, **MONEY},
)
