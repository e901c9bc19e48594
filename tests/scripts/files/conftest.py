"""Reading one file without S3."""

from pathlib import Path

import pytest
from file_reading import Read

from scripts.files.datasets import DATASETS
from scripts.files.read import read_rows
from scripts.files.rows import Rejected, Row


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """`read("a.csv", content, dataset)` → (good rows, rejected rows)."""

    def rows(name: str, content: bytes, dataset: str) -> tuple[list[Row], list[Rejected]]:
        path = tmp_path / "file"
        path.write_bytes(content)
        found = list(read_rows(path, f"{dataset}/{name}", DATASETS[dataset]))
        good = [row for row in found if isinstance(row, Row)]
        return good, [row for row in found if isinstance(row, Rejected)]

    return rows
