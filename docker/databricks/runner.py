"""Runs: a thread each, tasks in dependency order, states as Databricks gives them."""

import re
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from docker.common.clock import Clock
from docker.databricks import tasks
from docker.databricks.spark import SparkError, SparkServer
from docker.databricks.states import ended, is_ended, result, waiting
from docker.databricks.store import Store

Document = dict[str, Any]
PARAMETER = re.compile(r"\{\{\s*job\.parameters\.\[?(\w+)\]?\s*\}\}")
BROKEN = ("FAILED", "TIMEDOUT", "UPSTREAM_FAILED")


class Runner:
    """Starts, queues, cancels and repairs runs; the store holds what a client sees of them."""

    def __init__(self, store: Store, spark: SparkServer, clock: Clock) -> None:
        self._store, self._spark, self._clock = store, spark, clock
        self._lock = threading.RLock()
        self._cancelled: set[int] = set()

    def recover(self) -> None:
        """Runs that a killed server left unfinished can only have failed; the queue goes on."""
        for run in self._store.runs():
            if not is_ended(run) and run["state"]["life_cycle_state"] != "QUEUED":
                for task in run["tasks"]:
                    if not is_ended(task):
                        task.update(ended("FAILED", "The driver was restarted during the run."))
                self._end(run)
        for job in self._store.jobs():
            self._start_queued(job["job_id"])

    def submit(self, run: Document, job: Document, token: str | None) -> Document:
        """Accept a run-now: start it, queue it or skip it by the job's concurrency limit."""
        with self._lock:
            kept = self._store.add_run(run, token)
            if kept["run_id"] != run["run_id"]:
                return kept
            self._admit(run, job)
        return run

    def again(self, run: Document, keys: list[str]) -> None:
        """Repair: the named tasks of an ended run once more, and those that depend on them."""
        with self._lock:
            for task in run["tasks"]:
                if task["task_key"] in keys:
                    task.update(waiting("PENDING"))
                    task["attempt_number"] += 1
                    task["run_id"] = self._store.new_id("run")
            run.update(waiting("RUNNING"))
            run.pop("end_time", None)
            self._cancelled.discard(run["run_id"])
            self._store.put_run(run)
            self._thread(run)

    def cancel(self, run: Document) -> None:
        with self._lock:
            self._cancelled.add(run["run_id"])
            if run["state"]["life_cycle_state"] == "QUEUED":
                for task in run["tasks"]:
                    task.update(ended("CANCELED", "Run cancelled."))
                self._end(run)

    def _admit(self, run: Document, job: Document) -> None:
        settings = job["settings"]
        if self._active(job["job_id"], besides=run["run_id"]) < int(
            settings.get("max_concurrent_runs", 1)
        ):
            self._thread(run)
        elif settings.get("queue", {}).get("enabled"):
            run.update(waiting("QUEUED"))
            self._store.put_run(run)
        else:
            run.update(ended("MAXIMUM_CONCURRENT_RUNS_REACHED", "", life_cycle="SKIPPED"))
            run["end_time"] = self._now()
            self._store.put_run(run)

    def _active(self, job_id: int, besides: int) -> int:
        return sum(
            1
            for run in self._store.runs()
            if run["job_id"] == job_id
            and run["run_id"] != besides
            and not is_ended(run)
            and run["state"]["life_cycle_state"] != "QUEUED"
        )

    def _start_queued(self, job_id: int) -> None:
        with self._lock:
            job = self._store.job(job_id)
            queued = [
                run
                for run in reversed(self._store.runs())
                if run["job_id"] == job_id and run["state"]["life_cycle_state"] == "QUEUED"
            ]
            if job and queued:
                self._admit(queued[0], job)

    def _thread(self, run: Document) -> None:
        run.update(waiting("RUNNING"))
        self._store.put_run(run)
        threading.Thread(target=self._execute, args=(run,), daemon=True).start()

    def _execute(self, run: Document) -> None:
        limit = run["timeout_seconds"]
        deadline = time.monotonic() + limit if limit else None
        with ThreadPoolExecutor(max_workers=len(run["tasks"]) or 1) as pool:
            while open_tasks := [task for task in run["tasks"] if not is_ended(task)]:
                ready = [task for task in open_tasks if self._ready(run, task)]
                for task in ready:
                    task.update(waiting("RUNNING"))
                    task["start_time"] = self._now()
                    self._store.put_run(run)
                    pool.submit(self._task, run, task, deadline)
                time.sleep(0.05)
        self._end(run)
        self._start_queued(run["job_id"])

    def _ready(self, run: Document, task: Document) -> bool:
        """Whether to start a pending task now; ends it when its upstream tasks forbid it."""
        if task["state"]["life_cycle_state"] != "PENDING":
            return False
        if run["run_id"] in self._cancelled:
            self._end_task(run, task, "CANCELED", "Run cancelled.")
            return False
        names = [item["task_key"] for item in task.get("depends_on", [])]
        upstream = [other for other in run["tasks"] if other["task_key"] in names]
        if not all(is_ended(other) for other in upstream):
            return False
        results = {other["task_key"]: result(other) for other in upstream}
        for key, found in results.items():
            if found in BROKEN:
                self._end_task(run, task, "UPSTREAM_FAILED", f"Upstream task {key} failed.")
                return False
            if found != "SUCCESS":
                self._end_task(run, task, "UPSTREAM_CANCELED", f"Upstream task {key} canceled.")
                return False
        return True

    def _task(self, run: Document, task: Document, deadline: float | None) -> None:
        """All attempts of one task."""
        for attempt in range(int(task.get("max_retries", 0)) + 1):
            outcome, message = self._attempt(run, task, deadline)
            retried = outcome == "FAILED" or (
                outcome == "TIMEDOUT" and task.get("retry_on_timeout", False)
            )
            if not retried or attempt == int(task.get("max_retries", 0)):
                break
            time.sleep(int(task.get("min_retry_interval_millis", 0)) / 1000)
            task["attempt_number"] += 1
        self._end_task(run, task, outcome, message)

    def _attempt(self, run: Document, task: Document, deadline: float | None) -> tuple[str, str]:
        try:
            url = self._spark.url(str(uuid.uuid4()))
        except SparkError as error:
            return "FAILED", str(error)
        folder = self._store.runs_folder / f"{task['run_id']}-{task['attempt_number']}"
        process = tasks.start(_work(run, task, url, folder, self._store.files))
        seconds = int(task.get("timeout_seconds", 0))
        ends = [moment for moment in (deadline, seconds and time.monotonic() + seconds) if moment]
        while process.is_alive():
            process.join(0.05)
            late = bool(ends) and time.monotonic() > min(ends)
            if late or run["run_id"] in self._cancelled:
                process.kill()
                process.join()
                tasks.interrupt(url)
                return ("TIMEDOUT", "Run timed out.") if late else ("CANCELED", "Run cancelled.")
        if process.exitcode == 0:
            return "SUCCESS", ""
        return "FAILED", "Workload failed, see run output for details"

    def _end_task(self, run: Document, task: Document, outcome: str, message: str) -> None:
        with self._lock:
            task.update(ended(outcome, message))
            task["end_time"] = self._now()
            task["execution_duration"] = task["end_time"] - task.get("start_time", task["end_time"])
            self._store.put_run(run)

    def _end(self, run: Document) -> None:
        results = {task["task_key"]: result(task) for task in run["tasks"]}
        failed = [key for key, found in results.items() if found == "FAILED"]
        if run["run_id"] in self._cancelled:
            run.update(ended("CANCELED", "Run cancelled."))
        elif "TIMEDOUT" in results.values():
            run.update(ended("TIMEDOUT", "Run timed out."))
        elif failed:
            message = (
                f"Task {failed[0]} failed with message: Workload failed, see run output for "
                "details. This caused all downstream tasks to get skipped."
            )
            run.update(ended("FAILED", message, life_cycle="INTERNAL_ERROR"))
        elif set(results.values()) - {"SUCCESS"}:
            run.update(ended("CANCELED", "Run cancelled."))
        else:
            run.update(ended("SUCCESS"))
        run["end_time"] = self._now()
        run["run_duration"] = run["end_time"] - run["start_time"]
        self._store.put_run(run)

    def _now(self) -> int:
        return int(self._clock.now().timestamp() * 1000)


def _work(run: Document, task: Document, url: str, folder: Path, files: Path) -> tasks.Work:
    wheel_task = task["python_wheel_task"]
    values = {item["name"]: item.get("value", item["default"]) for item in run["job_parameters"]}
    parameters = [
        PARAMETER.sub(lambda found: values.get(found.group(1), ""), parameter)
        for parameter in wheel_task.get("parameters", [])
    ]
    return tasks.Work(
        wheel=files / run["wheel"].lstrip("/"),
        package=wheel_task["package_name"],
        entry_point=wheel_task["entry_point"],
        parameters=parameters,
        spark_url=url,
        folder=folder,
    )
