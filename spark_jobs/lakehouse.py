"""Where tables live, from one setting: Unity Catalog names on Databricks, paths elsewhere."""

from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import Row

# Deletion vectors stay off: readers outside Spark (chDB, deltalake) count deleted rows or refuse.
PROPERTIES = "TBLPROPERTIES ('delta.enableDeletionVectors' = 'false')"


@dataclass(frozen=True)
class Lakehouse:
    """spark: a session, classic or Connect. root: `s3://bucket/lakehouse` or a catalog's name.

    landing: `s3://bucket`, the bucket that holds `landing/`.
    """

    spark: SparkSession
    root: str
    landing: str

    def name(self, layer: str, table: str) -> str:
        """The SQL name of a table."""
        if "/" in self.root:
            return f"delta.`{self.root}/{layer}/{table}`"
        return f"`{self.root}`.`{layer}`.`{table}`"

    def create(self, layer: str, table: str, columns: str, comment: str = "") -> str:
        """Create the table if it is missing; its SQL name. `columns` is DDL."""
        name = self.name(layer, table)
        described = f"COMMENT '{comment.replace(chr(39), chr(8217))}'" if comment else ""
        self.spark.sql(
            f"CREATE TABLE IF NOT EXISTS {name} ({columns}) USING DELTA {described} {PROPERTIES}"
        )
        return name

    def replace(self, query: str, layer: str, table: str, comment: str) -> None:
        """Make the table exactly the query's rows, in one commit."""
        frame = self.spark.sql(query)
        ddl = ", ".join(f"`{f.name}` {f.dataType.simpleString()}" for f in frame.schema)
        name = self.create(layer, table, ddl, comment)
        frame.createOrReplaceTempView(f"replace_{table}")
        self.spark.sql(f"INSERT OVERWRITE {name} SELECT * FROM replace_{table}")

    def replace_snapshot(
        self, query: str, layer: str, table: str, comment: str, column: str
    ) -> None:
        """Replace the rows of the snapshots that the query holds, keep the others."""
        frame = self.spark.sql(query)
        ddl = ", ".join(f"`{f.name}` {f.dataType.simpleString()}" for f in frame.schema)
        name = self.create(layer, table, ddl, comment)
        frame.createOrReplaceTempView(f"replace_{table}")
        snapshots = self.rows(f"SELECT DISTINCT {column} AS day FROM replace_{table}")
        for row in snapshots:
            where = f"{column} = DATE '{row.day}'"
            self.spark.sql(
                f"INSERT INTO {name} REPLACE WHERE {where} "
                f"SELECT * FROM replace_{table} WHERE {where}"
            )

    def rows(self, query: str) -> list[Row]:
        return self.spark.sql(query).collect()

    def is_empty(self, name: str) -> bool:
        return not self.rows(f"SELECT 1 FROM {name} LIMIT 1")

    def append(
        self, frame: DataFrame, layer: str, table: str, transaction: tuple[str, int]
    ) -> None:
        """Append exactly once: Delta skips a (application, version) that it has seen."""
        application, version = transaction
        writer = (
            frame.write.format("delta")
            .mode("append")
            .option("txnAppId", application)
            .option("txnVersion", version)
        )
        if "/" in self.root:
            writer.save(f"{self.root}/{layer}/{table}")
        else:
            writer.saveAsTable(f"{self.root}.{layer}.{table}")
