"""`python -m scripts.run_databricks_job` against the running server: killed, stopped, repeated."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from databricks_local import ROOT, TOKEN, Databricks, Jobs, eventually, results, task


def script(databricks: Databricks, name: str, token: str, *more: str) -> "subprocess.Popen[str]":
    environment = {
        "DATABRICKS_HOST": databricks.url,
        "DATABRICKS_TOKEN": TOKEN,
        "DATABRICKS_JOB_NAME": name,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "scripts.run_databricks_job", "--token", token, *more],
        cwd=ROOT,
        env=os.environ | environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def runs_of(jobs: Jobs, job: int) -> list[int]:
    return [run.run_id for run in jobs.api.list_runs(job_id=job)]


def test_a_killed_script_called_again_waits_for_the_same_run(
    databricks: Databricks, jobs: Jobs, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    job = jobs.create(task("held", "holds", gate), name="killed")
    first = script(databricks, "killed", "execution-1")
    eventually(Path(f"{gate}.begun").exists)
    first.kill()
    first.wait()
    second = script(databricks, "killed", "execution-1")
    gate.touch()
    assert second.wait(60) == 0
    (run_id,) = runs_of(jobs, job)
    assert results(jobs.ended(run_id)) == {"held": "SUCCESS"}


def test_a_stopped_script_cancels_its_run(
    databricks: Databricks, jobs: Jobs, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    job = jobs.create(task("held", "holds", gate), name="stopped")
    stopped = script(databricks, "stopped", "execution-2")
    eventually(Path(f"{gate}.begun").exists)
    stopped.send_signal(signal.SIGTERM)
    assert stopped.wait(60) == 128 + signal.SIGTERM
    assert "was cancelled, because this script was ended" in stopped.stderr.read()
    (run_id,) = runs_of(jobs, job)
    assert results(jobs.ended(run_id)) == {"held": "CANCELED"}


def test_a_retry_repairs_the_run_that_failed(
    databricks: Databricks, jobs: Jobs, tmp_path: Path
) -> None:
    job = jobs.create(
        task("first", "says"),
        task("shaky", "fails_once", tmp_path / "mark", after=("first",)),
        name="shaky",
    )
    failed = script(databricks, "shaky", "execution-3")
    assert failed.wait(60) == 1
    assert "ended FAILED: task shaky failed" in failed.stderr.read()
    assert script(databricks, "shaky", "execution-3").wait(60) == 0
    (run_id,) = runs_of(jobs, job)
    run = jobs.ended(run_id)
    assert results(run) == {"first": "SUCCESS", "shaky": "SUCCESS"}
    assert len(jobs.api.get_run(run_id, include_history=True).repair_history) == 2


def test_a_job_that_keeps_failing_is_repaired_once_a_call(
    databricks: Databricks, jobs: Jobs
) -> None:
    job = jobs.create(task("broken", "fails", "no price"), name="broken")
    for repairs in (0, 2, 3):  # the first repair brings the original into the history
        assert script(databricks, "broken", "execution-4").wait(60) == 1
        (run_id,) = runs_of(jobs, job)
        history = jobs.api.get_run(run_id, include_history=True).repair_history
        assert len(history or []) == repairs


def test_a_run_is_cancelled_by_its_token(
    databricks: Databricks, jobs: Jobs, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    job = jobs.create(task("held", "holds", gate), name="cancelled")
    killed = script(databricks, "cancelled", "execution-5")
    eventually(Path(f"{gate}.begun").exists)
    killed.kill()
    killed.wait()
    assert script(databricks, "cancelled", "execution-5", "--cancel").wait(60) == 0
    (run_id,) = runs_of(jobs, job)
    assert results(jobs.ended(run_id)) == {"held": "CANCELED"}
