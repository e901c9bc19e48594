"""What stops the service from starting is one sentence and a status that is not 0."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from stripe_local import KEY, ROOT, UNLIMITED


def run(data: Path, port: int, **environment: str) -> tuple[int, str]:
    known = {k: v for k, v in os.environ.items() if not k.startswith("STRIPE_")}
    done = subprocess.run(
        [sys.executable, "-m", "docker.stripe", "--port", str(port), "--data", str(data)],
        cwd=ROOT,
        env=known | environment,
        capture_output=True,
        text=True,
        timeout=30,
    )
    return done.returncode, done.stderr.strip()


def test_without_a_key(tmp_path: Path) -> None:
    status, error = run(tmp_path, 0)
    assert status != 0
    assert "STRIPE_API_KEY" in error
    assert "\n" not in error


def test_a_limit_that_is_no_number(tmp_path: Path) -> None:
    status, error = run(tmp_path, 0, STRIPE_API_KEY=KEY, STRIPE_RATE_LIMIT="many")
    assert status != 0
    assert error == (
        "stripe: STRIPE_RATE_LIMIT is 'many': give it a whole number of requests a second."
    )


def test_a_busy_port(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, error = run(tmp_path, port, STRIPE_API_KEY=KEY)
    assert status != 0
    assert str(port) in error
    assert "STRIPE_PORT" in error


def test_sigterm_ends_it_cleanly(start_server) -> None:
    process = start_server(**UNLIMITED).process
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
