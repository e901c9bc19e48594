"""gold.product_performance: what each variant sold and gave back each day."""

from spark_jobs.gold.mart import Follow, Mart, Sources, Touch


def query(sources: Sources) -> str:
    """One row a day and variant with an entry; its sum over a day is that of daily_revenue. Stock
    is the last state seen by the day's end, over all locations that are not deleted."""
    history = sources.silver("inventory_history")
    return f"""
    WITH sales AS (
      SELECT date, product_id, variant_id, currency, CAST(sum(units) AS BIGINT) AS units,
        CAST(sum(gross_sales) AS DECIMAL(18,2)) AS gross_sales,
        CAST(sum(discounts) AS DECIMAL(18,2)) AS discounts,
        CAST(sum(returns) AS DECIMAL(18,2)) AS returns,
        CAST(sum(returned_units) AS BIGINT) AS returned_units
      FROM {sources.gold("sale_lines")} GROUP BY date, product_id, variant_id, currency
    ),
    seen AS (
      SELECT variant_id, location_id, {sources.day("at")} AS date,
        max_by(units_left, at) AS available
      FROM (
        SELECT variant_id, location_id, updated_at AS at,
          IF(NOT _deleted AND tracked AND active, available, NULL) AS units_left
        FROM {history}
        UNION ALL
        SELECT h.variant_id, location_id, l._changed_at, NULL
        FROM {history} AS h JOIN {sources.silver("locations")} AS l USING (location_id)
        WHERE l._deleted
      ) WHERE variant_id IS NOT NULL GROUP BY 1, 2, 3
    ),
    spans AS (
      SELECT *, coalesce(lead(date) OVER (PARTITION BY variant_id, location_id ORDER BY date),
        DATE '9999-12-31') AS until FROM seen
    ),
    stock AS (
      SELECT d.variant_id, d.date, sum(greatest(s.available, 0)) AS available
      FROM (SELECT DISTINCT variant_id, date FROM sales) AS d
      JOIN spans AS s ON s.variant_id = d.variant_id AND s.date <= d.date AND d.date < s.until
      WHERE s.available IS NOT NULL
      GROUP BY d.variant_id, d.date
    ),
    variants AS (
      SELECT v.variant_id, max(title) AS product_title, max(v.title) AS variant_title,
        max(v.sku) AS sku
      FROM {sources.silver("products")} LATERAL VIEW explode(variants) AS v
      WHERE NOT _deleted GROUP BY v.variant_id
    )
    SELECT s.date, s.product_id, s.variant_id, s.currency, v.product_title, v.variant_title, v.sku,
      s.units, s.gross_sales, s.discounts, s.returns,
      CAST(s.gross_sales - s.discounts - s.returns AS DECIMAL(18,2)) AS net_sales, s.returned_units,
      CAST(IF(s.units + k.available > 0, s.units / (s.units + k.available), NULL)
        AS DECIMAL(18,4)) AS sell_through_rate
    FROM sales AS s LEFT JOIN stock AS k USING (variant_id, date)
    LEFT JOIN variants AS v USING (variant_id)
    """


def follow(sources: Sources) -> Follow:
    """A state of stock counts from its day on, until another comes."""
    variants = "transform(variants, v -> struct(v.variant_id AS id, v.title, v.sku)) AS variants"
    return Follow(
        key="date",
        touched={
            "gold.sale_lines": Touch(
                "date AS key, product_id, variant_id, currency, units, gross_sales, discounts, "
                "returns, returned_units"
            ),
            "silver.inventory_history": Touch(
                "variant_id, location_id, updated_at, available, tracked, active, _deleted",
                "SELECT date AS key FROM gold.sale_lines JOIN CHANGES USING (variant_id) "
                f"WHERE date >= {sources.day('updated_at')}",
            ),
            "silver.locations": Touch(
                "location_id, IF(_deleted, _changed_at, NULL) AS ended",
                "SELECT date AS key FROM gold.sale_lines JOIN CHANGES "
                f"ON date >= {sources.day('ended')}",
            ),
            "silver.products": Touch(
                f"title, _deleted, {variants}",
                "SELECT date AS key FROM gold.sale_lines JOIN (SELECT DISTINCT v.id AS variant_id "
                "FROM CHANGES LATERAL VIEW explode(variants) AS v) USING (variant_id)",
            ),
        },
        needed={"gold.sale_lines": "date IN KEYS"},
    )


MART = Mart(name="product_performance", query=query, follow=follow, clustered=("date",))
