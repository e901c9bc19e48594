"""gold.daily_shop_overview: a day of shop and Stripe, with the metric names that dbt users know."""

from spark_jobs.gold.mart import Mart, Sources
from spark_jobs.gold.shop_day import PARCELS, shop_day_sql
from spark_jobs.gold.stripe_day import AMOUNTS, COUNTS, stripe_day_sql

SHOP_COUNTS = (
    *("count_orders", "count_line_items", "count_customers", "count_customer_emails"),
    *("count_discount_codes_applied", "count_locations_ordered_from"),
    *("count_orders_with_discounts", "count_orders_with_refunds", "quantity_sold"),
    *("quantity_refunded", "quantity_net", "count_variants_sold", "count_products_sold"),
    *("quantity_gift_cards_sold", "quantity_requiring_shipping"),
    *(f"count_fulfillment_{name}" for name in PARCELS),
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


def query(sources: Sources) -> str:
    """One row a day and currency from the first entry to the last, quiet days with zeros: running
    totals need every day. An average of a day without orders is NULL."""
    names = (*SHOP_COUNTS, *STRIPE_COUNTS)
    counts = ", ".join(f"IF(day = date_day, coalesce({n}, 0), 0) AS {n}" for n in names)
    names = (*SHOP_AMOUNTS, *STRIPE_AMOUNTS)
    amounts = ", ".join(
        f"CAST(IF(day = date_day, coalesce({n}, 0), 0) AS DECIMAL(18,2)) AS {n}" for n in names
    )
    kept = ("first_order_timestamp", "last_order_timestamp", *AVERAGES)
    others = ", ".join(f"IF(day = date_day, {n}, NULL) AS {n}" for n in kept)
    rolling = ", ".join(
        [
            *(f"CAST(sum({n}) OVER days AS DECIMAL(18,2)) AS rolling_{n}" for n in STRIPE_AMOUNTS),
            *(f"sum({n}) OVER days AS rolling_{n}" for n in STRIPE_COUNTS),
        ]
    )
    return f"""
    WITH both AS (
      SELECT * FROM ({shop_day_sql(sources)})
      FULL JOIN ({stripe_day_sql(sources)}) USING (date_day, currency)
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
      CAST(sum(daily_net_activity_amount) OVER days AS DECIMAL(18,2)) AS daily_end_balance_amount,
      {rolling}
    FROM filled AS f CROSS JOIN shop
    WINDOW days AS (PARTITION BY f.currency ORDER BY date_day)
    """


MART = Mart(name="daily_shop_overview", query=query)
