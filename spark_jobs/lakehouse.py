"""Where tables live, from one setting: Unity Catalog names on Databricks, paths elsewhere."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession, functions
from pyspark.sql.types import DateType, NumericType, Row, StringType, StructType, TimestampType

# Deletion vectors stay off: readers outside Spark (chDB, deltalake) count deleted rows or refuse.
# Change data feed: gold follows what changed in silver and in gold.
PROPERTIES = {"delta.enableDeletionVectors": "false", "delta.enableChangeDataFeed": "true"}
# What Delta can keep least and greatest values of, and of how many columns by itself.
SORTED_TYPES = (NumericType, StringType, DateType, TimestampType)
STATS_COLUMNS = 32
# What a session may hold between two statements, instead of evaluating its query in each.
HELD_ROWS = 50_000


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

    def create(
        self, layer: str, table: str, columns: str, comment: str = "", stats: str = ""
    ) -> str:
        """Create the table if it is missing; its SQL name. `columns` is DDL.

        stats: comma-separated columns that Delta's log may hold the least and greatest values of;
        all where none are given.
        """
        name = self.name(layer, table)
        described = f"COMMENT '{plain(comment)}'" if comment else ""
        clauses = f"{described} {_properties(stats)}"
        self.spark.sql(f"CREATE TABLE IF NOT EXISTS {name} ({columns}) USING DELTA {clauses}")
        if not self.columns(layer, table):
            empty = f"no_rows_{table}"
            self.spark.createDataFrame([], columns).createOrReplaceTempView(empty)
            self.spark.sql(f"CREATE OR REPLACE TABLE {name} USING DELTA {clauses} AS TABLE {empty}")
        return name

    def replace(
        self,
        query: str,
        layer: str,
        table: str,
        comment: str,
        columns: Mapping[str, str],
        personal: tuple[str, ...] = (),
        clustered: tuple[str, ...] = (),
    ) -> None:
        """Make the table the query's rows, in one commit. columns: the columns' meanings, in
        order, which become their comments; all of the query's without any. personal: columns whose
        values must not stand in Delta's log, which outlives the rows. clustered: columns by which
        the rows are sorted into files, by OPTIMIZE as well (liquid clustering)."""
        frame = self._described(query, columns)
        frame.createOrReplaceTempView(f"replace_{table}")
        stats = _with_stats(frame.schema, personal) if personal else ""
        cluster = f"CLUSTER BY ({', '.join(clustered)})" if clustered else ""
        self.spark.sql(
            f"CREATE OR REPLACE TABLE {self.name(layer, table)} USING DELTA {cluster} "
            f"COMMENT '{plain(comment)}' {_properties(stats)} "
            f"AS {_sorted(f'SELECT * FROM replace_{table}', clustered)}"
        )

    def replace_snapshot(
        self,
        query: str,
        layer: str,
        table: str,
        comment: str,
        columns: Mapping[str, str],
        day: tuple[str, str],
        personal: tuple[str, ...] = (),
    ) -> None:
        """Replace the rows of one snapshot, keep the others. day: its column and ISO date.
        personal: as for `replace`."""
        column, date = day
        frame = self._described(query, columns)
        ddl = ", ".join(
            f"`{f.name}` {f.dataType.simpleString()} COMMENT '{plain(columns[f.name])}'"
            for f in frame.schema
        )
        stats = _with_stats(frame.schema, personal) if personal else ""
        name = self.create(layer, table, ddl, comment, stats)
        frame.createOrReplaceTempView(f"replace_{table}")
        self.spark.sql(
            f"INSERT INTO {name} REPLACE WHERE {column} = DATE '{date}' "
            f"SELECT * FROM replace_{table}"
        )

    def overwrite(
        self,
        query: str,
        layer: str,
        table: str,
        where: str = "",
        clustered: tuple[str, ...] = (),
    ) -> None:
        """Replace the table's rows, or those of the condition, by the query's, which has the
        table's columns in their order. clustered: as for `replace`."""
        into = f"INTO {self.name(layer, table)} REPLACE WHERE {where}"
        whole = f"OVERWRITE {self.name(layer, table)}"
        self.spark.sql(f"INSERT {into if where else whole} {_sorted(query, clustered)}")

    def view(self, query: str, name: str) -> str:
        self.spark.sql(query).createOrReplaceTempView(name)
        return name

    def hold(self, query: str, name: str, most: int = HELD_ROWS) -> bool:
        """A view of the query's rows, evaluated now and held, or not when they are more than
        `most`. A MERGE runs its source twice, and planning it costs more than few rows."""
        frame = self.spark.sql(query)
        rows = frame.limit(most + 1).toArrow()
        held = bool(rows.num_rows <= most)
        if not rows.num_rows:  # of none Spark infers no schema
            frame = self.spark.createDataFrame([], frame.schema)
        elif held:
            frame = self.spark.createDataFrame(rows)
        frame.createOrReplaceTempView(name)
        return held

    def replace_keys(self, rows: str, layer: str, table: str, key: str, touched: str) -> None:
        """Replace the rows of the `touched` keys (a view with a column `key`) by those of the view
        `rows`, in one commit; key: the table's column or expression. No key stands in Delta's log.
        """
        schema = self.spark.table(rows).schema
        row, columns = schema.simpleString(), schema.names
        self.spark.sql(
            f"""
            MERGE INTO {self.name(layer, table)} AS old
            USING (
              SELECT struct(*) AS _row, NULL AS key FROM {rows}
              UNION ALL SELECT CAST(NULL AS {row}), key FROM {touched} WHERE key IS NOT NULL
            ) AS new
            ON {key} = new.key
            WHEN MATCHED THEN DELETE
            WHEN NOT MATCHED AND new.key IS NULL THEN INSERT
              ({", ".join(columns)}) VALUES ({", ".join(f"_row.{name}" for name in columns)})
            """
        )

    def changes(self, layer: str, table: str, first: int, last: int) -> DataFrame:
        """The rows that the versions changed, as they were and as they became."""
        reader = (
            self.spark.read.option("readChangeFeed", "true")
            .option("startingVersion", first)
            .option("endingVersion", last)
        )
        if "/" in self.root:
            return reader.format("delta").load(f"{self.root}/{layer}/{table}")
        return reader.table(f"{self.root}.{layer}.{table}")

    def _described(self, query: str, columns: Mapping[str, str]) -> DataFrame:
        frame = self.spark.sql(query)
        if not columns:
            return frame
        return frame.select(
            *(
                functions.col(name).alias(name, metadata={"comment": plain(meaning)})
                for name, meaning in columns.items()
            )
        )

    def columns(self, layer: str, table: str) -> list[str]:
        """The table's columns; none when there is no such table. A creation that was killed before
        its first commit leaves a folder, which `CREATE TABLE` takes for one."""
        try:
            return self.spark.table(self.name(layer, table)).columns
        except AnalysisException as error:
            if "NOT_FOUND" in (error.getCondition() or ""):
                return []
            raise

    def rows(self, query: str) -> list[Row]:
        return self.spark.sql(query).collect()

    def create_as(self, query: str, layer: str, table: str, stats: str) -> bool:
        """Create the table with the query's rows, in one commit; False, and nothing done, when
        there is one. stats: as for `create`."""
        name = self.name(layer, table)
        definition = f"{name} USING DELTA {_properties(stats)} AS {query}"
        try:
            self.spark.sql(f"CREATE TABLE {definition}")
        except AnalysisException as error:
            if "ALREADY_EXISTS" not in (error.getCondition() or ""):
                raise
            if self.columns(layer, table):
                return False
            self.spark.sql(f"CREATE OR REPLACE TABLE {definition}")
        return True


