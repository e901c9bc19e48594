"""A Databricks job run by the official SDK: run-now, wait, and look at the result.

Kestra's own Databricks tasks wait for a terminal state and do not look at the result, so a FAILED
Spark run would pass (FACTS.md).
"""

import logging
import time

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import PermissionDenied, Unauthenticated
from databricks.sdk.errors.base import DatabricksError
from databricks.sdk.service.jobs import Run, RunResultState, RunTask

from scripts.errors import FatalError, RetriableError
from scripts.settings import Databricks

log = logging.getLogger(__name__)
POLL_SECONDS = (0.5, 10.0)  # first, longest


def run_job(settings: Databricks, token: str) -> tuple[int, str]:
    """(run id, page) of a run that ended SUCCESS; FatalError with the failing task's error."""
    try:
        client = WorkspaceClient(host=settings.host, token=settings.token)
        job_id = _job_id(client, settings.job_name)
        started = client.api_client.do(
            "POST",
            "/api/2.2/jobs/run-now",
            body={"job_id": job_id, "idempotency_token": token[:64]},
        )
        assert isinstance(started, dict)
        run = _wait(client, int(started["run_id"]))
        page = run.run_page_url or ""
        _check(client, settings.job_name, run)
    except (Unauthenticated, PermissionDenied) as error:
        raise FatalError(
            f"Databricks refused the credentials: check DATABRICKS_HOST and DATABRICKS_TOKEN "
            f"({error})"
        ) from error
    except DatabricksError as error:
        raise RetriableError(f"Databricks answered: {error}") from error
    except (OSError, ValueError) as error:
        raise FatalError(f"Databricks cannot be used at {settings.host}: {error}") from error
    return int(run.run_id or 0), page


def _job_id(client: WorkspaceClient, name: str) -> int:
    found = [job.job_id for job in client.jobs.list(name=name) if job.job_id is not None]
    if len(found) != 1:
        raise FatalError(
            f"{len(found)} Databricks jobs are named {name}: deploy the bundle (databricks.yml) or "
            "set DATABRICKS_JOB_NAME"
        )
    return found[0]


def _wait(client: WorkspaceClient, run_id: int) -> Run:
    pause, longest = POLL_SECONDS
    log.info("Databricks run %d started", run_id)
    while True:
        run = client.jobs.get_run(run_id)
        if run.state and run.state.result_state:
            return run
        if (
            run.state
            and run.state.life_cycle_state
            and run.state.life_cycle_state.value
            in (
                "INTERNAL_ERROR",
                "SKIPPED",
            )
        ):
            return run
        time.sleep(pause)
        pause = min(longest, pause * 1.3)


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
    """The first task that failed by itself, not because of another."""
    own = (RunResultState.FAILED, RunResultState.TIMEDOUT, RunResultState.CANCELED)
    for task in tasks:
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
