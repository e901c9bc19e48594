"""docs/data_dictionary.md is what the tables say now."""

from pathlib import Path

from spark_jobs.data_dictionary import dictionary
from spark_jobs.gold.marts import MARTS

WRITTEN = Path(__file__).parents[2] / "docs" / "data_dictionary.md"


def test_the_dictionary_is_up_to_date() -> None:
    assert WRITTEN.read_text(encoding="utf-8") == dictionary() + "\n", (
        "run: python -m spark_jobs.data_dictionary docs/data_dictionary.md"
    )


def test_marts_come_after_those_that_they_read() -> None:
    seen: set[str] = set()
    for mart in MARTS:
        read = {s for s in mart.description.sources if s.startswith("gold.")}
        assert read <= seen, mart.name
        seen.add(f"gold.{mart.name}")
