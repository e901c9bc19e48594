"""Job definitions: what the server accepts, and a run made of one."""

import re
from typing import Any

from docker.databricks.states import before_start, waiting

Document = dict[str, Any]
PARAMETER = re.compile(r"\{\{\s*job\.parameters\.\[?(\w+)\]?\s*\}\}")


class InvalidJobError(Exception):
    """A definition that the Jobs API would refuse, or that this server cannot run."""


def check(settings: Document) -> Document:
    """The settings with the API's defaults; raises InvalidJobError naming the task and field."""
    tasks = settings.get("tasks") or []
    if not tasks:
        raise InvalidJobError("The job has no tasks.")
    keys = [task.get("task_key") for task in tasks]
    if len(set(keys)) != len(keys) or None in keys:
        raise InvalidJobError("Every task needs a task_key of its own.")
    declared = {item["name"] for item in settings.get("parameters") or []}
    for task in tasks:
        _check_work(task, declared)
        for item in task.get("depends_on", []):
            if item.get("task_key") not in keys:
                raise InvalidJobError(
                    f"Task {task['task_key']} depends on unknown task {item.get('task_key')}."
                )
    _check_order(tasks)
    return {"max_concurrent_runs": 1, "timeout_seconds": 0, "format": "MULTI_TASK", **settings}


def _check_work(task: Document, declared: set[str]) -> None:
    where = f"Task {task['task_key']}"
    wheel = task.get("python_wheel_task")
    if not isinstance(wheel, dict) or wheel.get("named_parameters"):
        raise InvalidJobError(
            f"{where}: this local server runs python_wheel_task with `parameters` only."
        )
    if task.get("run_if", "ALL_SUCCESS") != "ALL_SUCCESS":
        raise InvalidJobError(f"{where}: this local server knows run_if ALL_SUCCESS only.")
    for field in ("package_name", "entry_point"):
        if not wheel.get(field):
            raise InvalidJobError(f"{where}: python_wheel_task.{field} is missing.")
    for name in PARAMETER.findall(" ".join(wheel.get("parameters") or [])):
        if name not in declared:
            raise InvalidJobError(f"{where} refers to job parameter {name}, which is not declared.")


def _check_order(tasks: list[Document]) -> None:
    done: set[str] = set()
    left = list(tasks)
    while left:
        ready = [
            task
            for task in left
            if {item["task_key"] for item in task.get("depends_on", [])} <= done
        ]
        if not ready:
            names = ", ".join(task["task_key"] for task in left)
            raise InvalidJobError(f"Tasks depend on each other in a circle: {names}.")
        done |= {task["task_key"] for task in ready}
        left = [task for task in left if task not in ready]


def wheel_of(settings: Document) -> str:
    """Path of the one wheel that the tasks install, from a task's or an environment's libraries."""
    found = [
        library["whl"]
        for task in settings["tasks"]
        for library in task.get("libraries", [])
        if "whl" in library
    ]
    for environment in settings.get("environments", []):
        found += environment.get("spec", {}).get("dependencies", [])
    if not found:
        raise InvalidJobError("No task installs a wheel: add it to libraries or environments.")
    return str(found[0])


def new_run(job: Document, run_id: int, task_ids: list[int], now: int, asked: Document) -> Document:
    """A run of the job as it is now; later changes of the job do not reach it."""
    settings = job["settings"]
    given = asked.get("job_parameters") or {}
    declared = settings.get("parameters", [])
    unknown = set(given) - {item["name"] for item in declared}
    if unknown:
        raise InvalidJobError(f"Job parameters {sorted(unknown)} are not declared by the job.")
    parameters: list[Document] = [
        {**item, "value": str(given.get(item["name"], item["default"]))} for item in declared
    ]
    tasks = [
        {**task, **before_start(task), "run_id": task_id, "attempt_number": 0}
        for task, task_id in zip(settings["tasks"], task_ids, strict=True)
    ]
    return {
        **waiting("PENDING"),
        "run_id": run_id,
        "job_id": job["job_id"],
        "job_run_id": run_id,
        "number_in_job": run_id,
        "original_attempt_run_id": run_id,
        "run_name": settings.get("name", "Untitled"),
        "run_type": "JOB_RUN",
        "format": "MULTI_TASK",
        "trigger": "ONE_TIME",
        "creator_user_name": "ecomm",
        "start_time": now,
        "setup_duration": 0,
        "execution_duration": 0,
        "cleanup_duration": 0,
        "timeout_seconds": int(settings.get("timeout_seconds", 0)),
        "job_parameters": parameters,
        "wheel": wheel_of(settings),
        "tasks": tasks,
    }
