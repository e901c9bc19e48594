"""Sources that have gone silent.

A pull with nothing new lands nothing, so the ledger of landed runs cannot tell it from a pull that
never ran. But each pull that ends moves its stream's cursor (`state/<source>/<stream>/<n>.json`):
that is the sign of life of what is pulled. Dropped files have no pull of their own; there a dataset
that no longer comes is the very thing to tell.
"""

from spark_jobs.anomalies.reading import view
from spark_jobs.anomalies.scene import Scene
from spark_jobs.lakehouse import Lakehouse

TIMES = 6  # of the usual interval: a few runs may fail and be retried
PULL_HOURS = 6  # at least; below it the failed runs themselves have been told
# The states of one pull's slices follow each other within minutes and say nothing of the schedule.
SAME_PULL_SECONDS = 300
DROP_TIMES = 3  # of the usual days between two drops
DROP_DAYS = 2  # at least: people drop daily files late
ENOUGH = 3  # intervals, before any is usual
YOUNG_HOURS = 48  # of silence that are told when none is usual yet: the schedule never ran, say
FILES, REJECTED = "files", "rejected"  # rows that were refused need not keep coming
SIGNS = "anomaly_signs"


def signs(lake: Lakehouse) -> str:
    """A view of every cursor's move: source, stream, at. The objects are listed, not read."""
    path = r"/state/([^/]+)/([^/]+)/[0-9]+\\.json$"
    listed = (
        lake.spark.read.format("binaryFile")
        .load(f"{lake.landing}/state/*/*/[0-9]*.json")
        .selectExpr(
            f"regexp_extract(path, '{path}', 1) AS source",
            f"regexp_extract(path, '{path}', 2) AS stream",
            "modificationTime AS at",
        )
    )
    none = "SELECT '' AS source, '' AS stream, current_timestamp() AS at WHERE false"
    return view(lake, SIGNS, listed, none)


def silent_pulls(scene: Scene) -> str:
    return f"""
    WITH moves AS (
      SELECT source, at, unix_seconds(at) - unix_seconds(lag(at) OVER (
        PARTITION BY source, stream ORDER BY at)) AS gap
      FROM {SIGNS}
      WHERE source <> '{FILES}' AND source IN (SELECT source FROM {scene.landed})
    ),
    rhythm AS (
      SELECT source, max(at) AS last, count_if(gap > {SAME_PULL_SECONDS}) AS gaps,
        percentile(IF(gap > {SAME_PULL_SECONDS}, gap, NULL), 0.5) / 3600 AS hours
      FROM moves GROUP BY source
    ),
    silent AS (
      SELECT *, (unix_seconds(TIMESTAMP '{scene.now}') - unix_seconds(last)) / 3600 AS since,
        IF(gaps < {ENOUGH}, {YOUNG_HOURS}, greatest({PULL_HOURS}, {TIMES} * hours)) AS allowed,
        IF(gaps < {ENOUGH}, '', concat('; usually it is every ', round(hours, 1), ' hours'))
          AS usually
      FROM rhythm
    )
    SELECT 'stale_source' AS kind, source AS subject, 'critical' AS severity,
      CAST(since AS DOUBLE) AS measured, CAST(allowed AS DOUBLE) AS expected,
      {scene.sources.day("last")} AS day,
      concat(source, ' was last pulled ', round(since), ' hours ago', usually) AS sentence
    FROM silent WHERE since > allowed
    """


def missing_files(scene: Scene) -> str:
    return f"""
    WITH days AS (
      SELECT DISTINCT stream, {scene.sources.day("written_at")} AS day
      FROM {scene.landed}
      WHERE source = '{FILES}' AND stream <> '{REJECTED}'
    ),
    gaps AS (
      SELECT *, datediff(day, lag(day) OVER (PARTITION BY stream ORDER BY day)) AS gap FROM days
    ),
    rhythm AS (
      SELECT stream, max(day) AS last, count(gap) AS gaps, percentile(gap, 0.5) AS usual
      FROM gaps GROUP BY stream
    ),
    silent AS (
      SELECT *, datediff({scene.today}, last) AS since,
        greatest({DROP_DAYS}, {DROP_TIMES} * usual) AS allowed FROM rhythm WHERE gaps >= {ENOUGH}
    )
    SELECT 'stale_source' AS kind, concat('{FILES}/', stream) AS subject, 'warning' AS severity,
      CAST(since AS DOUBLE) AS measured, CAST(allowed AS DOUBLE) AS expected, last AS day,
      concat('No file for dropzone/', stream, ' in ', since, ' days; usually one comes every ',
        round(usual, 1), ' days') AS sentence
    FROM silent WHERE since > allowed
    """
