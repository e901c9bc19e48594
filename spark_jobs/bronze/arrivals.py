"""Manifests as Auto Loader finds them: each new one once, without listing those that came before.

It only replaces the listing. What has been taken in is still the ledger's word, so a stream that
starts anew, or that repeats a batch, repeats no row.
"""

from collections.abc import Mapping

from pyspark.sql import DataFrame

from spark_jobs.lakehouse import Lakehouse

# The manifest's schema is given, so nothing is inferred and no schema location is needed.
AUTO_LOADER = {"cloudFiles.format": "json"}


def arrived(
    lake: Lakehouse,
    schema: str,
    source: str = "cloudFiles",
    options: Mapping[str, str] = AUTO_LOADER,
) -> DataFrame:
    """Every manifest that has arrived so far; those that are new are read from landing once.

    source, options: a file stream and its settings. The checkpoint is named by the table's own
    id: whoever drops the table and builds anew also starts the stream anew. It lies beside the
    tables, never in one, which Unity Catalog forbids.
    """
    name = lake.create("bronze", "arrivals", schema, "Manifests that Auto Loader has found")
    (table,) = lake.rows(f"DESCRIBE DETAIL {name}")
    stream = (
        lake.spark.readStream.format(source)
        .schema(schema)
        .options(**options)
        .option("pathGlobFilter", "*.json")
        .option("mode", "FAILFAST")
        .load(f"{lake.landing}/landing/_manifests")
    )
    writer = (
        stream.writeStream.format("delta")
        .trigger(availableNow=True)
        .option("checkpointLocation", f"{lake.landing}/state/_bronze/arrivals/{table.id}")
    )
    if "/" in lake.root:
        query = writer.start(f"{lake.root}/bronze/arrivals")
    else:
        query = writer.toTable(name)
    query.awaitTermination()
    return lake.spark.sql(f"SELECT * FROM {name}").dropDuplicates(["run_id"])
