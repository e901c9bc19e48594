"""The line at the end of a backfill, through a local Slack and a real S3 server."""

from argparse import Namespace

import pytest
import requests
from local_service import Service

from scripts.backfill.__main__ import finish
from scripts.landing.store import Store
from scripts.landing.writer import LandingWriter, new_run_id


def test_a_task_that_runs_again_does_not_say_it_twice(
    store: Store, slack_server: Service, slack_webhook: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_WEBHOOK_URL", slack_webhook)
    window = {"since": "2026-01-01T00:00:00.000000Z", "until": "2026-02-01T00:00:00.000000Z"}
    given = Namespace(source="stripe", streams="charges", since_run=new_run_id(), **window)
    with LandingWriter(store, "stripe", "charges", "test") as writer:
        writer.write("ch_1", {"id": "ch_1"})
        writer.finish(None, window["until"], asked=window)
    with LandingWriter(store, "stripe", "charges", "test") as writer:  # the schedule's
        writer.write("ch_2", {"id": "ch_2"})
        writer.finish(window["since"], window["until"])
    finish(given)
    finish(given)
    (said,) = requests.get(f"{slack_server.url}/api/messages", timeout=10).json()["messages"]
    assert said["payload"]["text"] == (
        "Backfill finished: stripe 2026-01-01T00:00Z to 2026-02-01T00:00Z: 1 rows (charges 1)"
    )
