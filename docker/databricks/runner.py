"""Runs: a thread each, tasks in dependency order, states as Databricks gives them."""

import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from docker.common.clock import Clock
from docker.databricks import tasks
from docker.databricks.definitions import PARAMETER
from docker.databricks.repairs import begin_repair, end_repair
from docker.databricks.spark import SparkError, SparkServer
from docker.databricks.states import before_start, ended, is_ended, result, waiting
from docker.databricks.store import Store

Document = dict[str, Any]
BROKEN = ("FAILED", "TIMEDOUT", "UPSTREAM_FAILED")
WORKLOAD_FAILED = "Workload failed, see run output for details"
CANCELLED = "Run cancelled."
RESTARTED = "The driver was restarted during the run."
DRIVER_LOST = "The spark driver has stopped unexpectedly and is restarting."
TOO_MANY = "The job's maximum of concurrent runs was reached."


class Runner:
    """Starts, queues, cancels and repairs runs; the store holds what a client sees of them.

    A run document is changed and stored under the lock only: a thread each works on it.
    """

    def __init__(self, store: Store, spark: SparkServer, clock: Clock) -> None:
        self._store, self._spark, self._clock = store, spark, clock
        self._lock = threading.RLock()
        self._cancelled: set[int] = set()

    def recover(self) -> None:
        """Runs that a killed server left unfinished can only have failed; the queue goes on."""
        for run in self._store.runs():
            if is_ended(run) or run["state"]["life_cycle_state"] == "QUEUED":
                continue
            while open_tasks := [task for task in run["tasks"] if not is_ended(task)]:
                for task in open_tasks:
                    if task["state"]["life_cycle_state"] == "RUNNING" or self._ready(run, task):
                        self._end_task(run, task, "FAILED", RESTARTED)
            self._end(run)
        for job in self._store.jobs():
            self._start_queued(job["job_id"])

    def submit(self, run: Document, job: Document, token: str | None) -> Document:
        """Accept a run-now: start it, queue it or skip it by the job's concurrency limit."""
        with self._lock:
            kept = self._store.add_run(run, token)
            if kept["run_id"] == run["run_id"]:
                self._admit(run, job)
        return kept

    def again(self, run_id: int, keys: list[str], repair_id: int) -> bool:
        """Repair: the named tasks of an ended run once more; False while it has not ended."""
        with self._lock:
            run = self._store.run(run_id)
            if run is None or not is_ended(run):
                return False
            begin_repair(run, repair_id, self._now())
            for task in run["tasks"]:
                if task["task_key"] in keys:
                    task.update(before_start(task))
                    task["attempt_number"] += 1
                    task["run_id"] = self._store.new_id("run")
            run.pop("end_time", None)
            self._thread(run)
        return True

    def cancel(self, run_id: int) -> None:
        with self._lock:
            run = self._store.run(run_id)
            if run is None or is_ended(run):
                return
            self._cancelled.add(run_id)
            if run["state"]["life_cycle_state"] == "QUEUED":
                for task in run["tasks"]:
                    self._end_task(run, task, "CANCELED", CANCELLED)
                self._end(run)

    def _admit(self, run: Document, job: Document) -> None:
        settings = job["settings"]
        most = int(settings.get("max_concurrent_runs", 1))
        if self._active(job["job_id"], besides=run["run_id"]) < most:
            self._thread(run)
        elif settings.get("queue", {}).get("enabled"):
            run.update(waiting("QUEUED"))
            self._store.put_run(run)
        else:
            skipped = ended("MAXIMUM_CONCURRENT_RUNS_REACHED", TOO_MANY, life_cycle="SKIPPED")
            for thing in (run, *run["tasks"]):
                thing.update(skipped)
                thing["end_time"] = self._now()
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
            for run in reversed(self._store.runs()):
                queued = run["state"]["life_cycle_state"] == "QUEUED"
                if job and queued and run["job_id"] == job_id:
                    self._admit(run, job)

    def _thread(self, run: Document) -> None:
        run.update(waiting("RUNNING"))
        self._store.put_run(run)
        threading.Thread(target=self._execute, args=(run,), daemon=True).start()

    def _execute(self, run: Document) -> None:
        limit = run["timeout_seconds"]
        deadline = time.monotonic() + limit if limit else None
        with ThreadPoolExecutor(max_workers=len(run["tasks"])) as pool:
            while open_tasks := [task for task in run["tasks"] if not is_ended(task)]:
                for task in open_tasks:
                    if self._ready(run, task):
                        self._begin(run, task)
                        pool.submit(self._task, run, task, deadline)
                time.sleep(0.05)
        self._end(run)
        self._start_queued(run["job_id"])

    def _ready(self, run: Document, task: Document) -> bool:
        """Whether to start a waiting task now; ends it when it must not start any more."""
        if task["state"]["life_cycle_state"] not in ("PENDING", "BLOCKED"):
            return False
        if run["run_id"] in self._cancelled:
            self._end_task(run, task, "CANCELED", CANCELLED)
            return False
        names = [item["task_key"] for item in task.get("depends_on", [])]
        upstream = [other for other in run["tasks"] if other["task_key"] in names]
        if not all(is_ended(other) for other in upstream):
            return False
        for other in upstream:
            key, found = other["task_key"], result(other)
            if found in BROKEN:
                self._end_task(run, task, "UPSTREAM_FAILED", f"Upstream task {key} failed.")
                return False
            if found != "SUCCESS":
                self._end_task(run, task, "UPSTREAM_CANCELED", f"Upstream task {key} canceled.")
                return False
        return True

    def _begin(self, run: Document, task: Document) -> None:
        with self._lock:
            task.update(waiting("RUNNING"))
            task["start_time"] = self._now()
            self._store.put_run(run)

    def _task(self, run: Document, task: Document, deadline: float | None) -> None:
        """All attempts of one task."""
        most = int(task.get("max_retries", 0)) + 1
        for attempt in range(most):
            outcome, message = self._attempt(run, task, deadline)
            retried = outcome == "FAILED" or (
                outcome == "TIMEDOUT" and task.get("retry_on_timeout", False)
            )
            if not retried or attempt == most - 1:
                break
            self._pause(run, int(task.get("min_retry_interval_millis", 0)) / 1000)
            with self._lock:
                task["attempt_number"] += 1
                self._store.put_run(run)
        self._end_task(run, task, outcome, message)

    def _pause(self, run: Document, seconds: float) -> None:
        """Wait for the next attempt; a cancelled run does not wait."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and run["run_id"] not in self._cancelled:
            time.sleep(0.05)

    def _attempt(self, run: Document, task: Document, deadline: float | None) -> tuple[str, str]:
        folder = self._store.output_folder(task)
        try:
            url = self._spark.url(str(uuid.uuid4()))
            start = self._spark.starts
            process = tasks.start(_work(run, task, url, folder, self._store.files))
        except (SparkError, OSError) as error:
            return "FAILED", str(error)
        seconds = int(task.get("timeout_seconds", 0))
        ends = [moment for moment in (deadline, seconds and time.monotonic() + seconds) if moment]
        while process.is_alive():
            process.join(0.05)
            if not self._spark.lives(start):  # its client would wait ten minutes for another
                process.kill()
                process.join()
                return "FAILED", DRIVER_LOST
            late = bool(ends) and time.monotonic() > min(ends)
            if process.is_alive() and (late or run["run_id"] in self._cancelled):
                process.kill()
                process.join()
                tasks.interrupt(url)
                return ("TIMEDOUT", "Run timed out.") if late else ("CANCELED", CANCELLED)
        if process.exitcode == 0:
            return "SUCCESS", ""
        if tasks.error_of(folder) is None:
            return "FAILED", f"The Python process exited with exit code {process.exitcode}."
        return "FAILED", WORKLOAD_FAILED

    def _end_task(self, run: Document, task: Document, outcome: str, message: str) -> None:
        with self._lock:
            task.update(ended(outcome, message))
            task["end_time"] = self._now()
            task["execution_duration"] = task["end_time"] - task.get("start_time", task["end_time"])
            self._store.put_run(run)

    def _end(self, run: Document) -> None:
        with self._lock:
            run.update(_outcome(run["tasks"], run["run_id"] in self._cancelled))
            run["end_time"] = self._now()
            run["run_duration"] = run["end_time"] - run["start_time"]
            end_repair(run)
            self._store.put_run(run)
            self._cancelled.discard(run["run_id"])

    def _now(self) -> int:
        return int(self._clock.now().timestamp() * 1000)


def _outcome(ended_tasks: list[Document], cancelled: bool) -> Document:
    """`state` and `status` of a run by its tasks'; a cancel that came too late changes nothing."""
    results = {task["task_key"]: result(task) for task in ended_tasks}
    if set(results.values()) == {"SUCCESS"}:
        return ended("SUCCESS")
    if cancelled or "CANCELED" in results.values():
        return ended("CANCELED", CANCELLED)
    if "TIMEDOUT" in results.values():
        return ended("TIMEDOUT", "Run timed out.")
    # As databricks-sdk's users see it: the run INTERNAL_ERROR, its task TERMINATED, both FAILED.
    failed = next(task for task in ended_tasks if result(task) in BROKEN)
    why = failed["state"]["state_message"].rstrip(".")
    message = f"Task {failed['task_key']} failed with message: {why}."
    if "UPSTREAM_FAILED" in results.values():
        message += " This caused all downstream tasks to get skipped."
    return ended("FAILED", message, life_cycle="INTERNAL_ERROR")


def _work(run: Document, task: Document, url: str, folder: Path, files: Path) -> tasks.Work:
    wheel_task = task["python_wheel_task"]
    values = {item["name"]: item.get("value", item["default"]) for item in run["job_parameters"]}
    parameters = [
        PARAMETER.sub(lambda found: values[found.group(1)], parameter)
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
