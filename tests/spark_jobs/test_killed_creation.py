"""Spark dies while it creates a table: what it leaves of the table stops no later run."""

from pathlib import Path

import pytest

# What a creation puts into a table's folder before its first commit.
LEFT = {
    "a log without a commit": ("_delta_log/_staged_commits/",),
    "rows without a log": ("part-00000-c000.snappy.parquet",),
    "both": ("_delta_log/_staged_commits/", "part-00000-c000.snappy.parquet"),
    "a checksum without its commit": ("_delta_log/00000000000000000000.crc",),
}


def leave(table: Path, names: tuple[str, ...]) -> None:
    for name in names:
        place = table / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            place.mkdir()
        else:
            place.write_bytes(b"cut off")


@pytest.mark.parametrize("left", LEFT.values(), ids=LEFT)
def test_the_creation_is_done_again(new_lab, left: tuple[str, ...]) -> None:
    lab = new_lab()
    for table in ("created", "filled", "dated"):
        leave(lab.folder / "lakehouse/bronze" / table, left)
    name = lab.lake.create("bronze", "created", "a INT, b STRING", "It's there")
    lab.lake.spark.sql(f"INSERT INTO {name} VALUES (1, 'x')")
    assert lab.lake.create("bronze", "created", "a INT, b STRING") == name
    assert lab.rows("bronze.created") == [{"a": 1, "b": "x"}]
    row = "SELECT DATE '2026-01-02' AS a, 'x' AS b"
    assert lab.lake.create_as(row, "bronze", "filled", "a")
    assert not lab.lake.create_as(row, "bronze", "filled", "a")
    assert len(lab.rows("bronze.filled")) == 1
    meanings = {"a": "The day", "b": "Its name"}
    lab.lake.replace_snapshot(row, "bronze", "dated", "Days", meanings, ("a", "2026-01-02"))
    described = lab.lake.rows(f"DESCRIBE {lab.lake.name('bronze', 'dated')}")
    assert [column.comment for column in described[:2]] == list(meanings.values())
    assert len(lab.rows("bronze.dated")) == 1


def test_bronze_and_silver_whose_every_creation_was_killed_are_built(new_lab) -> None:
    lab = new_lab()
    lab.land("stripe", "customers", [{"id": "cus_1", "object": "customer", "created": 1}])
    for layer, tables in {
        "bronze": ("manifests", "stripe_customers"),
        "silver": ("progress", "quarantine", "fields", "stripe_customers"),
    }.items():
        for table in tables:
            leave(lab.folder / "lakehouse" / layer / table, LEFT["both"])
    lab.build()
    assert [row["id"] for row in lab.rows("silver.stripe_customers")] == ["cus_1"]
