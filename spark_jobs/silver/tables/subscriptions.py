"""silver.stripe_subscriptions and every state of them that was seen, with their monthly value."""

from spark_jobs.silver.sql import cents, epoch
from spark_jobs.silver.table import Table

_PRICE = """STRUCT<id: STRING, unit_amount: BIGINT, unit_amount_decimal: STRING, currency: STRING,
recurring: STRUCT<interval: STRING, interval_count: BIGINT, usage_type: STRING>,
transform_quantity: STRUCT<divide_by: BIGINT, round: STRING>>"""
_COUPON = "STRUCT<percent_off: DOUBLE, amount_off: BIGINT, duration: STRING>"
_SCHEMA = f"""id STRING, customer STRING, status STRING, created BIGINT, start_date BIGINT,
canceled_at BIGINT, ended_at BIGINT, cancel_at_period_end BOOLEAN, trial_end BIGINT,
currency STRING, items STRUCT<data: ARRAY<STRUCT<id: STRING, quantity: BIGINT, price: {_PRICE}>>>,
discounts ARRAY<STRUCT<source: STRUCT<coupon: {_COUPON}>, coupon: {_COUPON}>>,
discount STRUCT<coupon: {_COUPON}>"""
_MONTHS = """CASE i.price.recurring.`interval` WHEN 'day' THEN 12.0D / 365
WHEN 'week' THEN 12.0D / 52 WHEN 'year' THEN 12.0D ELSE 1.0D END
* coalesce(i.price.recurring.interval_count, 1)"""
_AMOUNT = "coalesce(i.price.unit_amount, try_cast(i.price.unit_amount_decimal AS DOUBLE), 0)"
# Where a coupon stands depends on the API version: since 2025-09-30 in the discount's source.
_COUPONS = """coalesce(transform(r.discounts, d -> coalesce(d.source.coupon, d.coupon)),
array(r.discount.coupon))"""
# Of a price by packages (ten seats at 50.00) a package is paid for, begun or full.
_PACKAGES = "i.quantity / nullif(i.price.transform_quantity.divide_by, 0)"
_UNITS = f"""coalesce(IF(i.price.transform_quantity.`round` = 'down', floor({_PACKAGES}),
ceil({_PACKAGES})), i.quantity, 1)"""
# Stripe's definition (docs, "Billing metric definitions"): normalized to a month; metered prices
# and taxes stay out; a coupon counts only when it lasts forever. An amount is off each invoice.
_MONTHLY = f"""aggregate({_COUPONS}, aggregate(coalesce(r.items.data, array()), 0.0D,
(sum, i) -> sum + IF(coalesce(i.price.recurring.usage_type, 'licensed') = 'metered', 0.0D,
CAST({_AMOUNT} AS DOUBLE) * {_UNITS} / ({_MONTHS}))),
(sum, c) -> IF(c.duration = 'forever', greatest(0.0D, sum * (1 - coalesce(c.percent_off, 0) / 100)
  - coalesce(c.amount_off, 0) / ({_MONTHS.replace("i.price", "get(r.items.data, 0).price")})), sum))
"""
_COLUMNS = {
    "id": "r.id",
    "customer_id": "r.customer",
    "status": "r.status",
    "created_at": epoch("r.created"),
    "started_at": epoch("coalesce(r.start_date, r.created)"),
    "trial_end_at": epoch("r.trial_end"),
    "canceled_at": epoch("r.canceled_at"),
    "ended_at": epoch("r.ended_at"),
    "cancel_at_period_end": "coalesce(r.cancel_at_period_end, false)",
    "currency": "upper(r.currency)",
    "quantity": "aggregate(coalesce(r.items.data, array()), 0L, "
    "(sum, i) -> try_add(sum, coalesce(i.quantity, 1)))",
    "mrr": cents(f"round({_MONTHLY})", "r.currency"),
}
_EXPECTATIONS = {
    "id is missing": "length(id) > 0",
    "created is missing": "created_at IS NOT NULL",
    "customer is missing": "length(customer_id) > 0",
    "currency is missing": "length(currency) = 3",
}

SUBSCRIPTIONS = Table(
    name="stripe_subscriptions",
    streams=("stripe_subscriptions",),
    schema=_SCHEMA,
    columns=_COLUMNS,
    key=("id",),
    changed_at="created_at",
    comment="Stripe subscriptions; mrr is what they bring a month while they are active",
    expectations=_EXPECTATIONS,
)

HISTORY = Table(
    name="subscription_history",
    streams=("stripe_subscriptions",),
    schema=_SCHEMA,
    columns={**_COLUMNS, "seen_at": "_extracted_at"},
    key=("id", "seen_at"),
    changed_at="seen_at",
    comment="Every state of a subscription that a pull has seen: Stripe keeps no history of prices",
    expectations=_EXPECTATIONS,
)
