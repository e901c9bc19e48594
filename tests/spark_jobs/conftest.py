"""A landing area and a lakehouse for a module's tests."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from folder_store import FolderStore

from scripts.landing.writer import LandingWriter
from spark_jobs.bronze.ingest import ingest
from spark_jobs.gold.integrity import Result, measure
from spark_jobs.gold.job import MART, build_all, held_by, sources_of
from spark_jobs.gold.marts import MARTS
from spark_jobs.lakehouse import Lakehouse
from spark_jobs.silver.job import run as run_silver


class Lab:
    """A landing area and a lakehouse in one folder."""

    def __init__(self, folder: Path, lake: Lakehouse) -> None:
        self.folder, self.lake = folder, lake

    def land(
        self,
        source: str,
        stream: str,
        records: list[dict],
        deleted: bool = False,
        **details: object,
    ) -> str:
        """The run's id; `details` go into its manifest."""
        writer = LandingWriter(FolderStore(self.folder), source, stream, "test")  # type: ignore[arg-type]
        with writer:
            for record in records:
                writer.write(str(record.get("id")), record, deleted=deleted)
            writer.finish(None, None, **details)
        return writer.run_id

    def build(self, *marts: str) -> None:
        """Silver, and of gold only the marts that a test is about, with those that they read."""
        ingest(self.lake)
        run_silver(self.lake)
        if marts:
            sources = sources_of(self.lake, held_by(self.lake), "America/New_York")
            build_all(self.lake, [m for m in MARTS if m.name in _with_sources(marts)], sources)

    def disagreements(self, *marts: str) -> list[Result]:
        """What the marts' own integrity checks find wrong."""
        sources = sources_of(self.lake, held_by(self.lake), "America/New_York")
        found = [measure(self.lake, MART[name].description, sources) for name in marts]
        return [result for results in found for result in results if not result.holds]

    def rows(self, table: str, where: str = "true", order: str = "1") -> list[dict]:
        layer, name = table.split(".")
        query = f"SELECT * FROM {self.lake.name(layer, name)} WHERE {where} ORDER BY {order}"
        return [row.asDict(recursive=True) for row in self.lake.rows(query)]


def _with_sources(marts: Iterable[str]) -> set[str]:
    """Names of the marts and of every mart below them."""
    found = set(marts)
    for name in marts:
        read = [s.split(".")[1] for s in MART[name].description.sources if s.startswith("gold.")]
        found |= _with_sources(read)
    return found


@pytest.fixture(scope="module")
def new_lab(spark, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Lab]:
    def make() -> Lab:
        folder = tmp_path_factory.mktemp("lab")
        return Lab(folder, Lakehouse(spark, f"{folder}/lakehouse", str(folder)))

    return make
