"""States, results, errors and logs of runs, on real Spark, seen through the official SDK."""

from pathlib import Path

import pytest
from databricks.sdk.errors import InvalidParameterValue, OperationFailed
from databricks_local import Databricks, Jobs, eventually, results, task, task_of
from pyspark.errors import PySparkException
from pyspark.sql.connect.client import SparkConnectClient


def test_tasks_run_in_order_with_the_jobs_parameters_on_delta(jobs: Jobs, tmp_path: Path) -> None:
    table = tmp_path / "table"
    job = jobs.create(
        task("count", "writes_delta", table, "{{job.parameters.rows}}", after=("first",)),
        task("first", "says", "--rows={{job.parameters.rows}}", "{{ literal }}"),
        parameters={"rows": "3"},
    )
    run = jobs.run(job, rows="5")
    assert results(run) == {"first": "SUCCESS", "count": "SUCCESS"}
    assert run.state.life_cycle_state.value == "TERMINATED"
    assert run.state.result_state.value == "SUCCESS"
    first, count = task_of(run, "first"), task_of(run, "count")
    assert first.end_time <= count.start_time
    assert jobs.api.get_run_output(first.run_id).logs == "given --rows=5 {{ literal }}\n"
    assert "rows 5" in jobs.api.get_run_output(count.run_id).logs
    assert (table / "_delta_log").is_dir()
    again = jobs.run(job)
    assert "rows 8" in jobs.api.get_run_output(task_of(again, "count").run_id).logs


def test_a_tasks_spark_session_ends_with_it(
    jobs: Jobs, databricks: Databricks, tmp_path: Path
) -> None:
    run = jobs.run(jobs.create(task("count", "writes_delta", tmp_path / "table", "5")))
    logs = jobs.api.get_run_output(task_of(run, "count").run_id).logs
    session = logs.split("session ")[1].strip()
    url = f"sc://127.0.0.1:{databricks.spark_port}/;user_id=ecomm;session_id={session}"
    client = SparkConnectClient(url)
    with pytest.raises(PySparkException, match="SESSION_CLOSED"):
        client.get_configs("spark.master")


def test_a_failed_task_fails_its_run_and_skips_what_follows(jobs: Jobs) -> None:
    job = jobs.create(
        task("bronze", "says"),
        task("silver", "fails", "row 7 has no price", after=("bronze",)),
        task("gold", "says", after=("silver",)),
        task("report", "says", after=("gold",)),
    )
    run = jobs.run(job)
    skipped = {"gold": "UPSTREAM_FAILED", "report": "UPSTREAM_FAILED"}
    assert results(run) == {"bronze": "SUCCESS", "silver": "FAILED", **skipped}
    # As recorded by users of the real API: the run is INTERNAL_ERROR, its task TERMINATED.
    assert run.state.life_cycle_state.value == "INTERNAL_ERROR"
    assert run.state.result_state.value == "FAILED"
    assert run.state.state_message == (
        "Task silver failed with message: Workload failed, see run output for details. "
        "This caused all downstream tasks to get skipped."
    )
    silver, gold = task_of(run, "silver"), task_of(run, "gold")
    assert silver.state.life_cycle_state.value == "TERMINATED"
    assert silver.status.termination_details.code.value == "RUN_EXECUTION_ERROR"
    assert gold.status.termination_details.code.value == "SKIPPED"
    output = jobs.api.get_run_output(silver.run_id)
    assert output.error == "ValueError: row 7 has no price"
    assert "in fails" in output.error_trace
    assert output.logs.startswith("row 6 is well\n")
    with pytest.raises(OperationFailed, match=r"got RunLifeCycleState\.INTERNAL_ERROR"):
        jobs.api.wait_get_run_job_terminated_or_skipped(run.run_id)


def test_a_task_that_takes_too_long_ends_timedout(jobs: Jobs, tmp_path: Path) -> None:
    job = jobs.create(
        task("slow", "holds", tmp_path / "never", timeout_seconds=1),
        task("next", "says", after=("slow",)),
    )
    run = jobs.run(job)
    assert run.state.result_state.value == "TIMEDOUT"
    assert results(run) == {"slow": "TIMEDOUT", "next": "UPSTREAM_FAILED"}
    assert task_of(run, "slow").state.user_cancelled_or_timedout
    assert 1000 <= task_of(run, "slow").execution_duration < 30_000


def test_a_run_that_takes_too_long_ends_timedout(jobs: Jobs, tmp_path: Path) -> None:
    job = jobs.create(task("slow", "holds", tmp_path / "never"), timeout_seconds=1)
    assert results(jobs.run(job)) == {"slow": "TIMEDOUT"}


