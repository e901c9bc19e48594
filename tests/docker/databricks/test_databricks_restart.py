"""Killed at any moment, the server tells the truth of its runs and goes on."""

import socket
import subprocess
from pathlib import Path

from databricks_local import Databricks, Jobs, eventually, listens, results, task


def test_kill_9_during_a_run_fails_it_and_the_queue_goes_on(
    databricks: Databricks, jobs: Jobs, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    job = jobs.create(
        task("held", "holds", gate), task("next", "says", after=("held",)), queue=True
    )
    lost, waiting = jobs.start(job), jobs.start(job)
    orphan = eventually(lambda: (mark := Path(f"{gate}.begun")).exists() and mark.read_text())
    databricks.kill()
    eventually(lambda: not Path(f"/proc/{orphan}").exists())
    databricks.start()
    gate.touch()
    run = jobs.ended(lost)
    assert results(run) == {"held": "FAILED", "next": "UPSTREAM_FAILED"}
    assert run.state.result_state.value == "FAILED"
    held = next(item for item in run.tasks if item.task_key == "held")
    assert "restarted during the run" in jobs.api.get_run_output(held.run_id).error
    assert results(jobs.ended(waiting)) == {"held": "SUCCESS", "next": "SUCCESS"}


def kill_spark(databricks: Databricks) -> None:
    children = subprocess.run(
        ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(databricks.process.pid)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    leash = next(line for line in children if "leash.py" in line).split()[0]
    jvm = subprocess.run(["ps", "-o", "pid=", "--ppid", leash], capture_output=True, text=True)
    subprocess.run(["kill", "-9", jvm.stdout.strip()], check=True)


def test_a_dead_spark_is_started_again(databricks: Databricks, jobs: Jobs, tmp_path: Path) -> None:
    jobs.run(jobs.create(task("one", "says")))
    kill_spark(databricks)
    eventually(lambda: not listens(databricks.spark_port))
    run = jobs.run(jobs.create(task("count", "writes_delta", tmp_path / "t", "2")))
    assert results(run) == {"count": "SUCCESS"}


def test_a_task_whose_spark_dies_fails_at_once(
    databricks: Databricks, jobs: Jobs, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    lost = jobs.start(jobs.create(task("held", "holds", gate)))
    orphan = eventually(lambda: (mark := Path(f"{gate}.begun")).exists() and mark.read_text())
    kill_spark(databricks)
    run = jobs.ended(lost)
    assert results(run) == {"held": "FAILED"}
    error = jobs.api.get_run_output(run.tasks[0].run_id).error
    assert error == "The spark driver has stopped unexpectedly and is restarting."
    eventually(lambda: not Path(f"/proc/{orphan}").exists())


def test_a_busy_spark_port_fails_the_run_with_a_sentence(tmp_path: Path) -> None:
    server = Databricks(tmp_path)
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", server.spark_port))
        holder.listen()
        server.start()
        jobs = Jobs(server.client())
        run = jobs.run(jobs.create(task("one", "says")))
        error = jobs.api.get_run_output(run.tasks[0].run_id).error
    assert error == (
        f"Spark did not start: port {server.spark_port} is busy; end the program that holds it, "
        "or set SPARK_PORT to a free port"
    )
    assert server.stop() == 0
