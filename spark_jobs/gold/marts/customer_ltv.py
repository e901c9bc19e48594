"""gold.customer_ltv: what each customer has brought, and whether they came again."""

from spark_jobs.gold.mart import FACTS, Follow, Mart, Sources, Touch


def _within(days: int, as_of: str) -> str:
    """Net sales of the first `days` days; NULL until they have passed."""
    return (
        f"CAST(IF(date_add(min(first_date), {days}) <= DATE '{as_of}', "
        f"sum(IF(date < date_add(first_date, {days}), net, 0)), NULL) AS DECIMAL(18,2))"
    )


def query(sources: Sources) -> str:
    """One row a buyer with an order."""
    return f"""
    WITH sales AS (
      SELECT *, CAST(IF(currency = '{sources.currency}', net_sales, 0) AS DECIMAL(18,2)) AS net,
        IF(kind = 'order' AND currency = '{sources.currency}', net_sales, NULL) AS sold
      FROM {sources.gold("sales")} WHERE buyer IS NOT NULL
    )
    SELECT buyer AS customer_id, max(customer_id) IS NULL AS is_guest,
      min(first_date) AS first_order_date, max(IF(kind = 'order', date, NULL)) AS last_order_date,
      count(IF(kind = 'order', 1, NULL)) AS orders,
      count(IF(order_number = 2, 1, NULL)) > 0 AS is_repeat,
      datediff(max(IF(order_number = 2, date, NULL)), min(first_date)) AS days_to_second_order,
      CAST(avg(sold) AS DECIMAL(18,2)) AS average_order_value,
      {_within(30, sources.as_of)} AS ltv_30d, {_within(90, sources.as_of)} AS ltv_90d,
      {_within(365, sources.as_of)} AS ltv_365d, CAST(sum(net) AS DECIMAL(18,2)) AS lifetime_value
    FROM sales GROUP BY buyer
    """


def follow(sources: Sources) -> Follow:
    """The day alone completes a customer's first 30, 90 and 365 days, and lets entries in that were
    dated ahead."""
    passed = " OR ".join(
        f"date_add(first_date, {days}) BETWEEN DATE 'BEFORE' AND DATE 'AFTER'"
        for days in (30, 90, 365)
    )
    return Follow(
        key="customer_id",
        touched={
            "gold.sales": Touch(
                "buyer AS key, customer_id, first_date, date, kind, order_number = 2 AS second, "
                "currency, net_sales"
            ),
            "silver.shop": FACTS,
        },
        needed={"gold.sales": "buyer IN KEYS"},
        aged=f"""
        SELECT buyer AS key FROM gold.sales
        WHERE date BETWEEN DATE 'BEFORE' AND DATE 'AFTER' OR {passed}
        """,
    )


MART = Mart(name="customer_ltv", query=query, follow=follow)
