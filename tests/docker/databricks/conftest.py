from collections.abc import Iterator

import pytest
from databricks_local import Databricks, Jobs


@pytest.fixture(scope="session")
def databricks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databricks]:
    server = Databricks(tmp_path_factory.mktemp("databricks")).start()
    yield server
    server.stop()


@pytest.fixture
def jobs(databricks: Databricks) -> Jobs:
    return Jobs(databricks.client())
