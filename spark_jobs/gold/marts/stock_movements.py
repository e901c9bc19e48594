"""gold.stock_movements: why stock changed, and what being out of stock may have cost."""

from spark_jobs.gold.mart import Mart, Sources


def query(sources: Sources) -> str:
    """One row a day and SKU over all locations. What sales and restocked returns do not explain is
    other_movements: deliveries, counts, corrections. While nothing is left, demand is taken to be
    what it was in the 28 days before, and lost is what of it was not sold."""
    return f"""
    WITH stock AS (
      SELECT date, sku, max(product_title) AS product_title, max(variant_title) AS variant_title,
        sum(available) AS closing, max(units_sold_28d) / 28 AS demand
      FROM {sources.gold("inventory_daily")} GROUP BY date, sku
    ),
    live AS (
      SELECT * FROM {sources.silver("orders")} WHERE NOT test AND NOT _deleted
    ),
    lines AS (
      SELECT order_id, l.line_id, coalesce(l.sku, l.variant_id) AS sku, l.quantity, l.unit_price,
        processed_at FROM live LATERAL VIEW explode(lines) AS l
    ),
    back AS (
      SELECT order_id, f.refunded_at, b.line_id, b.quantity
      FROM live LATERAL VIEW explode(refunds) AS f LATERAL VIEW explode(f.lines) AS b
      WHERE b.restock_type IN ('return', 'cancel', 'legacy_restock')
    ),
    moved AS (
      SELECT date, sku, sum(sold) AS sold, sum(restocked) AS restocked FROM (
        SELECT {sources.day("processed_at")} AS date, sku, quantity AS sold, 0 AS restocked
        FROM lines
        UNION ALL
        SELECT {sources.day("refunded_at")}, l.sku, 0, b.quantity
        FROM back AS b JOIN lines AS l USING (order_id, line_id)
      ) GROUP BY date, sku
    ),
    prices AS (
      SELECT sku, max_by(unit_price, struct(processed_at, order_id, line_id)) AS price FROM lines
      GROUP BY sku
    ),
    costs AS (
      SELECT coalesce(v.sku, v.variant_id) AS sku, max(v.unit_cost) AS cost
      FROM {sources.silver("products")} LATERAL VIEW explode(variants) AS v
      WHERE NOT _deleted GROUP BY 1
    ),
    daily AS (
      SELECT s.*, coalesce(m.sold, 0) AS sold, coalesce(m.restocked, 0) AS restocked,
        lag(closing) OVER days AS opening,
        last_value(IF(closing > 0, demand, NULL), true) OVER days AS usual
      FROM stock AS s LEFT JOIN moved AS m USING (date, sku)
      WINDOW days AS (PARTITION BY sku ORDER BY date)
    ),
    lost AS (
      SELECT *, CAST(IF(closing <= 0, greatest(coalesce(usual, demand) - sold, 0), 0)
        AS DECIMAL(18,2)) AS lost_units FROM daily
    )
    SELECT date, sku, product_title, variant_title, opening, sold, restocked,
      closing - opening + sold - restocked AS other_movements, closing,
      closing <= 0 AS out_of_stock, lost_units,
      CAST(lost_units * coalesce(p.price, 0) AS DECIMAL(18,2)) AS stock_out_cost,
      CAST(lost_units * (p.price - c.cost) AS DECIMAL(18,2)) AS lost_margin
    FROM lost LEFT JOIN prices AS p USING (sku) LEFT JOIN costs AS c USING (sku)
    """


MART = Mart(name="stock_movements", query=query)
