"""A running local Databricks with its Spark, the official client, and jobs made of small tasks."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import requests
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.compute import Environment
from databricks.sdk.service.jobs import (
    JobEnvironment,
    JobParameterDefinition,
    PythonWheelTask,
    QueueSettings,
    Run,
    RunTask,
    Task,
    TaskDependency,
)
from small_wheel import PACKAGE, wheel

from docker.embedded import jars, jre

T = TypeVar("T")
ROOT = Path(__file__).parents[3]
TOKEN = "token-of-the-tests"
REMOTE = f"/Volumes/tests/{PACKAGE}-1.0-py3-none-any.whl"


class Databricks:
    """One process on one data folder; `start` again after `kill` for another life."""

    def __init__(self, data: Path) -> None:
        self.port, self.spark_port, self.data = free_port(), free_port(), data
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data / "server.log"

    def start(self) -> "Databricks":
        found = jars.fetch(["spark"])["spark"]
        environment = {
            "DATABRICKS_TOKEN": TOKEN,
            "SPARK_PORT": str(self.spark_port),
            "SPARK_JARS": ",".join(map(str, found)),
            "SPARK_DRIVER_MEMORY": "1g",
            "JAVA_HOME": str(jre.java_home()),
            "S3_ENDPOINT_URL": "",
        }
        arguments = ["--port", str(self.port), "--data", str(self.data)]
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "docker.databricks", *arguments],
                cwd=ROOT,
                env=os.environ | environment,
                stderr=log,
            )
        eventually(self.ready, seconds=60)
        return self

    def ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        return listens(self.port) and requests.get(f"{self.url}/_admin/health", timeout=10).ok

    def client(self) -> WorkspaceClient:
        return WorkspaceClient(host=self.url, token=TOKEN)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(30)


class Jobs:
    """What the tests do with the official client, in the words of the tests."""

    def __init__(self, client: WorkspaceClient) -> None:
        self.client, self.api = client, client.jobs
        client.files.upload(REMOTE, wheel(), overwrite=True)

    def create(
        self,
        *tasks: Task,
        name: str = "job",
        parameters: dict[str, str] | None = None,
        queue: bool = False,
        **settings: int,
    ) -> int:
        given = (parameters or {}).items()
        declared = [JobParameterDefinition(default=value, name=key) for key, value in given]
        made = self.api.create(
            name=name,
            tasks=list(tasks),
            environments=[JobEnvironment("default", Environment("4", dependencies=[REMOTE]))],
            parameters=declared,
            queue=QueueSettings(queue),
            **settings,
        )
        assert made.job_id
        return made.job_id

    def start(self, job_id: int, token: str | None = None, **parameters: str) -> int:
        return self.api.run_now(job_id, idempotency_token=token, job_parameters=parameters).run_id

    def ended(self, run_id: int) -> Run:
        """The run when it has ended; 90 s at most."""
        return eventually(lambda: (run := self.api.get_run(run_id)).state.result_state and run, 90)

    def run(self, job_id: int, **parameters: str) -> Run:
        return self.ended(self.start(job_id, **parameters))

    def life(self, run_id: int) -> str:
        return self.api.get_run(run_id).state.life_cycle_state.value


def task(key: str, point: str, *given: object, after: tuple[str, ...] = (), **more: int) -> Task:
    work = PythonWheelTask(PACKAGE, point, parameters=[str(item) for item in given])
    upstream = [TaskDependency(name) for name in after]
    return Task(
        key, depends_on=upstream or None, python_wheel_task=work, environment_key="default", **more
    )


def results(run: Run) -> dict[str, str]:
    return {item.task_key: item.state.result_state.value for item in run.tasks}


def task_of(run: Run, key: str) -> RunTask:
    return next(item for item in run.tasks if item.task_key == key)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(probe: Callable[[], T], seconds: float = 30) -> T:
    """The first true answer of `probe`; fails when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (answer := probe()):
        assert time.monotonic() < deadline, f"still {answer!r} after {seconds} s"
        time.sleep(0.05)
    return answer
