"""Table maintenance: small files made large, and files that no kept version needs removed.

OPTIMIZE also clusters the tables that declare CLUSTER BY. VACUUM keeps what Delta keeps by
itself, the files of the last 7 days (or a table's own `delta.deletedFileRetentionDuration`).
"""

import logging

from spark_jobs.lakehouse import Lakehouse, rows_there

log = logging.getLogger(__name__)
LAYERS = ("bronze", "silver", "gold")


def maintain(lake: Lakehouse) -> int:
    """Optimize and vacuum every table of the lakehouse; the number of tables. Raises Spark's own
    error at the first table that cannot be."""
    found = tables(lake)
    for layer, table in found:
        name = lake.name(layer, table)
        (done,) = lake.rows(f"OPTIMIZE {name}")
        lake.spark.sql(f"VACUUM {name}")
        rewritten, written = done.metrics.numFilesRemoved, done.metrics.numFilesAdded
        log.info("%s.%s: %d files rewritten as %d", layer, table, rewritten, written)
    return len(found)


def tables(lake: Lakehouse) -> list[tuple[str, str]]:
    """(layer, table) of all: what the catalog lists, else every folder with a Delta log."""
    if "/" in lake.root:
        logs = (
            "SELECT DISTINCT slice(split(path, '/'), -4, 2) AS found "
            f"FROM binaryFile.`{lake.root}/*/*/_delta_log/*.json`"
        )
        found = [(row.found[0], row.found[1]) for row in rows_there(lambda: lake.rows(logs))]
    else:
        found = [
            (layer, row.tableName)
            for layer in LAYERS
            for row in lake.rows(f"SHOW TABLES IN `{lake.root}`.`{layer}`")
            if not row.isTemporary
        ]
    return sorted((layer, table) for layer, table in found if layer in LAYERS)
