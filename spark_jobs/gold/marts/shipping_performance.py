"""gold.shipping_performance: how fast orders leave, and whether carriers keep their promise."""

from spark_jobs.gold.mart import Mart, Sources


def query(sources: Sources) -> str:
    """One row a day on which parcels left and carrier. A carrier's own file wins over what Shopify
    was told; a parcel that only the file knows counts by the order that it names."""
    shipped_day = sources.day("f.delivered_at")
    estimated_day = sources.day("f.estimated_delivery_at")
    return f"""
    WITH live AS (
      SELECT * FROM {sources.silver("orders")} WHERE NOT test AND NOT _deleted
    ),
    reported AS (
      SELECT tracking_number, max(carrier) AS carrier, max(order_id) AS order_id,
        max(trim(LEADING '#' FROM order_name)) AS order_name, min(shipped_at) AS shipped_at,
        min(coalesce(shipped_on, {sources.day("shipped_at")})) AS shipped_on,
        max(delivered_on) AS delivered_on, max(promised_on) AS promised_on
      FROM {sources.silver("shipments")} WHERE NOT _deleted GROUP BY tracking_number
    ),
    names AS (
      SELECT trim(LEADING '#' FROM order_name) AS order_name, min(order_id) AS order_id
      FROM live GROUP BY 1
    ),
    sent AS (
      SELECT order_id, processed_at, f FROM live LATERAL VIEW explode(fulfillments) AS f
      WHERE coalesce(f.status, '') NOT IN ('cancelled', 'error', 'failure')
        AND f.created_at IS NOT NULL
    ),
    parcels AS (
      SELECT s.order_id, s.processed_at, coalesce(f.carrier, r.carrier, 'unknown') AS carrier,
        f.created_at AS sent_at, {sources.day("f.created_at")} AS sent_on,
        coalesce(r.delivered_on, {shipped_day}) AS delivered_on,
        coalesce(r.promised_on, {estimated_day}) AS promised_on,
        coalesce(f.display_status = 'delivered', false) AS told
      FROM sent AS s LEFT JOIN reported AS r ON r.tracking_number = f.tracking_number
      UNION ALL
      SELECT o.order_id, o.processed_at, r.carrier, r.shipped_at, r.shipped_on, r.delivered_on,
        r.promised_on, false
      FROM reported AS r LEFT JOIN names AS n USING (order_name)
      JOIN live AS o ON o.order_id = coalesce(r.order_id, n.order_id)
      LEFT ANTI JOIN (SELECT f.tracking_number FROM sent) AS s
        ON s.tracking_number = r.tracking_number
      WHERE r.shipped_at IS NOT NULL
    ),
    orders AS (
      SELECT order_id, carrier, min(sent_on) AS date, max(promised_on) AS promised_on,
        IF(count(*) = count(delivered_on), max(delivered_on), NULL) AS delivered_on,
        every(told OR delivered_on IS NOT NULL) AS delivered,
        greatest(0, (unix_timestamp(min(sent_at)) - unix_timestamp(min(processed_at))) / 3600)
          AS hours
      FROM parcels GROUP BY order_id, carrier
    ),
    -- A promise is kept or broken; while its day has not passed it is neither, nor where nobody
    -- told when the parcel came: REST tells the state alone.
    judged AS (
      SELECT *, promised_on IS NOT NULL AND (delivered_on IS NOT NULL
          OR (NOT delivered AND promised_on < DATE '{sources.as_of}')) AS due
      FROM orders
    )
    SELECT date, carrier, count(*) AS orders,
      CAST(percentile(hours, 0.5) AS DECIMAL(18,2)) AS median_hours_to_fulfil,
      CAST(percentile(hours, 0.9) AS DECIMAL(18,2)) AS p90_hours_to_fulfil,
      count(IF(delivered, 1, NULL)) AS delivered_orders, count(IF(due, 1, NULL)) AS promised_orders,
      CAST(IF(count(IF(due, 1, NULL)) > 0,
        count(IF(due AND delivered_on <= promised_on, 1, NULL)) / count(IF(due, 1, NULL)), NULL)
        AS DECIMAL(18,4)) AS delivered_on_time_rate
    FROM judged GROUP BY date, carrier
    """


MART = Mart(name="shipping_performance", query=query)
