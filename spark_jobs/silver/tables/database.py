"""silver.database_<table>: tables of any SQL database, whose columns no declaration can know."""

from collections.abc import Iterable

from spark_jobs.silver.table import Table

PREFIX = "database_"


def tables_of(streams: Iterable[str]) -> list[Table]:
    """One for each of the landed streams that is a table of the database."""
    return [table_of(stream) for stream in sorted(streams) if stream.startswith(PREFIX)]


def table_of(stream: str) -> Table:
    """The silver table of a landed table: its rows as they are now, deletes as tombstones."""
    return Table(
        name=stream,
        streams=(stream,),
        schema="nothing STRING",
        columns={"id": "_id", "record": "record"},
        key=("id",),
        changed_at="_extracted_at",
        comment="One row a row of the database's table; its columns are JSON in record",
        expectations={"key is missing": "length(id) > 0"},
        # Any column may be about a person.
        personal=("id", "record"),
        meanings={
            "id": "The row's primary key; in a table without one a hash of the row",
            "record": "The row as JSON text",
        },
    )
