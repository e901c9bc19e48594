"""Whether a run passes, and who is blamed when it does not; the SDK's own objects, no network."""

import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from databricks.sdk.errors import InternalError, NotFound
from databricks.sdk.errors.base import DatabricksError
from databricks.sdk.service.jobs import (
    BaseJob,
    RepairHistoryItem,
    Run,
    RunLifeCycleState,
    RunOutput,
    RunResultState,
    RunState,
    RunTask,
)

from scripts.databricks import job
from scripts.errors import FatalError, RetriableError
from scripts.settings import Databricks

RUNNING = RunLifeCycleState.RUNNING


class Jobs:
    """The calls of `client.jobs` that are made, answered with prepared objects."""

    def __init__(
        self, output: RunOutput | None = None, runs: list[Run | DatabricksError] | None = None
    ) -> None:
        self.output, self.runs, self.asked = output, runs or [], list[int]()
        self.jobs = self

    def get_run_output(self, run_id: int) -> RunOutput:
        self.asked.append(run_id)
        assert self.output is not None
        return self.output

    def get_run(self, run_id: int, include_history: bool) -> Run:
        answer = self.runs.pop(0)
        if isinstance(answer, DatabricksError):
            raise answer
        return answer

    def list(self, name: str) -> list[BaseJob]:
        return [BaseJob(job_id=1)] * (2 if name == "twice" else 0)


def task(key: str, result: RunResultState, run_id: int = 7, message: str = "") -> RunTask:
    state = RunState(result_state=result, state_message=message)
    return RunTask(task_key=key, run_id=run_id, state=state)


def run(result: RunResultState | None, *tasks: RunTask, message: str = "") -> Run:
    life = RunLifeCycleState.TERMINATED if result else RunLifeCycleState.INTERNAL_ERROR
    state = RunState(result_state=result, life_cycle_state=life, state_message=message)
    return Run(run_id=5, state=state, tasks=list(tasks))


def test_success_passes() -> None:
    job._check(Jobs(), "medallion", run(RunResultState.SUCCESS))


NOT_SUCCESS = [result for result in RunResultState if result is not RunResultState.SUCCESS]


@pytest.mark.parametrize("result", NOT_SUCCESS, ids=lambda result: result.value)
def test_anything_but_success_fails(result: RunResultState) -> None:
    with pytest.raises(FatalError, match=f"^medallion run 5 ended {result.value}: "):
        job._check(Jobs(), "medallion", run(result, message="because"))


def test_a_failed_task_is_named_with_its_error() -> None:
    jobs = Jobs(RunOutput(error="AnalysisException:\n  no column `x`"))
    failed = run(
        RunResultState.FAILED,
        task("bronze", RunResultState.SUCCESS, 1),
        task("silver", RunResultState.FAILED, 2),
        task("gold", RunResultState.UPSTREAM_FAILED, 3),
    )
    with pytest.raises(FatalError) as error:
        job._check(jobs, "medallion", failed)
    assert str(error.value) == (
        "medallion run 5 ended FAILED: task silver failed: AnalysisException: no column `x`"
    )
    assert jobs.asked == [2]


def test_of_a_repaired_run_the_last_attempts_are_blamed() -> None:
    """The error of a task that the repair had mended was told as the reason."""
    first = [
        task("bronze", RunResultState.FAILED, 1),
        task("silver", RunResultState.UPSTREAM_FAILED, 2),
    ]
    again = [
        replace(task("silver", RunResultState.FAILED, 4), attempt_number=1),
        replace(task("bronze", RunResultState.SUCCESS, 3), attempt_number=1),
    ]
    for tasks in (first + again, again + first):
        jobs = Jobs(RunOutput(error="no column"))
        with pytest.raises(FatalError, match="task silver failed: no column"):
            job._check(jobs, "medallion", run(RunResultState.FAILED, *tasks))
        assert jobs.asked == [4]


def test_a_failure_without_output_has_its_state_message() -> None:
    failed = run(RunResultState.FAILED, task("silver", RunResultState.FAILED, message="no cluster"))
    with pytest.raises(FatalError, match=r"task silver failed: no cluster$"):
        job._check(Jobs(RunOutput()), "medallion", failed)


