"""A Databricks job run by the official SDK: run-now, wait, and look at the result.

Kestra's own Databricks tasks wait for a terminal state and do not look at the result, so a FAILED
Spark run would pass (FACTS.md).
"""

import logging
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied, Unauthenticated
from databricks.sdk.errors.base import DatabricksError
from databricks.sdk.service.jobs import RepairHistoryItem, Run, RunResultState, RunTask

from scripts.errors import FatalError, RetriableError
from scripts.retry import with_retries
from scripts.settings import Databricks

log = logging.getLogger(__name__)
POLL_SECONDS = (0.5, 10.0)  # first, longest
REFUSED = (BadRequest, NotFound, PermissionDenied, Unauthenticated)
WITHOUT_RESULT = ("INTERNAL_ERROR", "SKIPPED")  # life cycle states that may end a run


def run_job(settings: Databricks, token: str) -> tuple[int, str]:
    """(run id, page) of a run that ended SUCCESS; FatalError with the failing task's error.

    token: names the run. Called again with it, a run that is under way is waited for, and one that
    failed is repaired: its failed tasks run once more.
    """
    with _explained(settings):
        client = WorkspaceClient(host=settings.host, token=settings.token)
        run_id = _run_now(client, _job_id(client, settings.job_name), token)
        with _cancelled_with_us(client, run_id):
            repair_id = _repair_if_failed(client, run_id)
            run = _wait(client, run_id, repair_id)
        _check(client, settings.job_name, run)
    return run_id, run.run_page_url or ""


def cancel_run(settings: Databricks, token: str) -> None:
    """End the run that `token` names, if it is under way. One that was never started is started
    and cancelled: the API finds a run by its token in no other way."""
    with _explained(settings):
        client = WorkspaceClient(host=settings.host, token=settings.token)
        run_id = _run_now(client, _job_id(client, settings.job_name), token)
        client.jobs.cancel_run(run_id)
    log.info("Databricks run %d: cancelled, unless it had ended", run_id)


@contextmanager
def _explained(settings: Databricks) -> Iterator[None]:
    try:
        yield
    except (Unauthenticated, PermissionDenied) as error:
        raise FatalError(
            f"Databricks refused the credentials: check DATABRICKS_HOST and DATABRICKS_TOKEN "
            f"({error})"
        ) from error
    except (BadRequest, NotFound) as error:
        raise FatalError(f"Databricks refused the call: {error}") from error
    except DatabricksError as error:
        raise RetriableError(f"Databricks answered: {error}") from error
    except (OSError, ValueError) as error:
        raise FatalError(f"Databricks cannot be used at {settings.host}: {error}") from error


def _run_now(client: WorkspaceClient, job_id: int, token: str) -> int:
    body = {"job_id": job_id, "idempotency_token": token[:64]}
    started: Any = client.api_client.do("POST", "/api/2.2/jobs/run-now", body=body)
    return int(started["run_id"])


@contextmanager
def _cancelled_with_us(client: WorkspaceClient, run_id: int) -> Iterator[None]:
    """Who ends this process (Kestra's kill, its time-out) ends the run with it."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except SystemExit:
        client.jobs.cancel_run(run_id)
        log.error("Databricks run %d was cancelled, because this script was ended", run_id)
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


def _repair_if_failed(client: WorkspaceClient, run_id: int) -> int | None:
    """The id of the repair; None when the run has not failed (yet)."""
    run = client.jobs.get_run(run_id, include_history=True)
    state = run.state.result_state if run.state else None
    if state is None or state == RunResultState.SUCCESS:
        return None
    last = _repairs(run)[-1:]
    repair: Any = client.jobs.repair_run(
        run_id, rerun_all_failed_tasks=True, latest_repair_id=last[0].id if last else None
    )
    log.info("Databricks run %d had failed: its failed tasks run again", run_id)
    return int(repair.response.repair_id)


def _repairs(run: Run) -> list[RepairHistoryItem]:
    return [item for item in run.repair_history or [] if item.id is not None]


def _job_id(client: WorkspaceClient, name: str) -> int:
    found = [job.job_id for job in client.jobs.list(name=name) if job.job_id is not None]
    if len(found) != 1:
        raise FatalError(
            f"{len(found)} Databricks jobs are named {name}: deploy the bundle (databricks.yml) or "
            "set DATABRICKS_JOB_NAME"
        )
    return found[0]


def _wait(client: WorkspaceClient, run_id: int, repair_id: int | None) -> Run:
    pause, longest = POLL_SECONDS
    log.info("Databricks run %d is under way", run_id)
    while True:
        run = with_retries(lambda: _look(client, run_id))
        if _has_ended(run, repair_id):
            return run
        time.sleep(pause)
        pause = min(longest, pause * 1.3)


def _look(client: WorkspaceClient, run_id: int) -> Run:
    """A 500 to one look of hundreds says nothing of the run, and the SDK does not ask again."""
    try:
        return client.jobs.get_run(run_id, include_history=True)
    except REFUSED:
        raise
    except DatabricksError as error:
        raise RetriableError(f"Databricks answered: {error}") from error


def _has_ended(run: Run, repair_id: int | None) -> bool:
    """Of a repaired run the repair decides: the run's own state may be the old one for a moment,
    and its history may not have the repair yet."""
    states = [item.state for item in _repairs(run) if item.id == repair_id]
    if repair_id is not None and not states:
        return False
    for state in (run.state, *states):
        life_cycle = state.life_cycle_state.value if state and state.life_cycle_state else None
        if state is None or not (state.result_state or life_cycle in WITHOUT_RESULT):
            return False
    return True


def _check(client: WorkspaceClient, name: str, run: Run) -> None:
    state = run.state
    result = state.result_state if state else None
    if result == RunResultState.SUCCESS:
        log.info("Databricks run %d: SUCCESS", run.run_id)
        return
    label = result.value if result else str(state and state.life_cycle_state)
    blamed = _blamed(run.tasks or [])
    if blamed is None:
        raise FatalError(
            f"{name} run {run.run_id} ended {label}: {state.state_message if state else ''}"
        )
    raise FatalError(
        f"{name} run {run.run_id} ended {label}: task {blamed.task_key} {_why(client, blamed)}"
    )


def _blamed(tasks: list[RunTask]) -> RunTask | None:
    """The first task that failed by itself, not because of another. Of a task that was repaired or
    tried again Databricks lists every attempt, in no order; the last one counts."""
    own = (RunResultState.FAILED, RunResultState.TIMEDOUT, RunResultState.CANCELED)
    by_attempt = sorted(tasks, key=lambda task: task.attempt_number or 0)
    for task in {task.task_key: task for task in by_attempt}.values():
        if task.state and task.state.result_state in own:
            return task
    return None


def _why(client: WorkspaceClient, task: RunTask) -> str:
    result = task.state.result_state.value if task.state and task.state.result_state else "failed"
    if result != "FAILED" or task.run_id is None:
        return f"ended {result}"
    output = client.jobs.get_run_output(task.run_id)
    message = (output.error or (task.state.state_message if task.state else "") or "").strip()
    return f"failed: {' '.join(message.split())[:500]}"
