"""gold.inventory_daily: stock at the end of each day, and how long it lasts."""

from spark_jobs.gold.mart import Follow, Mart, Sources, Touch

# Days of cover below which an item is low and above which it is overstock.
LOW_DAYS = 14
OVERSTOCK_DAYS = 180


def query(sources: Sources) -> str:
    """One row a day, SKU and location. A day's stock is the last state seen by its end; a day with
    no change carries the one before, up to the day of the last extraction; what is dated ahead of
    that waits for its day. Items that share a SKU are added up; a dropped count stands for all of
    them. An item without a SKU is known by its variant's id, in dropped counts by its titles. An
    item that is not tracked (a dropped count is then empty), not kept at the location, or whose
    variant, product or location was deleted has no stock and no row: of a deleted one's levels
    Shopify tells nothing more. units_sold_28d is its
    sales in all locations over the 28 days that end that day."""
    begin = f"greatest(date, DATE '{sources.first}')" if sources.first else "date"
    recent = (
        f"processed_at > DATE '{sources.first}' - INTERVAL 29 DAYS" if sources.first else "true"
    )
    shopify_day = sources.day("updated_at")
    counted_day = f"coalesce(counted_on, {sources.day('counted_at')})"
    history = sources.silver("inventory_history")
    return f"""
    WITH gone AS (
      SELECT inventory_item_id AS item, location_id, min(at) AS at FROM (
        SELECT h.inventory_item_id, h.location_id, v._changed_at AS at
        FROM {history} AS h JOIN {sources.silver("variants")} AS v USING (variant_id)
        WHERE v._deleted
        UNION ALL
        SELECT h.inventory_item_id, h.location_id, p._changed_at
        FROM {history} AS h JOIN {sources.silver("products")} AS p USING (product_id)
        WHERE p._deleted
        UNION ALL
        SELECT h.inventory_item_id, h.location_id, l._changed_at
        FROM {history} AS h JOIN {sources.silver("locations")} AS l USING (location_id)
        WHERE l._deleted
      ) GROUP BY inventory_item_id, location_id
    ),
    seen AS (
      SELECT {shopify_day} AS date, updated_at AS at, false AS counted, inventory_item_id AS item,
        coalesce(sku, variant_id, inventory_item_id) AS sku, location_id, product_title,
        variant_title, location_name, on_hand, available, committed, incoming,
        NOT _deleted AND tracked AND active AS stocked
      FROM {history}
      UNION ALL
      SELECT {sources.day("at")}, at, false, item, item, location_id, NULL, NULL, NULL, NULL, NULL,
        NULL, NULL, false FROM gone
      UNION ALL
      SELECT {counted_day}, counted_at, true, item, item, location_id, product_title, variant_title,
        location_name, on_hand, available, committed, incoming, available IS NOT NULL
      FROM {sources.silver("inventory_counts")} WHERE NOT _deleted
    ),
    last AS (
      SELECT * FROM (
        SELECT *, row_number() OVER (PARTITION BY date, counted, item, location_id
          ORDER BY at DESC, available, on_hand, product_title, variant_title) AS rank FROM seen
        WHERE date <= DATE '{sources.as_of}'
      ) WHERE rank = 1
    ),
    spans AS (
      SELECT *, lead(date) OVER (PARTITION BY counted, item, location_id ORDER BY date) AS next
      FROM last
    ),
    -- A state that ends an item's stock ends the span before it and has none itself.
    spread AS (
      SELECT explode(sequence({begin}, until)) AS day, * FROM (
        SELECT *, coalesce(date_sub(next, 1), DATE '{sources.as_of}') AS until FROM spans
      ) WHERE stocked AND until >= {begin}
    ),
    added AS (
      SELECT day, sku, location_id, counted, max(struct(date, at)) AS at,
        max_by(struct(product_title, variant_title, location_name), struct(at, item)) AS named,
        sum(on_hand) AS on_hand, sum(available) AS available, sum(committed) AS committed,
        sum(incoming) AS incoming
      FROM spread GROUP BY day, sku, location_id, counted
    ),
    -- By the day first: a count of a bare day has no time.
    days AS (
      SELECT *, named.* FROM (
        SELECT *, row_number() OVER (PARTITION BY day, sku, location_id ORDER BY at DESC, counted)
          AS rank FROM added
      ) WHERE rank = 1
    ),
    sold AS (
      SELECT {sources.day("processed_at")} AS date, coalesce(line.sku, line.variant_id) AS sku,
        sum(line.quantity) AS units
      FROM (SELECT * FROM {sources.silver("orders")} WHERE NOT test AND NOT _deleted)
      LATERAL VIEW explode(lines) AS line
      WHERE cancelled_at IS NULL AND {recent} GROUP BY 1, 2
    ),
    -- What is sold leaves the 28 days again: their sum so far, instead of 28 days a day.
    recent AS (
      SELECT date AS day, sku, sum(sum(units)) OVER (PARTITION BY sku ORDER BY date) AS units FROM (
        SELECT date, sku, units FROM sold
        UNION ALL SELECT date_add(date, 28), sku, -units FROM sold
        UNION ALL SELECT day, sku, 0 FROM days
      ) GROUP BY date, sku
    ),
    rated AS (
      SELECT d.day AS date, d.sku, d.location_id, d.product_title, d.variant_title,
        coalesce(l.name, d.location_name) AS location_name, d.on_hand, d.available, d.committed,
        d.incoming, coalesce(r.units, 0) AS units_sold_28d,
        sum(greatest(d.available, 0)) OVER (PARTITION BY d.day, d.sku) AS everywhere
      FROM days AS d LEFT JOIN recent AS r USING (day, sku)
      LEFT JOIN {sources.silver("locations")} AS l USING (location_id)
    ),
    covered AS (
      SELECT *, CAST(IF(units_sold_28d > 0, everywhere * 28 / units_sold_28d, NULL)
        AS DECIMAL(18,1)) AS days_of_cover FROM rated
    )
    SELECT date, sku, location_id, product_title, variant_title, location_name, on_hand, available,
      committed, incoming, units_sold_28d, days_of_cover,
      CASE WHEN available <= 0 THEN 'out_of_stock'
           WHEN days_of_cover < {LOW_DAYS} THEN 'low'
           WHEN days_of_cover > {OVERSTOCK_DAYS} THEN 'overstock'
           ELSE 'healthy' END AS stock_status
    FROM covered
    """


