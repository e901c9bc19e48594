"""A day of the shop under the names of Fivetran's dbt_shopify `daily_shop` (names only)."""

from spark_jobs.gold.line_money import GROSS, NET, money, total, units
from spark_jobs.gold.mart import Sources
from spark_jobs.gold.sql import CODES, different, different_in

# Status of a parcel -> the name that dbt_shopify counts it under.
PARCELS = (
    *("attempted_delivery", "delivered", "failure", "in_transit", "out_for_delivery"),
    *("ready_for_pickup", "picked_up", "label_printed", "label_purchased", "confirmed", "delayed"),
)
# Of a parcel `f`: one that was cancelled is none.
SENT = "coalesce(f.status, '') <> 'cancelled'"
# What a refund gave back, tax and all: a line `x` of it, and the rest of the refund `x`.
LINE_BACK = "x.subtotal + IF(taxes_included, 0, x.tax)"
PARTS_BACK = (
    "x.adjustment + x.adjustment_tax + x.shipping + IF(taxes_included, 0, x.shipping_tax) "
    "+ x.duties + x.tips"
)


def shop_day_sql(sources: Sources) -> str:
    """A row a date_day and currency. What is counted of orders belongs to the day on which they
    were placed, also their refunds; gross_sales to net_sales are daily_revenue's, refunds on their
    own day."""
    parcels = ", ".join(
        f"count(IF(status = '{name}', 1, NULL)) AS count_fulfillment_{name}" for name in PARCELS
    )
    counted = ", ".join(
        f"coalesce(p.count_fulfillment_{name}, 0) AS count_fulfillment_{name}" for name in PARCELS
    )
    back = "flatten(transform(refunds, f -> f.lines))"
    return f"""
    WITH live AS (
      SELECT *, {sources.day("processed_at")} AS date_day FROM {sources.silver("orders")}
      WHERE NOT test AND NOT _deleted
    ),
    orders AS (
      SELECT date_day, currency, order_id, coalesce(customer_id, email_hash) AS buyer, email_hash,
        processed_at, discount_codes, total_price, shipping, shipping_discount, lines, fulfillments,
        {units("lines")} AS quantity,
        aggregate(lines, 0L, (sum, x) -> sum + IF(x.gift_card, x.quantity, 0)) AS gift_cards,
        aggregate(lines, 0L, (sum, x) -> sum + IF(x.requires_shipping, x.quantity, 0)) AS shipped,
        {total("lines", f"{GROSS} - {NET}")} AS discount,
        {units(back)} AS refunded_quantity, {total(back, "x.subtotal")} AS refunded,
        {total(back, "x.tax")} AS refunded_tax, {total("refunds", "-x.adjustment")} AS adjusted,
        {total("refunds", "-x.adjustment_tax")} AS adjusted_tax,
        {total(back, LINE_BACK)} + {total("refunds", PARTS_BACK)} AS given_back,
        size(refunds) > 0 AS has_refund
      FROM live
    ),
    placed AS (
      SELECT date_day, currency, count(*) AS count_orders, sum(size(lines)) AS count_line_items,
        {different("buyer")} AS count_customers,
        {different("email_hash")} AS count_customer_emails,
        sum(total_price - given_back) AS order_adjusted_total,
        sum(shipping) AS shipping_cost, sum(adjusted) AS order_adjustment_amount,
        sum(adjusted_tax) AS order_adjustment_tax_amount, sum(refunded) AS refund_subtotal,
        sum(refunded_tax) AS refund_total_tax, sum(discount) AS total_discounts,
        sum(shipping_discount) AS shipping_discount_amount,
        {different_in(CODES)} AS count_discount_codes_applied,
        {different_in(f"transform(filter(fulfillments, f -> {SENT}), f -> f.location_id)")}
          AS count_locations_ordered_from,
        count(IF(discount > 0 OR shipping_discount > 0, 1, NULL)) AS count_orders_with_discounts,
        count(IF(has_refund, 1, NULL)) AS count_orders_with_refunds,
        min(processed_at) AS first_order_timestamp, max(processed_at) AS last_order_timestamp,
        sum(quantity) AS quantity_sold, sum(refunded_quantity) AS quantity_refunded,
        sum(quantity - refunded_quantity) AS quantity_net,
        {different_in("transform(lines, l -> l.variant_id)")} AS count_variants_sold,
        {different_in("transform(lines, l -> l.product_id)")} AS count_products_sold,
        sum(gift_cards) AS quantity_gift_cards_sold, sum(shipped) AS quantity_requiring_shipping
      FROM orders GROUP BY date_day, currency
    ),
    sold AS (
      SELECT date AS date_day, currency, gross_sales, discounts, returns, net_sales
      FROM {sources.gold("daily_revenue")}
    ),
    parcels AS (
      SELECT date_day, currency, {parcels} FROM (
        SELECT {sources.day("f.created_at")} AS date_day, currency,
          IF(f.display_status IN ({", ".join(f"'{name}'" for name in PARCELS)}), f.display_status,
            IF(f.status IN ('failure', 'error') OR f.display_status = 'not_delivered', 'failure',
              'confirmed')) AS status
        FROM live LATERAL VIEW explode(fulfillments) AS f
        WHERE {SENT}
      ) GROUP BY date_day, currency
    ),
    abandoned AS (
      SELECT {sources.day("created_at")} AS date_day, currency,
        count(*) AS count_abandoned_checkouts,
        count(DISTINCT customer_id) AS count_customers_abandoned_checkout
      FROM {sources.silver("abandoned_checkouts")}
      WHERE NOT _deleted AND created_at IS NOT NULL AND currency IS NOT NULL GROUP BY ALL
    )
    SELECT date_day, currency,
      p0.* EXCEPT (date_day, currency, order_adjusted_total, shipping_cost,
        order_adjustment_amount, order_adjustment_tax_amount, refund_subtotal, refund_total_tax,
        total_discounts, shipping_discount_amount),
      {_amounts("order_adjusted_total", "shipping_cost", "order_adjustment_amount")},
      {_amounts("order_adjustment_tax_amount", "refund_subtotal", "refund_total_tax")},
      {_amounts("total_discounts", "shipping_discount_amount")},
      {_average("avg_order_value", "order_adjusted_total")},
      {_average("avg_line_item_count", "count_line_items")},
      {_average("avg_discount", "total_discounts")},
      {_average("avg_shipping_discount_amount", "shipping_discount_amount")},
      {_average("avg_quantity_sold", "quantity_sold")},
      {_average("avg_quantity_net", "quantity_net")},
      gross_sales, discounts, returns, net_sales, {counted},
      count_abandoned_checkouts, count_customers_abandoned_checkout
    FROM sold FULL JOIN placed AS p0 USING (date_day, currency)
    FULL JOIN parcels AS p USING (date_day, currency)
    FULL JOIN abandoned USING (date_day, currency)
    """


def _amounts(*names: str) -> str:
    return ", ".join(f"{money(name)} AS {name}" for name in names)


def _average(name: str, total: str) -> str:
    return f"CAST({total} / count_orders AS DECIMAL(18,2)) AS {name}"
