"""gold.funnel_daily: visits of the web shop and how far they came."""

from spark_jobs.gold.mart import Mart, Sources

_STEPS = {
    "product_views": "product_view",
    "add_to_carts": "add_to_cart",
    "checkouts": "checkout",
    "purchases": "purchase",
}


def query(sources: Sources) -> str:
    """One row a day from the first visit to the last. A visit counts once a step, on the day on
    which it began, so that each rate is a share of the day's sessions."""
    took = ", ".join(
        f"count(IF(step = '{step}', 1, NULL)) > 0 AS {name}" for name, step in _STEPS.items()
    )
    counted = ", ".join(f"count(IF({name}, 1, NULL)) AS {name}" for name in _STEPS)
    filled = ", ".join(f"coalesce(c.{name}, 0) AS {name}" for name in ("sessions", *_STEPS))
    return f"""
    WITH visits AS (
      SELECT session_id, {sources.day("min(occurred_at)")} AS date, {took}
      FROM {sources.silver("clickstream")} WHERE NOT _deleted GROUP BY session_id
    ),
    counted AS (SELECT date, count(*) AS sessions, {counted} FROM visits GROUP BY date),
    days AS (SELECT explode(sequence(min(date), max(date))) AS date FROM counted)
    SELECT date, {filled},
      CAST(IF(c.sessions > 0, c.purchases / c.sessions, NULL) AS DECIMAL(18,4)) AS conversion_rate
    FROM days LEFT JOIN counted AS c USING (date)
    """


MART = Mart(name="funnel_daily", query=query)
