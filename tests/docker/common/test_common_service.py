"""A tiny service on docker.common, started as a real process, seen from a real socket."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).parents[3]
PROGRAM = """
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from docker.common.admin import admin_routes
from docker.common.clock import Clock
from docker.common.faults import FaultMiddleware
from docker.common.server import run

def build(data):
    faults, seen = [], []
    async def echo(request):
        seen.append(1)
        return JSONResponse({"seen": len(seen), "pad": "x" * 1000})
    routes = admin_routes("tiny", Clock(data / "clock.json"), faults, seen.clear)
    app = Starlette(routes=[*routes, Route("/echo", echo, methods=["GET", "POST"])])
    return FaultMiddleware(app, faults)

run("tiny", build)
"""


def start(port: int, data: Path) -> subprocess.Popen[str]:
    arguments = ["--port", str(port), "--data", str(data)]
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    port = free_port()
    process = start(port, tmp_path)
    url = f"http://127.0.0.1:{port}"
    while process.poll() is None:
        try:
            requests.get(f"{url}/_admin/health", timeout=5)
            break
        except requests.ConnectionError:
            continue
    yield url, process
    process.kill()
    process.wait()


def fault(url: str, **rule: object) -> None:
    requests.post(f"{url}/_admin/faults", json=rule, timeout=5).raise_for_status()


def test_health_and_reset(service: tuple[str, subprocess.Popen[str]]) -> None:
    url, _ = service
    health = requests.get(f"{url}/_admin/health", timeout=5).json()
    assert health == {"status": "ok", "service": "tiny"}
    assert requests.get(f"{url}/echo", timeout=5).json()["seen"] == 1
    requests.post(f"{url}/_admin/reset", timeout=5)
    assert requests.get(f"{url}/echo", timeout=5).json()["seen"] == 1


def test_the_clock_is_set_over_http(service: tuple[str, subprocess.Popen[str]]) -> None:
    url, _ = service
    set_to = {"now": "2026-09-01T12:00:00Z"}
    answer = requests.post(f"{url}/_admin/clock", json=set_to, timeout=5).json()
    assert answer["now"].startswith("2026-09-01T12:00:0")
    bad = requests.post(f"{url}/_admin/clock", json={"now": "yesterday"}, timeout=5)
    assert bad.status_code == 400


def test_status_faults_strike_so_many_times_and_only_their_match(
    service: tuple[str, subprocess.Popen[str]],
) -> None:
    url, _ = service
    fault(url, match="POST /echo Orders$", kind="429", times=2)
    statuses = []
    for name in ("Orders", "Products", "Orders", "Orders"):
        body = {"query": f"query {name} {{ shop {{ id }} }}"}
        statuses.append(requests.post(f"{url}/echo", json=body, timeout=5).status_code)
    assert statuses == [429, 200, 429, 200]


def test_truncated_dropped_and_timed_out_answers_break_the_client(
    service: tuple[str, subprocess.Popen[str]],
) -> None:
    url, _ = service
    for kind in ("truncate", "drop", "timeout"):
        fault(url, match="GET /echo", kind=kind, times=1, delay_seconds=0.05)
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            requests.get(f"{url}/echo", timeout=5)
    # truncate and timeout did the work before they failed, drop did not
    assert requests.get(f"{url}/echo", timeout=5).json()["seen"] == 3
    rules = requests.get(f"{url}/_admin/faults", timeout=5).json()
    assert [r["hits"] for r in rules] == [1, 1, 1]
    assert requests.delete(f"{url}/_admin/faults", timeout=5).json() == []


def test_probability_is_seeded(service: tuple[str, subprocess.Popen[str]]) -> None:
    url, _ = service
    runs = []
    for _ in range(2):
        requests.delete(f"{url}/_admin/faults", timeout=5)
        fault(url, match="GET", kind="503", probability=0.5, seed=7)
        runs.append([requests.get(f"{url}/echo", timeout=5).status_code for _ in range(20)])
    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 503}


def test_an_unknown_fault_kind_is_refused(service: tuple[str, subprocess.Popen[str]]) -> None:
    url, _ = service
    rule = {"match": "x", "kind": "explode"}
    answer = requests.post(f"{url}/_admin/faults", json=rule, timeout=5)
    assert answer.status_code == 400
    assert "explode" in json.dumps(answer.json())


def test_sigterm_ends_cleanly(service: tuple[str, subprocess.Popen[str]]) -> None:
    _, process = service
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0


def test_a_busy_port_is_one_clear_sentence(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        process = start(holder.getsockname()[1], tmp_path)
        _, errors = process.communicate(timeout=30)
    assert process.returncode != 0
    assert len(errors.strip().splitlines()) == 1
    assert "TINY_PORT" in errors
