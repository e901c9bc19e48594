"""A running local Slack for the tests of this folder."""

from collections.abc import Iterator

import pytest
from slack_local import Slack


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slack]:
    slack = Slack(tmp_path_factory.mktemp("slack"))
    yield slack
    slack.kill()


@pytest.fixture
def slack(running: Slack) -> Slack:
    """An empty channel, its bucket full."""
    running.admin("reset", {})
    running.admin("clock", {"now": None})
    return running
