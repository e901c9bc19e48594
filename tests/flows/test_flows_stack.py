"""The stack as its user meets it: `make up`, `flow`, `query`, `status`, `down`."""

import os
import signal
import socket
from pathlib import Path

import pytest
from flow_stack import Stack, embedded, environment, eventually, processes

GIB = 2**30


@pytest.mark.parametrize("name", ["STRIPE_PORT", "SPARK_PORT"])
def test_a_busy_port_stops_up_with_one_sentence(tmp_path: Path, name: str) -> None:
    given = environment(tmp_path)
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", int(given[name])))
        holder.listen()
        up = embedded(given, "up")
    assert up.returncode == 1
    assert up.stderr == (
        f"ecomm: port {given[name]} is busy: end the program that holds it, or set {name} to a "
        "free port\n"
    )
    assert not (tmp_path / "run").exists()


def test_the_exit_status_of_flow_is_the_runs(stack: Stack) -> None:
    good = stack.command("flow", "ecomm.ingest/files_to_s3", "--inputs", '{"prefix": "none/"}')
    assert (good.returncode, "SUCCESS" in good.stderr) == (0, True)
    wrong = stack.command("flow", "ecomm.ingest/stripe_to_s3", "--inputs", '{"since": "once"}')
    assert (wrong.returncode, "FAILED" in wrong.stderr) == (1, True)
    assert "once" in wrong.stderr.partition("\n")[2]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ecomm.ingest/nothing",), "Kestra refused ecomm.ingest/nothing: Not Found"),
        (("nothing",), "the flow 'nothing' is not namespace/flow"),
        (("ecomm.ingest/files_to_s3", "--inputs", "[]"), "INPUTS is no JSON object"),
        (("ecomm.ingest/files_to_s3", "--inputs", "{"), "INPUTS is no JSON object: "),
    ],
)
def test_a_flow_that_cannot_start_is_one_sentence(
    stack: Stack, arguments: tuple[str, ...], said: str
) -> None:
    flow = stack.command("flow", *arguments)
    assert flow.returncode == 1
    assert flow.stderr.startswith(f"ecomm: {said}")
    assert flow.stderr.count("\n") == 1


def test_up_again_starts_nothing_and_status_is_good(stack: Stack) -> None:
    before = stack.pid("kestra")
    assert stack.command("up").returncode == 0
    assert stack.pid("kestra") == before
    status = stack.command("status")
    assert status.returncode == 0
    assert "down" not in status.stdout


def test_the_idle_stack_fits_into_5_gib(stack: Stack) -> None:
    resident = {pid: resident_bytes(pid) for pid in processes(stack)}
    assert len(resident) >= 8
    assert 1 * GIB < sum(resident.values()) < 5 * GIB


def test_down_leaves_no_process_behind_even_after_a_kill(stack: Stack) -> None:
    """Last on purpose: it ends the stack of this session."""
    os.kill(stack.pid("databricks"), signal.SIGKILL)
    assert stack.command("status").returncode == 1
    assert stack.command("up").returncode == 0
    down = stack.command("down")
    assert (down.returncode, down.stdout.count("stopped")) == (0, 6)
    eventually(lambda: not processes(stack), 10)


def resident_bytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))
