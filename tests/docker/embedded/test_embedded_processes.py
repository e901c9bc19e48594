"""Processes by their pid files, with real processes."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from docker.common.server import SetupError
from docker.embedded import processes

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]
PARENT = [
    sys.executable,
    "-c",
    "import subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "print(child.pid, flush=True)\n"
    "time.sleep(600)",
]


def started(argv: list[str], folder: Path) -> Path:
    processes.start(argv, dict(os.environ), folder, "one")
    return folder / "run" / "one.pid"


def test_a_started_process_runs_until_it_is_stopped(tmp_path: Path) -> None:
    pid_file = started(SLEEPER, tmp_path)
    pid = processes.running(pid_file)
    assert pid
    assert processes.stop(pid_file)
    assert processes.running(pid_file) is None
    assert gone(pid)
    assert not processes.stop(pid_file)


def test_what_a_process_started_ends_with_it(tmp_path: Path) -> None:
    pid_file = started(PARENT, tmp_path)
    log = tmp_path / "logs" / "one.log"
    while not (said := log.read_text().strip()):
        assert processes.running(pid_file)
    processes.stop(pid_file)
    while not gone(int(said)):
        continue


def test_the_pid_of_another_process_is_left_alone(tmp_path: Path) -> None:
    """As after a reboot: the number is in use again, by somebody else."""
    with subprocess.Popen(SLEEPER) as other:
        pid_file = tmp_path / "one.pid"
        for text in (f"{other.pid} 1", f"{other.pid} ", f"{other.pid}", "", "12"):
            pid_file.write_text(text)
            assert processes.running(pid_file) is None
            assert not processes.stop(pid_file)
            assert not pid_file.exists()
        assert other.poll() is None
        other.kill()


def test_a_process_that_ended_at_once_is_not_taken_for_running(tmp_path: Path) -> None:
    pid_file = started(
        [sys.executable, "-c", "print('no such port'); raise SystemExit(1)"], tmp_path
    )
    with pytest.raises(SetupError, match=r"one did not start: no such port \(log: .*one\.log\)"):
        processes.wait_healthy(
            "http://127.0.0.1:9",
            lambda: processes.running(pid_file) is not None,
            "one",
            tmp_path / "logs" / "one.log",
            30,
        )


def test_a_busy_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(SetupError, match=f"port {port} is busy: .* set STRIPE_PORT to a free"):
            processes.check_port_free("STRIPE_PORT", port)
    processes.check_port_free("STRIPE_PORT", port)


def gone(pid: int) -> bool:
    """Whether the process has ended, collected by its parent or not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True
