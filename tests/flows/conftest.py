from collections.abc import Iterator

import pytest
from flow_stack import Stack, embedded, environment, published


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything that `make up` starts, with a job that takes no time: ingests trigger it."""
    home = tmp_path_factory.mktemp("stack")
    given = environment(home)
    up = embedded(given, "up")
    try:
        assert up.returncode == 0, up.stdout + up.stderr
        stack = Stack(home, given, published(home))
        stack.job("says")
        yield stack
    finally:
        embedded(given, "down")
