"""Days whose net sales are far from what that weekday usually brings.

Expected is the median of the same weekday in the last eight weeks, so one odd week moves nothing.
What is usual is the median absolute deviation of the last 56 days, each from its own weekday's
median: eight values alone are often alike by chance. Both are taken of square roots: a day is a
sum of few and unequal orders, so its spread grows with its size, and no fall is more than whole.
tests/spark_jobs/test_anomaly_quality.py measures what that finds.
"""

from spark_jobs.anomalies.scene import Scene

WEEKS = 8  # enough for a median, short enough to follow the season
ENOUGH_WEEKS = 4  # a shop of a month has no usual day yet
# A normal distribution's standard deviation in median absolute deviations.
SCALE = 1.4826
# Of a square root, so a tenth of the sales: no shop is steadier, whatever quiet weeks say.
FLOOR = 0.05
DEVIATIONS = 3  # one day in 370 of a quiet shop
# A fall is trouble early. A rise seldom is: Black Friday brings a bit more than twice the usual.
FALL = 0.5
RISE = 2.0


def unusual_days(scene: Scene) -> str:
    """Every complete day that is out of range. The day up to which orders have been read is not
    complete; days without a row after the last sale sold nothing."""
    return f"""
    WITH until AS (SELECT date_sub(DATE '{scene.orders_until}', 1) AS last),
    calendar AS (
      SELECT currency, explode(sequence(min(date), max(last))) AS date
      FROM {scene.sources.gold("daily_revenue")} CROSS JOIN until WHERE date <= last
      GROUP BY currency
    ),
    days AS (
      SELECT currency, date, coalesce(CAST(net_sales AS DOUBLE), 0) AS value,
        sign(value) * sqrt(abs(value)) AS root
      FROM calendar LEFT JOIN {scene.sources.gold("daily_revenue")} USING (currency, date)
    ),
    weekdays AS (
      SELECT *, sort_array(collect_list(root) OVER (PARTITION BY currency, dayofweek(date)
        ORDER BY date ROWS BETWEEN {WEEKS} PRECEDING AND 1 PRECEDING)) AS past FROM days
    ),
    expecting AS (
      SELECT *, {_median("past")} AS usual, abs(root - usual) AS off, off / usual AS share
      FROM weekdays WHERE size(past) >= {ENOUGH_WEEKS} AND {_median("past")} > 0
    ),
    spread AS (
      SELECT *, sort_array(collect_list(off) OVER eight_weeks) AS offs,
        sort_array(collect_list(share) OVER eight_weeks) AS shares
      FROM expecting WINDOW eight_weeks AS (PARTITION BY currency
        ORDER BY date ROWS BETWEEN {7 * WEEKS} PRECEDING AND 1 PRECEDING)
    ),
    judged AS (
      SELECT currency, date, value, usual * usual AS usual, value / (usual * usual) - 1 AS change,
        least(off / greatest({FLOOR} * usual, {SCALE} * {_median("offs")}),
          share / greatest({FLOOR}, {SCALE} * {_median("shares")})) AS deviations
      FROM spread WHERE size(offs) >= {7 * ENOUGH_WEEKS}
    )
    SELECT 'revenue' AS kind, currency AS subject, IF(change < 0, 'critical', 'warning') AS
      severity, value AS measured, usual AS expected, date AS day,
      concat('Net sales of ', date_format(date, 'EEEE d MMMM'), ' were ', currency, ' ',
        format_number(value, 2), ', ', format_number(abs(change) * 100, 0), ' % ',
        IF(change < 0, 'below', 'above'), ' the usual ', format_number(usual, 2)) AS sentence
    FROM judged WHERE deviations > {DEVIATIONS} AND change NOT BETWEEN -{FALL} AND {RISE}
    """


def last_day(scene: Scene) -> str:
    """Of the last complete day only: what stays unusual stays one incident of its currency."""
    return f"""
    SELECT * FROM ({unusual_days(scene)}) WHERE day = date_sub(DATE '{scene.orders_until}', 1)
    """


def _median(sorted_array: str) -> str:
    size = f"size({sorted_array})"
    return (
        f"(get({sorted_array}, CAST(({size} - 1) DIV 2 AS INT)) "
        f"+ get({sorted_array}, CAST({size} DIV 2 AS INT))) / 2"
    )
