"""Items that have run out, and stock that fell by more than sales explain.

Both look at an item in all locations together: an order may be sent from anywhere, and a transfer
between locations is no loss.
"""

from spark_jobs.anomalies.scene import Scene

# Half of an item gone in a day, and more than a few: smaller counts are corrected all the time.
DROP_SHARE = 0.5
DROP_UNITS = 10
# Five days of usual sales in one day is a good day; beyond it something else took the units.
DROP_DAYS_OF_SALES = 5


def stock_outs(scene: Scene) -> str:
    """Nothing available anywhere of an item that was sold in its last 28 days with stock: an item
    that nobody asks for is not missed. What is gone sells nothing, so the days since it went say
    nothing; it stays an incident. Critical when half a unit a day or more is lost."""
    return f"""
    SELECT 'stock_out' AS kind, sku AS subject,
      IF(asked / 28 >= 0.5, 'critical', 'warning') AS severity, CAST(available AS DOUBLE) AS
      measured, CAST(asked AS DOUBLE) AS expected, date AS day,
      concat(title, ' (', sku, ') is out of stock; ', asked, ' sold in the last 28 days',
        IF(asked > sold, ' with stock', '')) AS sentence
    FROM (
      SELECT *, max(sold) OVER (PARTITION BY sku, stocked_days) AS asked
      FROM ({_items(scene)})
    )
    WHERE is_last AND available <= 0 AND asked > 0
    """


def stock_drops(scene: Scene) -> str:
    return f"""
    SELECT 'stock_drop' AS kind, sku AS subject, 'warning' AS severity,
      CAST(available AS DOUBLE) AS measured, CAST(before AS DOUBLE) AS expected, date AS day,
      concat(title, ' (', sku, ') fell from ', before, ' to ', available,
        ' within two days; it sells ', round(sold / 28, 1), ' a day') AS sentence
    FROM ({_items(scene)})
    WHERE is_last AND available > 0 AND before - available >= {DROP_UNITS}
      AND before - available >= {DROP_SHARE} * before
      AND before - available > {DROP_DAYS_OF_SALES} * sold / 28
    """


def _items(scene: Scene) -> str:
    """One row an item and day, with the more of the two days before: what fell after a day's last
    look is seen the next day. An item on its first day has NULL before and cannot have dropped.
    stocked_days: how many days it has been there until then, the same from the last such day on. A
    quantity that the source does not tell (NULL) is not none."""
    return f"""
    SELECT *, max(available) OVER (PARTITION BY sku ORDER BY date
        ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) AS before,
      count_if(available > 0) OVER (PARTITION BY sku ORDER BY date) AS stocked_days,
      date = max(date) OVER () AS is_last
    FROM (
      SELECT date, sku, coalesce(max(product_title), 'Item') AS title, max(units_sold_28d) AS sold,
        sum(IF(available < 0, 0, available)) AS available
      FROM {scene.sources.gold("inventory_daily")} GROUP BY date, sku
    )
    """
