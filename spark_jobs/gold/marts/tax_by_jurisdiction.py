"""gold.tax_by_jurisdiction: taxes by the authority that they are owed to."""

from spark_jobs.gold.mart import Follow, Mart, Sources, Touch

NOT_ITEMIZED = "not itemized"


def query(sources: Sources) -> str:
    """One row a day, place, tax and currency. What an order's entry adds to a day's taxes is split
    by the order's own tax lines. Rounding goes by running totals: the parts add up to the entry."""
    return f"""
    WITH live AS (
      SELECT order_id, concat(flatten(transform(lines, l -> l.tax_lines)), shipping_tax_lines)
        AS tax_lines
      FROM {sources.silver("orders")} WHERE NOT test AND NOT _deleted
    ),
    itemized AS (
      SELECT order_id, coalesce(t.title, '{NOT_ITEMIZED}') AS tax, coalesce(t.rate, 0) AS rate,
        sum(t.amount) AS amount
      FROM live LATERAL VIEW explode(tax_lines) AS t WHERE t.amount > 0 GROUP BY 1, 2, 3
    ),
    shares AS (
      SELECT *, sum(amount) OVER (PARTITION BY order_id ORDER BY tax, rate) AS up_to,
        sum(amount) OVER (PARTITION BY order_id) AS whole FROM itemized
    ),
    entries AS (
      SELECT s.order_id, s.date, s.currency, s.kind, s.taxes, s.country, s.province,
        coalesce(t.tax, '{NOT_ITEMIZED}') AS tax, coalesce(t.rate, 0) AS rate,
        coalesce(round(s.taxes * t.up_to / t.whole, 2), s.taxes) AS upper,
        coalesce(round(s.taxes * (t.up_to - t.amount) / t.whole, 2), 0) AS lower
      FROM {sources.gold("sales")} AS s LEFT JOIN shares AS t USING (order_id) WHERE s.taxes <> 0
    ),
    split AS (
      SELECT *, CAST(upper - lower AS DECIMAL(18,2)) AS part FROM entries
    )
    SELECT date, country, province, tax, CAST(rate AS DECIMAL(9,6)) AS rate, currency,
      count(DISTINCT IF(kind = 'order', order_id, NULL)) AS orders,
      CAST(sum(IF(kind = 'order', part, 0)) AS DECIMAL(18,2)) AS collected,
      CAST(-sum(IF(kind = 'order', 0, part)) AS DECIMAL(18,2)) AS returned,
      CAST(sum(part) AS DECIMAL(18,2)) AS taxes
    FROM split GROUP BY date, country, province, tax, rate, currency
    """


def follow(sources: Sources) -> Follow:
    of_days = "SELECT order_id FROM gold.sales WHERE taxes <> 0 AND date IN KEYS"
    return Follow(
        key="date",
        touched={
            "gold.sales": Touch(
                "date AS key, order_id, currency, kind, taxes, country, province",
                "SELECT key FROM CHANGES WHERE taxes <> 0",
            ),
            "silver.orders": Touch(
                "order_id, transform(lines, l -> l.tax_lines) AS taxed, shipping_tax_lines",
                "SELECT date AS key FROM gold.sales JOIN CHANGES USING (order_id)",
            ),
        },
        needed={"gold.sales": "date IN KEYS", "silver.orders": f"order_id IN ({of_days})"},
    )


MART = Mart(name="tax_by_jurisdiction", query=query, follow=follow)
