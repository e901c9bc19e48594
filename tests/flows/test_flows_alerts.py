"""Alerts on the real engine: one message for a run that failed, none for one that a retry saved.

Runs that do not stand in each other's way are started together, because retries take their time.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from flow_stack import Stack, eventually, processes

SHOPIFY, STRIPE = "ecomm.ingest/shopify_to_s3", "ecomm.ingest/stripe_to_s3"
MEDALLION = "ecomm.transform/medallion"


@pytest.fixture(scope="module")
def saved(stack: Stack) -> str:
    """A pull whose process is killed at its first attempt, and that the retry saves."""
    shop = stack.values["SHOPIFY_URL"]
    slow = {"match": "graphql", "kind": "slow", "delay_seconds": 30}
    requests.post(f"{shop}/_admin/faults", json=slow, timeout=10).raise_for_status()
    run = stack.start(SHOPIFY, streams="shop")
    victim = eventually(lambda: script("scripts.shopify_to_s3", stack, "STREAMS=shop"), 60)
    os.kill(victim, signal.SIGKILL)
    requests.delete(f"{shop}/_admin/faults", timeout=10).raise_for_status()
    return run


@pytest.fixture(scope="module")
def failing_script(stack: Stack, saved: str) -> str:
    """Queued behind the saved run, so that its alert comes after whatever that one would give."""
    return stack.start(SHOPIFY, streams="unicorns")


@pytest.fixture(scope="module")
def bad_credential(stack: Stack) -> Iterator[str]:
    """Stripe knows another key than the one that the flows have."""
    pid_file = stack.home / "run" / "stripe.pid"
    os.kill(stack.pid("stripe"), signal.SIGTERM)
    eventually(lambda: not listening(stack.values["STRIPE_API_BASE"]), 20)
    pid_file.unlink()
    arguments = ["--port", stack.environment["STRIPE_PORT"], "--data", str(stack.home / "stripe")]
    other = subprocess.Popen(
        [sys.executable, "-m", "docker.stripe", *arguments],
        env=stack.environment | {"STRIPE_API_KEY": "_".join(("sk", "test", "rotated" * 3))},
    )
    try:
        eventually(lambda: listening(stack.values["STRIPE_API_BASE"]), 30)
        run = stack.start(STRIPE, streams="customers")
        stack.ended(run)
        yield run
    finally:
        other.terminate()
        other.wait()
        assert stack.command("up").returncode == 0
        stack.job("says")


@pytest.fixture
def job(stack: Stack) -> Iterator[Callable[..., None]]:
    yield stack.job
    stack.job("says")


def test_a_failing_script_is_told_once(
    stack: Stack, failing_script: str, bad_credential: str
) -> None:
    check(stack, failing_script, "ecomm.ingest/shopify_to_s3 failed", "pull", "unicorns")


def test_a_bad_credential_is_told_once_without_the_credential(
    stack: Stack, bad_credential: str
) -> None:
    check(stack, bad_credential, "ecomm.ingest/stripe_to_s3 failed", "pull", "STRIPE_API_KEY")


def test_a_run_that_a_retry_saved_is_not_told(
    stack: Stack, saved: str, failing_script: str
) -> None:
    execution = stack.ended(saved)
    assert execution["state"]["current"] == "SUCCESS"
    pull = next(run for run in execution["taskRunList"] if run["taskId"] == "pull")
    assert [item["state"]["current"] for item in pull["attempts"]] == ["FAILED", "SUCCESS"]
    stack.alerted(failing_script)
    assert stack.messages(saved) == []


def test_a_failed_spark_job_is_told_with_its_error(stack: Stack, job: Callable[..., None]) -> None:
    job("fails", "row 7 has no price")
    run = stack.start(MEDALLION)
    said = "ended FAILED: task silver failed: ValueError: row 7 has no price"
    check(stack, run, "ecomm.transform/medallion failed", "run_job", said)


def test_a_spark_job_that_takes_too_long_is_told(
    stack: Stack, job: Callable[..., None], tmp_path: Path
) -> None:
    job("holds", str(tmp_path / "never"), timeout_seconds=1)
    run = stack.start(MEDALLION)
    said = "ended TIMEDOUT: task silver ended TIMEDOUT"
    check(stack, run, "ecomm.transform/medallion failed", "run_job", said)


def test_a_cancelled_spark_job_is_told(
    stack: Stack, job: Callable[..., None], tmp_path: Path
) -> None:
    job("holds", str(tmp_path / "never"))
    run = stack.start(MEDALLION)
    client = stack.databricks()

    def cancelled_until_the_end() -> bool:
        for active in client.jobs.list_runs(active_only=True):
            client.jobs.cancel_run(active.run_id)
        return stack.execution(run)["state"]["current"] == "FAILED"

    eventually(cancelled_until_the_end, 90)
    said = "ended CANCELED: task silver ended CANCELED"
    check(stack, run, "ecomm.transform/medallion failed", "run_job", said)


def test_a_killed_run_ends_its_spark_job_and_is_told_once(
    stack: Stack, job: Callable[..., None], tmp_path: Path
) -> None:
    job("holds", str(tmp_path / "never"))
    run = stack.start(MEDALLION)
    (active,) = eventually(lambda: list(stack.databricks().jobs.list_runs(active_only=True)), 60)
    stack.kill(run)
    check(stack, run, "ecomm.transform/medallion was killed", "run_job", "", state="KILLED")
    eventually(lambda: task_states(stack, run).get("cancel_job") == "SUCCESS", 90)
    ended = eventually(
        lambda: stack.databricks().jobs.get_run(active.run_id).state.result_state, 30
    )
    assert ended.value == "CANCELED"


def test_after_all_runs_there_is_one_message_each_and_no_secret_anywhere(stack: Stack) -> None:
    """Last on purpose: the alerts of every run above have come, and other runs after them."""
    runs = stack.executions("ecomm.ingest") + stack.executions("ecomm.transform")
    failed = [run["id"] for run in runs if run["state"]["current"] in ("FAILED", "KILLED")]
    eventually(lambda: settled(stack), 60)
    assert {run: len(stack.messages(run)) for run in failed} == dict.fromkeys(failed, 1)
    assert len(stack.channel()) == len(failed)
    alerts = [run["id"] for run in stack.executions("ecomm.alerts")]
    said = str([stack.logs(run) for run in [*alerts, *(run["id"] for run in runs)]])
    said += str(stack.channel())
    assert len(failed) >= 1
    assert len(stack.secrets()) >= 7
    assert [secret for secret in stack.secrets() if secret in said] == []


def check(stack: Stack, run: str, title: str, task: str, line: str, state: str = "FAILED") -> None:
    """One message, with the flow, the failing task, the error, the run and a link."""
    assert stack.ended(run)["state"]["current"] == state
    payload = stack.alerted(run)["payload"]
    blocks = payload["blocks"]
    assert blocks[0]["text"]["text"] == title
    assert blocks[1]["fields"][0]["text"] == f"*Task*\n{task}"
    assert blocks[1]["fields"][1]["text"] == f"*Run*\n{run}"
    assert line in blocks[2]["text"]["text"]
    assert "Traceback" not in str(payload)
    assert f"/{run}|" in blocks[3]["text"]["text"]
    assert line in payload["text"]
    assert len(stack.messages(run)) == 1


def task_states(stack: Stack, run: str) -> dict[str, str]:
    tasks = stack.execution(run)["taskRunList"]
    return {task["taskId"]: task["state"]["current"] for task in tasks}


def settled(stack: Stack) -> bool:
    states = {run["state"]["current"] for run in stack.executions("ecomm.alerts")}
    return states == {"SUCCESS"}


def script(module: str, stack: Stack, variable: str) -> int | None:
    """The pid of a script of this stack that was given `variable` (NAME=value)."""
    for pid, words in processes(stack).items():
        python = words.split(" ")[0].endswith("python")
        given = f"{variable}\0".encode() in Path(f"/proc/{pid}/environ").read_bytes()
        if python and f"-m {module} " in words and given:
            return pid
    return None


def listening(url: str) -> bool:
    try:
        return requests.get(f"{url}/_admin/health", timeout=5).ok
    except requests.ConnectionError:
        return False
