"""gold.daily_revenue: what the shop sold each day, net of what came back that day."""

from spark_jobs.gold.mart import Follow, Mart, Sources, Touch
from spark_jobs.gold.sql import different

_SUMS = ("gross_sales", "discounts", "returns", "net_sales", "shipping", "taxes", "duties", "tips")


def query(sources: Sources) -> str:
    """One row a day and currency from the first sale to the last entry, quiet days included: an
    average over seven days needs all seven. Growth is against the day before, NULL after a day
    without net sales. Guests count as new customers by their email's hash, if they left one."""
    sums = ", ".join(f"CAST(sum({name}) AS DECIMAL(18,2)) AS {name}" for name in _SUMS)
    filled = ", ".join(f"CAST(coalesce({name}, 0) AS DECIMAL(18,2)) AS {name}" for name in _SUMS)
    return f"""
    WITH sums AS (
      SELECT date, currency, count(IF(kind = 'order', 1, NULL)) AS orders, sum(units) AS units,
        {sums},
        {different("IF(kind = 'order' AND date = first_date, buyer, NULL)")} AS new_customers,
        {different("IF(kind = 'order' AND date > first_date, buyer, NULL)")} AS returning_customers
      FROM {sources.gold("sales")} GROUP BY date, currency
      {f"UNION ALL {sources.kept}" if sources.kept else ""}
    ),
    next AS (
      SELECT *, lead(date) OVER (PARTITION BY currency ORDER BY date) AS next FROM sums
    ),
    -- Each day with entries, and after it the quiet days until the next.
    days AS (
      SELECT *, explode(sequence(date, coalesce(date_sub(next, 1), date))) AS day FROM next
    ),
    daily AS (
      SELECT day AS date, currency,
        {", ".join(f"IF(day = date, {n}, 0) AS {n}" for n in ("orders", "units", *_SUMS))},
        IF(day = date, new_customers, 0) AS new_customers,
        IF(day = date, returning_customers, 0) AS returning_customers
      FROM days
    ),
    seen AS (
      SELECT date, currency, orders, units, {filled}, new_customers, returning_customers,
        lag(net_sales) OVER (PARTITION BY currency ORDER BY date) AS before,
        avg(net_sales) OVER (PARTITION BY currency ORDER BY date
          ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS average
      FROM daily
    )
    SELECT date, currency, orders, units, gross_sales, discounts, returns, net_sales, shipping,
      taxes, duties, tips,
      CAST(net_sales + shipping + taxes + duties + tips AS DECIMAL(18,2)) AS total_sales,
      CAST(IF(orders > 0, (gross_sales - discounts) / orders, NULL) AS DECIMAL(18,2))
        AS average_order_value,
      new_customers, returning_customers,
      CAST(IF(before <> 0, (net_sales - before) / abs(before), NULL) AS DECIMAL(18,4))
        AS net_sales_growth,
      CAST(average AS DECIMAL(18,2)) AS net_sales_7d_avg
    FROM seen
    """


def follow(sources: Sources) -> Follow:
    """Days that are not touched keep their sums; what runs over days is made from all of them. Days
    that look quiet are always looked at: only days with entries are kept."""
    columns = ("orders", "units", *_SUMS, "new_customers", "returning_customers")
    quiet = " AND ".join(f"{name} = 0" for name in columns)
    return Follow(
        key="date",
        touched={
            "gold.sales": Touch(
                f"date AS key, currency, kind, units, {', '.join(_SUMS)}, buyer, first_date"
            )
        },
        needed={"gold.sales": "date IN KEYS"},
        spread=(f"SELECT date AS key FROM gold.daily_revenue WHERE {quiet}",),
        kept=f"SELECT date, currency, {', '.join(columns)} FROM gold.daily_revenue "
        "WHERE date NOT IN KEYS",
        rest=True,
    )


MART = Mart(name="daily_revenue", query=query, follow=follow)
