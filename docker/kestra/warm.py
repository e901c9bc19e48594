"""`python -m docker.kestra.warm`: makes Kestra start in a third of the CPU time from now on.

Starts Kestra once on an empty folder, runs one task and ends it, and keeps what the JVM learned
(an AOT cache, 170 MB). Takes about half a minute; does nothing when the archive is there.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests

from docker.embedded.jars import JarError
from docker.kestra import build, launch

FLOW = """\
id: warm
namespace: ecomm
tasks:
  - id: task
    type: io.kestra.plugin.scripts.shell.Commands
    commands: ["true"]
"""
START_SECONDS = 120
END_SECONDS = 300  # writing the archive is the JVM's last act


def main() -> None:
    try:
        archive = make()
    except (JarError, build.BuildError) as error:
        sys.exit(str(error))
    print(f"{archive.name}: {archive.stat().st_size / 1e6:.0f} MB")  # noqa: T201


def make() -> Path:
    """The archive's path, made now if it is not there."""
    class_path = launch.class_path()
    archive = build.start_archive(class_path)
    if not archive.exists():
        with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
            train(Path(folder), class_path).replace(archive)
        for old in set(archive.parent.glob("start-*.aot")) - {archive}:
            old.unlink()
    return archive


def train(folder: Path, class_path: list[Path]) -> Path:
    flows, output = folder / "flows", folder / "archive"
    flows.mkdir()
    (flows / "warm.yaml").write_text(FLOW)
    options = launch.Options(free_port(), free_port(), folder / "data", flows)
    java, *arguments = launch.arguments(options, class_path)
    command = [java, f"-XX:AOTCacheOutput={output}", *arguments]
    environment = launch.visible(os.environ)
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            run_flow(options.port)
        finally:
            process.terminate()
            process.wait(END_SECONDS)
    return output


def run_flow(port: int) -> None:
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + START_SECONDS
    while not healthy(url):
        if time.monotonic() > deadline:
            raise build.BuildError(f"Kestra did not start within {START_SECONDS} s to be warmed.")
        time.sleep(0.2)
    path = "/api/v1/main/executions/ecomm/warm?wait=true"
    requests.post(url + path, timeout=60).raise_for_status()


def healthy(url: str) -> bool:
    try:
        return requests.get(url + "/health", timeout=5).ok
    except requests.ConnectionError:
        return False


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


if __name__ == "__main__":
    main()