@pytest.mark.parametrize("result", [RunResultState.TIMEDOUT, RunResultState.CANCELED])
def test_a_task_that_was_stopped_is_named(result: RunResultState) -> None:
    stopped = run(result, task("gold", result))
    with pytest.raises(FatalError, match=f"ended {result.value}: task gold ended {result.value}"):
        job._check(Jobs(), "medallion", stopped)


def test_a_run_that_never_came_to_a_result_fails() -> None:
    broken = run(None, message="cluster went away")
    with pytest.raises(FatalError, match=r"INTERNAL_ERROR: cluster went away"):
        job._check(Jobs(), "medallion", broken)


def test_a_long_error_is_cut() -> None:
    failed = run(RunResultState.FAILED, task("silver", RunResultState.FAILED))
    with pytest.raises(FatalError) as error:
        job._check(Jobs(RunOutput(error="x" * 5000)), "medallion", failed)
    assert len(str(error.value)) < 600


def test_waiting_ends_with_a_result_and_not_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    running = Run(state=RunState(life_cycle_state=RunLifeCycleState.RUNNING))
    ending = Run(state=RunState(life_cycle_state=RunLifeCycleState.TERMINATING))
    done = run(RunResultState.FAILED)
    assert job._wait(Jobs(runs=[running, ending, done]), 5, None) is done
    broken = run(None)
    assert job._wait(Jobs(runs=[running, broken]), 5, None) is broken


def test_a_look_that_databricks_fails_is_taken_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of hundreds of looks at a run of hours two that met a 500 failed the flow, not the run."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    running, done = Run(state=RunState(life_cycle_state=RUNNING)), run(RunResultState.SUCCESS)
    looks = [InternalError("no"), running, DatabricksError("502"), InternalError("no"), done]
    assert job._wait(Jobs(runs=looks), 5, None) is done
    with pytest.raises(NotFound):
        job._wait(Jobs(runs=[NotFound("no such run")]), 5, None)


def test_of_a_repaired_run_the_repair_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    open_repair = RepairHistoryItem(id=9, state=RunState(life_cycle_state=RUNNING))
    still_old = replace(run(RunResultState.FAILED), repair_history=[open_repair])
    ended_repair = replace(open_repair, state=RunState(result_state=RunResultState.SUCCESS))
    done = replace(run(RunResultState.SUCCESS), repair_history=[ended_repair])
    assert job._wait(Jobs(runs=[still_old, still_old, done]), 5, 9) is done
    not_listed_yet = replace(still_old, repair_history=None)
    assert job._wait(Jobs(runs=[not_listed_yet, still_old, done]), 5, 9) is done


@pytest.mark.parametrize(("name", "count"), [("none", 0), ("twice", 2)])
def test_a_job_must_be_there_once(name: str, count: int) -> None:
    with pytest.raises(FatalError, match=f"^{count} Databricks jobs are named {name}: deploy"):
        job._job_id(Jobs(), name)


@pytest.mark.parametrize(
    ("status", "code", "kind", "said"),
    [
        (401, "UNAUTHENTICATED", FatalError, "check DATABRICKS_HOST and DATABRICKS_TOKEN"),
        (403, "PERMISSION_DENIED", FatalError, "check DATABRICKS_HOST and DATABRICKS_TOKEN"),
        (400, "INVALID_PARAMETER_VALUE", FatalError, "Databricks refused the call"),
        (404, "RESOURCE_DOES_NOT_EXIST", FatalError, "Databricks refused the call"),
        (409, "RESOURCE_CONFLICT", RetriableError, "Databricks answered"),
    ],
)
def test_a_refusal_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, status: int, code: str, kind: type[Exception], said: str
) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            raw = f'{{"error_code": "{code}", "message": "no"}}'.encode()
            known = self.path.startswith("/api/2.2/jobs/list")
            self.send_response(status if known else 404)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        host = f"http://127.0.0.1:{server.server_port}"
        with pytest.raises(kind, match=said):
            job.run_job(Databricks(host, "wrong", "medallion"), "token")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
