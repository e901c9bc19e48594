"""gold.stock_movements: why stock changed, and what being out of stock may have cost."""

from spark_jobs.gold.mart import Follow, Mart, Sources, Touch

_SKU = "coalesce(l.sku, l.variant_id)"
_LINE = "get(filter(lines, l -> l.line_id = b.line_id), 0)"
_RESTOCKED = "b -> b.restock_type IN ('return', 'cancel', 'legacy_restock')"


def _move(day: str, sold: str, restocked: str, unpriced: str) -> str:
    """Of a line `l` an entry of what it took or put back. unpriced: whether its price says nothing
    of what the SKU sells at."""
    return f"""named_struct('date', {day}, 'sku', {_SKU},
      'sold', {sold}, 'restocked', {restocked}, 'price', l.unit_price,
      'at', IF({unpriced}, NULL, struct(processed_at, order_id, l.line_id)))"""


def _moves(sources: Sources) -> str:
    """Of an order an array of what each line took out of stock, and each restocked return put back.
    at: orders the prices of lines; NULL for what is no sale."""
    day, back_day = sources.day("processed_at"), sources.day("f.refunded_at")
    sold = _move(day, "CAST(l.quantity AS BIGINT)", "0L", "l.unit_price IS NULL")
    back = _move(back_day, "0L", "CAST(b.quantity AS BIGINT)", "true")
    returned = f"""flatten(transform(filter(f.lines, {_RESTOCKED}),
      b -> transform(array({_LINE}), l -> {back})))"""
    return f"""IF(test OR _deleted, array(), concat(transform(lines, l -> {sold}),
      flatten(transform(refunds, f -> {returned}))))"""


def _left(sources: Sources) -> str:
    """What the days before the first one that is asked for have left, a row a SKU. The mart says
    it; but what a SKU without a row on the last of them has sold since then, only orders do."""
    first, day = f"DATE '{sources.first}'", sources.day("processed_at")
    return f"""
    former AS ({sources.kept}),
    unknown AS (
      SELECT DISTINCT sku FROM stock
      LEFT ANTI JOIN (SELECT sku FROM former WHERE last = date_sub({first}, 1)) USING (sku)
    ),
    lines AS (
      SELECT {_SKU} AS sku, l.unit_price, struct(processed_at, order_id, l.line_id) AS at
      FROM {sources.silver("orders")} LATERAL VIEW explode(lines) AS l
      WHERE NOT test AND NOT _deleted AND {day} < {first} AND l.unit_price IS NOT NULL
    ),
    sold_before AS (
      SELECT sku, max_by(unit_price, at) AS price FROM lines JOIN unknown USING (sku) GROUP BY sku
    ),
    days AS (
      TABLE of_days
      UNION ALL
      SELECT date_sub({first}, 1), sku, NULL, NULL, closing, NULL, daily_demand, NULL, NULL,
        coalesce(price, unit_price)
      FROM former FULL JOIN sold_before USING (sku)
    ),
    """


def query(sources: Sources) -> str:
    """One row a day and SKU over all locations. What sales and restocked returns do not explain is
    other_movements: deliveries, counts, corrections. While nothing is left, demand is taken to be
    what it was in the 28 days before, and lost is what of it was not sold, at the price at which
    the SKU last sold by then."""
    since = f">= DATE '{sources.first}'" if sources.first else "IS NOT NULL"
    recent = f"""{sources.day("processed_at")} {since}
      OR exists(refunds, f -> {sources.day("f.refunded_at")} {since})"""
    return f"""
    WITH moved AS (
      SELECT m.date, m.sku, sum(m.sold) AS sold, sum(m.restocked) AS restocked,
        max_by(m.price, m.at) AS price
      FROM (SELECT * FROM {sources.silver("orders")} WHERE {recent})
      LATERAL VIEW explode({_moves(sources)}) AS m
      WHERE m.sku IS NOT NULL AND m.date {since} GROUP BY m.date, m.sku
    ),
    stock AS (
      SELECT date, sku, max(product_title) AS product_title, max(variant_title) AS variant_title,
        sum(available) AS closing, CAST(max(units_sold_28d) / 28 AS DECIMAL(18,4)) AS pace
      FROM {sources.gold("inventory_daily")} WHERE date {since} GROUP BY date, sku
    ),
    of_days AS (
      SELECT date, sku, product_title, variant_title, closing, pace,
        IF(closing > 0, pace, NULL) AS steady, sold, restocked, price
      FROM stock FULL JOIN moved USING (date, sku)
    ),
    {_left(sources) if sources.first else "days AS (TABLE of_days),"}
    daily AS (
      SELECT * EXCEPT (price, sold, restocked), coalesce(sold, 0) AS sold,
        coalesce(restocked, 0) AS restocked, last_value(price, true) OVER so_far AS price,
        last_value(steady, true) OVER so_far AS daily_demand,
        last_value(closing, true) OVER (PARTITION BY sku ORDER BY date
          ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS opening
      FROM days WINDOW so_far AS (PARTITION BY sku ORDER BY date)
    ),
    -- Without a pace nothing was in stock: a sale alone, or what the days before have left.
    lost AS (
      SELECT *, CAST(IF(closing <= 0, greatest(coalesce(daily_demand, pace) - sold, 0), 0)
        AS DECIMAL(18,2)) AS lost_units FROM daily WHERE pace IS NOT NULL
    ),
    costs AS (
      SELECT coalesce(v.sku, v.variant_id) AS sku, max(v.unit_cost) AS cost
      FROM {sources.silver("products")} LATERAL VIEW explode(variants) AS v
      WHERE NOT _deleted GROUP BY 1
    )
    SELECT date, sku, product_title, variant_title, opening, sold, restocked,
      closing - opening + sold - restocked AS other_movements, closing,
      closing <= 0 AS out_of_stock, daily_demand, lost_units, price AS unit_price,
      CAST(lost_units * coalesce(price, 0) AS DECIMAL(18,2)) AS stock_out_cost,
      CAST(lost_units * (price - c.cost) AS DECIMAL(18,2)) AS lost_margin
    FROM lost LEFT JOIN costs AS c USING (sku)
    """


def follow(sources: Sources) -> Follow:
    """A day's stock is the next one's opening, and its price and demand last until there are
    others: what the last day before the first touched one left is read from the mart."""
    cost = "named_struct('sku', coalesce(v.sku, v.variant_id), 'cost', v.unit_cost)"
    return Follow(
        key="date",
        touched={
            "gold.inventory_daily": Touch(
                "date AS key, sku, product_title, variant_title, available, units_sold_28d"
            ),
            "silver.orders": Touch(
                f"explode({_moves(sources)}) AS m", "SELECT m.date AS key FROM CHANGES"
            ),
            "silver.products": Touch(
                f"explode(IF(_deleted, array(), transform(variants, v -> {cost}))) AS v",
                "SELECT min(date) AS key FROM gold.stock_movements "
                "WHERE sku IN (SELECT v.sku FROM CHANGES)",
            ),
        },
        needed={},
        kept="""
        SELECT sku, max(date) AS last, max_by(closing, IF(closing IS NULL, NULL, date)) AS closing,
          max_by(daily_demand, date) AS daily_demand, max_by(unit_price, date) AS unit_price
        FROM gold.stock_movements WHERE date < (SELECT min(key) FROM KEYS) GROUP BY sku
        """,
        onward=True,
        costly=True,
    )


MART = Mart(name="stock_movements", query=query, follow=follow, clustered=("date",))
