"""silver.stripe_products and silver.stripe_prices."""

from spark_jobs.silver.sql import cents, epoch, text
from spark_jobs.silver.table import Table
from spark_jobs.silver.tables.stripe_record import EXPECTED

_FRACTIONS = 8  # decimals of a unit's price: Stripe sells by fractions of a cent

PRODUCTS = Table(
    name="stripe_products",
    streams=("stripe_products",),
    schema="""id STRING, created BIGINT, updated BIGINT, name STRING, active BOOLEAN,
    default_price STRING, tax_code STRING, unit_label STRING""",
    columns={
        "id": "r.id",
        "created_at": epoch("r.created"),
        "updated_at": epoch("r.updated"),
        "name": "r.name",
        "active": "r.active",
        "default_price_id": "r.default_price",
        "tax_code": "r.tax_code",
        "unit_label": text("r.unit_label"),
    },
    key=("id",),
    changed_at="updated_at",
    comment="Stripe products: what prices are for",
    expectations=EXPECTED,
    meanings={
        "active": "Whether it can be sold",
        "default_price_id": "Its usual price, in stripe_prices",
        "tax_code": "Stripe's tax code",
        "unit_label": "What a unit is called on receipts",
    },
)

PRICES = Table(
    name="stripe_prices",
    streams=("stripe_prices",),
    schema="""id STRING, created BIGINT, product STRING, active BOOLEAN, currency STRING,
    type STRING, billing_scheme STRING, unit_amount STRING, unit_amount_decimal STRING,
    tax_behavior STRING, nickname STRING,
    recurring STRUCT<`interval`: STRING, interval_count: BIGINT, usage_type: STRING>""",
    columns={
        "id": "r.id",
        "created_at": epoch("r.created"),
        "product_id": "r.product",
        "active": "r.active",
        "type": "r.type",
        "billing_scheme": "r.billing_scheme",
        "currency": "upper(r.currency)",
        "unit_amount": cents(
            "try_cast(coalesce(r.unit_amount_decimal, r.unit_amount) AS DECIMAL(24,12))",
            "r.currency",
            _FRACTIONS,
        ),
        "interval": "r.recurring.`interval`",
        "interval_count": "r.recurring.interval_count",
        "usage_type": "r.recurring.usage_type",
        "tax_behavior": "r.tax_behavior",
        "nickname": text("r.nickname"),
    },
    key=("id",),
    # Stripe's objects carry no time of change: the later reading wins.
    changed_at="created_at",
    comment="Stripe prices, active and not",
    expectations=EXPECTED,
    meanings={
        "product_id": "What it is for, in stripe_products",
        "active": "Whether it can be sold at",
        "type": "one_time, recurring",
        "billing_scheme": "per_unit, tiered (unit_amount is then NULL)",
        "unit_amount": "DECIMAL(18,8) in units of currency, fractions of a cent kept",
        "interval": "day, week, month, year; NULL for one_time",
        "interval_count": "Intervals between two payments",
        "usage_type": "licensed, metered",
        "tax_behavior": "inclusive, exclusive, unspecified",
        "nickname": "The shop's own word for it",
    },
)