def rows_there(read: Callable[[], list[Row]]) -> list[Row]:
    """What reading a path gives; nothing where there is none yet."""
    try:
        return read()
    except AnalysisException as error:
        if error.getCondition() == "PATH_NOT_FOUND":
            return []
        raise


def _properties(stats: str) -> str:
    """The clause of every table of ours."""
    held = PROPERTIES | ({"delta.dataSkippingStatsColumns": stats} if stats else {})
    return f"TBLPROPERTIES ({', '.join(f'{key!r} = {value!r}' for key, value in held.items())})"


def _sorted(query: str, columns: tuple[str, ...]) -> str:
    return f"{query} SORT BY {', '.join(columns)}" if columns else query


def _with_stats(schema: StructType, personal: tuple[str, ...]) -> str:
    first = [f for f in schema.fields[:STATS_COLUMNS] if isinstance(f.dataType, SORTED_TYPES)]
    return ",".join(f"`{f.name}`" for f in first if f.name not in personal)


def plain(text: str) -> str:
    """Fit for an SQL literal: a typographic apostrophe ends none."""
    return text.replace("'", "\u2019")


def quoted(values: Sequence[str]) -> str:
    """Run ids and names as a SQL list; they hold no quotes."""
    return ", ".join(f"'{value}'" for value in values)
