"""gold.daily_shop_overview: a day of shop and Stripe, with the metric names that dbt users know."""

from spark_jobs.gold.mart import Follow, Mart, Sources, Touch
from spark_jobs.gold.shop_day import PARCELS, shop_day_sql
from spark_jobs.gold.stripe_day import AMOUNTS, COUNTS, stripe_day_sql

SHOP_COUNTS = (
    *("count_orders", "count_line_items", "count_customers", "count_customer_emails"),
    *("count_discount_codes_applied", "count_locations_ordered_from"),
    *("count_orders_with_discounts", "count_orders_with_refunds", "quantity_sold"),
    *("quantity_refunded", "quantity_net", "count_variants_sold", "count_products_sold"),
    *("quantity_gift_cards_sold", "quantity_requiring_shipping"),
    *(f"count_fulfillment_{name}" for name in PARCELS),
    *("count_abandoned_checkouts", "count_customers_abandoned_checkout"),
)
SHOP_AMOUNTS = (
    *("order_adjusted_total", "shipping_cost", "order_adjustment_amount"),
    *("order_adjustment_tax_amount", "refund_subtotal", "refund_total_tax", "total_discounts"),
    *("shipping_discount_amount", "gross_sales", "discounts", "returns", "net_sales"),
)
AVERAGES = (
    *("avg_order_value", "avg_line_item_count", "avg_discount", "avg_shipping_discount_amount"),
    *("avg_quantity_sold", "avg_quantity_net"),
)
STRIPE_AMOUNTS = (*AMOUNTS, "total_daily_failed_charge_amount")
STRIPE_COUNTS = (*COUNTS, "total_daily_failed_charge_count")
UNFILLED = ("first_order_timestamp", "last_order_timestamp", *AVERAGES)
NUMBERS = (*SHOP_COUNTS, *STRIPE_COUNTS, *SHOP_AMOUNTS, *STRIPE_AMOUNTS)
OF_A_DAY = ("date_day", "currency", *UNFILLED, *NUMBERS)


def query(sources: Sources) -> str:
    """One row a day and currency from the first entry to the last, quiet days with zeros: running
    totals need every day. An average of a day without orders is NULL."""
    names = (*SHOP_COUNTS, *STRIPE_COUNTS)
    counts = ", ".join(f"IF(day = date_day, coalesce({n}, 0), 0) AS {n}" for n in names)
    names = (*SHOP_AMOUNTS, *STRIPE_AMOUNTS)
    amounts = ", ".join(
        f"CAST(IF(day = date_day, coalesce({n}, 0), 0) AS DECIMAL(18,2)) AS {n}" for n in names
    )
    others = ", ".join(f"IF(day = date_day, {n}, NULL) AS {n}" for n in UNFILLED)
    rolling = ", ".join(
        [
            *(f"CAST(sum({n}) OVER days AS DECIMAL(18,2)) AS rolling_{n}" for n in STRIPE_AMOUNTS),
            *(f"sum({n}) OVER days AS rolling_{n}" for n in STRIPE_COUNTS),
        ]
    )
    return f"""
    WITH both AS (
      SELECT {", ".join(OF_A_DAY)} FROM ({shop_day_sql(sources)})
      FULL JOIN ({stripe_day_sql(sources)}) USING (date_day, currency)
      {f"WHERE date_day IN {sources.keys} UNION ALL {sources.kept}" if sources.kept else ""}
    ),
    next AS (
      SELECT *, lead(date_day) OVER (PARTITION BY currency ORDER BY date_day) AS next FROM both
    ),
    days AS (
      SELECT *, explode(sequence(date_day, coalesce(date_sub(next, 1), date_day))) AS day FROM next
    ),
    filled AS (
      SELECT day AS date_day, currency, {others}, {counts}, {amounts} FROM days
    ),
    shop AS (
      SELECT max_by(struct(shop_id, name, domain, timezone), updated_at) AS s
      FROM {sources.silver("shop")} WHERE NOT _deleted
    )
    SELECT date_day, f.currency, s.shop_id, s.name, s.domain,
      coalesce(s.timezone, '{sources.timezone}') AS iana_timezone,
      trunc(date_day, 'WEEK') AS date_week, trunc(date_day, 'MM') AS date_month,
      trunc(date_day, 'YEAR') AS date_year, f.* EXCEPT (date_day, currency),
      {rolling}
    FROM filled AS f CROSS JOIN shop
    WINDOW days AS (PARTITION BY f.currency ORDER BY date_day)
    """


def follow(sources: Sources) -> Follow:
    """Days that are not touched keep their numbers, also where a touched day's order sent a parcel;
    running totals are made from all of them. Days that look quiet are always looked at: only days
    with entries are kept."""
    placed, created = sources.day("processed_at"), sources.day("created_at")
    parcels = f"transform(fulfillments, f -> {sources.day('f.created_at')})"
    sent = f"SELECT order_id FROM silver.fulfillments WHERE {created} IN KEYS"
    quiet = " AND ".join(f"{name} = 0" for name in NUMBERS)
    return Follow(
        key="date_day",
        touched={
            "gold.daily_revenue": Touch(
                "date AS key, currency, gross_sales, discounts, returns, net_sales"
            ),
            "silver.orders": Touch(
                "order_id, test, _deleted, processed_at, currency, customer_id, email_hash, "
                "discount_codes, total_price, shipping, shipping_discount, taxes_included, lines, "
                "refunds, fulfillments",
                f"SELECT explode(concat(array({placed}), {parcels})) AS key FROM CHANGES",
            ),
            "silver.stripe_balance_transactions": Touch(
                f"{created} AS key, currency, type, amount, fee, net, _deleted"
            ),
            "silver.stripe_charges": Touch(
                f"{created} AS key, currency, amount, status, _deleted",
                "SELECT key FROM CHANGES WHERE status = 'failed'",
            ),
            "silver.abandoned_checkouts": Touch(
                f"checkout_id, {created} AS key, currency, customer_id, _deleted"
            ),
            "silver.shop": Touch(
                "shop_id, name, domain, timezone, _deleted",
                "SELECT DATE '1970-01-01' AS key FROM CHANGES",
            ),
        },
        needed={
            "gold.daily_revenue": "date IN KEYS",
            "silver.orders": f"{placed} IN KEYS OR order_id IN ({sent})",
            "silver.stripe_balance_transactions": f"{created} IN KEYS",
            "silver.stripe_charges": f"{created} IN KEYS",
            "silver.abandoned_checkouts": f"{created} IN KEYS",
        },
        spread=(f"SELECT date_day AS key FROM gold.daily_shop_overview WHERE {quiet}",),
        kept=f"SELECT {', '.join(OF_A_DAY)} FROM gold.daily_shop_overview "
        "WHERE date_day NOT IN KEYS",
        rest=True,
    )


MART = Mart(name="daily_shop_overview", query=query, follow=follow)
