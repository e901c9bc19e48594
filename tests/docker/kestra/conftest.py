from __future__ import annotations

from collections.abc import Iterator

import pytest
from kestra_process import Kestra


@pytest.fixture(scope="session")
def kestra(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kestra]:
    """One engine for all tests that leave it running."""
    engine = Kestra(tmp_path_factory.mktemp("kestra")).start()
    yield engine
    engine.stop()