def follow(sources: Sources) -> Follow:
    """A state counts from its day on, a sale for 28 days, and each day gets rows of its own."""
    level = "available, on_hand, committed, incoming, product_title, variant_title, location_id"
    sold = "transform(lines, l -> struct(coalesce(l.sku, l.variant_id), l.quantity)) AS sold"
    ended = f"SELECT {sources.day('_changed_at')} AS key FROM CHANGES WHERE _deleted"
    return Follow(
        key="date",
        touched={
            "silver.inventory_history": Touch(
                f"{sources.day('updated_at')} AS key, updated_at, sku, variant_id, {level}, "
                "inventory_item_id, location_name, tracked, active, _deleted"
            ),
            "silver.inventory_counts": Touch(
                f"coalesce(counted_on, {sources.day('counted_at')}) AS key, counted_at, item, "
                f"{level}, location_name, _deleted"
            ),
            "silver.orders": Touch(
                f"{sources.day('processed_at')} AS key, test, _deleted, cancelled_at IS NULL AS "
                f"stands, {sold}"
            ),
            "silver.variants": Touch("variant_id, _deleted, _changed_at", ended),
            "silver.products": Touch("product_id, _deleted, _changed_at", ended),
            "silver.locations": Touch(
                "location_id, name, IF(_deleted, _changed_at, NULL) AS ended",
                "SELECT min(date) AS key FROM gold.inventory_daily, CHANGES",
            ),
        },
        needed={},
        onward=True,
        aged="SELECT date_add(DATE 'BEFORE', 1) AS key",
    )


MART = Mart(name="inventory_daily", query=query, follow=follow)
