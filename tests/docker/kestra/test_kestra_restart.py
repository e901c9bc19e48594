"""Killed at any moment, Kestra keeps its history and finishes what ran."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kestra_process import Kestra, eventually


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Kestra]:
    engine = Kestra(tmp_path).start()
    yield engine
    if engine.process.poll() is None:
        engine.stop()


def test_history_survives_kill_9_and_a_running_task_runs_again(
    engine: Kestra, tmp_path: Path
) -> None:
    marker = tmp_path / "pids"
    ended = engine.run("typed")
    eventually(lambda: engine.messages(ended["id"]))
    running = engine.run("sleeper", wait=False, marker=marker, seconds=2)
    eventually(marker.exists)
    accepted = engine.run("typed", wait=False)
    engine.kill()
    engine.start()
    assert engine.execution(ended["id"])["state"] == ended["state"]
    assert engine.messages(ended["id"])
    # The engine takes a worker for dead when it has been silent for 45 s.
    for run in (accepted, running):
        eventually(lambda run=run: engine.state(run["id"]) == "SUCCESS", seconds=120)
    assert len(marker.read_text().split()) == 2


def test_sigterm_ends_it_cleanly(engine: Kestra) -> None:
    ended = engine.run("typed")
    assert engine.stop() == 143
    engine.start()
    assert engine.state(ended["id"]) == "SUCCESS"
