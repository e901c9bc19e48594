"""Starting, watching and ending processes by their pid files."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import requests

from docker.common.server import SetupError

STOP_SECONDS = 20


def running(pid_file: Path) -> int | None:
    """The pid when the process that the file names still is the one that was started."""
    if not pid_file.exists():
        return None
    pid, _, started = pid_file.read_text().partition(" ")
    # Without a start time it had ended before that could be read, or the file was cut off.
    return int(pid) if started and _started_at(int(pid)) == started else None


def start(argv: list[str], environment: dict[str, str], folder: Path, name: str) -> None:
    """Start in a session of its own, output to `logs/<name>.log`."""
    logs, run = folder / "logs", folder / "run"
    logs.mkdir(parents=True, exist_ok=True)
    run.mkdir(parents=True, exist_ok=True)
    with (logs / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            argv,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    (run / f"{name}.pid").write_text(f"{process.pid} {_started_at(process.pid)}")


def stop(pid_file: Path) -> bool:
    """End the process and all of its session; whether there was one."""
    pid = running(pid_file)
    if pid is None:
        pid_file.unlink(missing_ok=True)
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while running(pid_file) and time.monotonic() < deadline:
        _reap(pid)
        time.sleep(0.05)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    _reap(pid)
    pid_file.unlink(missing_ok=True)
    return True


def check_port_free(name: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise SetupError(
                f"port {port} is busy: end the program that holds it, or set {name} to a free port"
            ) from error


def healthy(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).status_code < 500
    except requests.RequestException:
        return False


def wait_healthy(url: str, alive: Callable[[], bool], what: str, log: Path, seconds: float) -> None:
    """Wait until `url` answers; SetupError with the log's last line when the process ends."""
    deadline = time.monotonic() + seconds
    while not healthy(url):
        if not alive():
            raise SetupError(f"{what} did not start: {last_line(log)} (log: {log})")
        if time.monotonic() > deadline:
            raise SetupError(f"{what} was not ready after {seconds:.0f} s (log: {log})")
        time.sleep(0.1)


def last_line(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "it printed nothing"


def _started_at(pid: int) -> str:
    """Start time of a process, so that a reused pid is not taken for ours; '' when it is gone."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        fields = stat.read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return "" if Path("/proc/self").exists() else _started_by_ps(pid)
    return "" if fields[0] == "Z" else fields[19]


def _started_by_ps(pid: int) -> str:
    found = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return found.stdout.strip().replace(" ", "_")


def _reap(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
