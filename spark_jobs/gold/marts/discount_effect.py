"""gold.discount_effect: what orders with each discount code brought, beside those without one."""

from spark_jobs.gold.mart import Follow, Mart, Sources, Touch


def query(sources: Sources) -> str:
    """One row a day, discount and currency. An order stands under its codes together, so each
    counts once and the rows add up to daily_revenue; what comes back stands on its own day."""
    return f"""
    WITH daily AS (
      SELECT date, discount, currency, count(IF(kind = 'order', 1, NULL)) AS orders,
        count(IF(order_number = 1, 1, NULL)) AS new_customers, sum(units) AS units,
        CAST(sum(gross_sales) AS DECIMAL(18,2)) AS gross_sales,
        CAST(sum(discounts) AS DECIMAL(18,2)) AS discounts,
        CAST(sum(returns) AS DECIMAL(18,2)) AS returns,
        CAST(sum(net_sales) AS DECIMAL(18,2)) AS net_sales
      FROM {sources.gold("sales")} GROUP BY date, discount, currency
    )
    SELECT *, CAST(IF(gross_sales > 0, discounts / gross_sales, NULL) AS DECIMAL(18,4))
        AS discount_rate,
      CAST(IF(orders > 0, (gross_sales - discounts) / orders, NULL) AS DECIMAL(18,2))
        AS average_order_value,
      CAST(IF(orders > 0, orders / sum(orders) OVER (PARTITION BY date, currency), NULL)
        AS DECIMAL(18,4)) AS share_of_orders
    FROM daily
    """


def follow(sources: Sources) -> Follow:
    return Follow(
        key="date",
        touched={
            "gold.sales": Touch(
                "date AS key, discount, currency, kind, order_number = 1 AS first, units, "
                "gross_sales, discounts, returns, net_sales"
            )
        },
        needed={"gold.sales": "date IN KEYS"},
    )


MART = Mart(name="discount_effect", query=query, follow=follow)
