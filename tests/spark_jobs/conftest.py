"""A landing area and a lakehouse for a module's tests."""

from collections.abc import Callable
from pathlib import Path

import pytest
from folder_store import FolderStore

from scripts.landing.writer import LandingWriter
from spark_jobs.bronze.ingest import ingest
from spark_jobs.gold.job import run as run_gold
from spark_jobs.lakehouse import Lakehouse
from spark_jobs.silver.job import run as run_silver


class Lab:
    """A landing area and a lakehouse in one folder."""

    def __init__(self, folder: Path, lake: Lakehouse) -> None:
        self.folder, self.lake = folder, lake

    def land(self, source: str, stream: str, records: list[dict], deleted: bool = False) -> str:
        writer = LandingWriter(FolderStore(self.folder), source, stream, "test")  # type: ignore[arg-type]
        with writer:
            for record in records:
                writer.write(str(record.get("id")), record, deleted=deleted)
            writer.finish(None, None)
        return writer.run_id

    def build(self) -> None:
        ingest(self.lake)
        run_silver(self.lake)
        run_gold(self.lake, "America/New_York")

    def rows(self, table: str, where: str = "true", order: str = "1") -> list[dict]:
        layer, name = table.split(".")
        query = f"SELECT * FROM {self.lake.name(layer, name)} WHERE {where} ORDER BY {order}"
        return [row.asDict(recursive=True) for row in self.lake.rows(query)]


@pytest.fixture(scope="module")
def new_lab(spark, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Lab]:
    def make() -> Lab:
        folder = tmp_path_factory.mktemp("lab")
        return Lab(folder, Lakehouse(spark, f"{folder}/lakehouse", str(folder)))

    return make