def test_a_cancelled_run_ends_canceled_and_its_process_with_it(jobs: Jobs, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    job = jobs.create(task("held", "holds", gate), task("next", "says", after=("held",)))
    run_id = jobs.start(job)
    pid = eventually(lambda: (mark := Path(f"{gate}.begun")).exists() and mark.read_text())
    running = jobs.api.get_run(run_id)
    assert running.state.life_cycle_state.value == "RUNNING"
    assert running.state.result_state is None
    assert task_of(running, "held").state.life_cycle_state.value == "RUNNING"
    assert task_of(running, "next").state.life_cycle_state.value == "BLOCKED"
    jobs.api.cancel_run(run_id)
    run = jobs.ended(run_id)
    assert run.state.life_cycle_state.value == "TERMINATED"
    assert run.state.result_state.value == "CANCELED"
    assert run.status.termination_details.code.value == "USER_CANCELED"
    assert results(run) == {"held": "CANCELED", "next": "CANCELED"}
    assert not Path(f"/proc/{pid}").exists()
    jobs.api.cancel_run(run_id)
    assert jobs.api.get_run(run_id).as_dict() == run.as_dict()


def test_a_retry_saves_a_task(jobs: Jobs, tmp_path: Path) -> None:
    job = jobs.create(task("shaky", "fails_once", tmp_path / "mark", max_retries=1))
    run = jobs.run(job)
    assert results(run) == {"shaky": "SUCCESS"}
    assert run.tasks[0].attempt_number == 1


def test_repair_runs_the_failed_tasks_again(jobs: Jobs, tmp_path: Path) -> None:
    job = jobs.create(
        task("first", "says"),
        task("shaky", "fails_once", tmp_path / "mark", after=("first",)),
        task("last", "says", after=("shaky",)),
    )
    broken = jobs.run(job)
    assert results(broken) == {"first": "SUCCESS", "shaky": "FAILED", "last": "UPSTREAM_FAILED"}
    jobs.api.repair_run(broken.run_id, rerun_all_failed_tasks=True)
    run = jobs.ended(broken.run_id)
    assert set(results(run).values()) == {"SUCCESS"}
    assert run.state.result_state.value == "SUCCESS"
    assert task_of(run, "first").end_time == task_of(broken, "first").end_time
    assert task_of(run, "shaky").run_id != task_of(broken, "shaky").run_id
    assert not jobs.api.get_run(run.run_id).repair_history


def test_repairs_are_remembered_and_the_last_one_must_be_named(jobs: Jobs) -> None:
    run = jobs.run(jobs.create(task("broken", "fails", "again")))
    first = jobs.api.repair_run(run.run_id, rerun_all_failed_tasks=True).response.repair_id
    jobs.ended(run.run_id)
    with pytest.raises(InvalidParameterValue, match=f"must be the last repair, {first}"):
        jobs.api.repair_run(run.run_id, rerun_all_failed_tasks=True)
    second = jobs.api.repair_run(
        run.run_id, rerun_all_failed_tasks=True, latest_repair_id=first
    ).response.repair_id
    jobs.ended(run.run_id)
    history = jobs.api.get_run(run.run_id, include_history=True).repair_history
    assert [(item.type.value, item.id) for item in history] == [
        ("ORIGINAL", None),
        ("REPAIR", first),
        ("REPAIR", second),
    ]
    assert {item.state.result_state.value for item in history} == {"FAILED"}


def test_one_run_at_a_time_the_next_is_skipped_or_queued(jobs: Jobs, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    for queue in (False, True):
        job = jobs.create(task("held", "holds", gate), queue=queue)
        first, second = jobs.start(job), jobs.start(job)
        if queue:
            assert jobs.life(second) == "QUEUED"
            third = jobs.start(job)
            jobs.api.cancel_run(third)
            assert results(jobs.ended(third)) == {"held": "CANCELED"}
        else:
            skipped = jobs.ended(second)
            assert skipped.state.life_cycle_state.value == "SKIPPED"
            assert skipped.state.result_state.value == "MAXIMUM_CONCURRENT_RUNS_REACHED"
        gate.touch()
        assert results(jobs.ended(first)) == {"held": "SUCCESS"}
        if queue:
            assert results(jobs.ended(second)) == {"held": "SUCCESS"}
        gate.unlink()


def test_a_task_that_cannot_start_fails_with_the_reason(jobs: Jobs) -> None:
    run = jobs.run(jobs.create(task("lost", "no_such_entry_point")))
    assert results(run) == {"lost": "FAILED"}
    assert "has no entry point no_such_entry_point" in (
        jobs.api.get_run_output(run.tasks[0].run_id).error
    )
