"""Starting a service: one command line for all, one clear sentence when it cannot start."""

import argparse
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp


class SetupError(Exception):
    """The service cannot start; the message says what to do."""


def run(service: str, build: Callable[[Path], ASGIApp]) -> None:
    """Serve `build(data_directory)` on `--host`/`--port` until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(prog=f"python -m docker.{service}")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True, help="directory of the state")
    args = parser.parse_args()
    for ended in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ended, lambda *_: sys.exit(0))
    try:
        listener = _listen(service, args.host, args.port)
        args.data.mkdir(parents=True, exist_ok=True)
        app = build(args.data)
    except SetupError as error:
        sys.exit(f"{service}: {error}")
    except OSError as error:
        sys.exit(f"{service}: cannot use the data directory {args.data}: {error.strerror}.")
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=3,
    )
    uvicorn.Server(config).run(sockets=[listener])


def require(environment: dict[str, str], name: str, meaning: str) -> str:
    """The value of a required environment variable; SetupError names what is missing."""
    value = environment.get(name, "")
    if not value:
        raise SetupError(f"the environment variable {name} is not set: give it {meaning}.")
    return value


def _listen(service: str, host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        variable = f"{service.upper()}_PORT"
        raise SetupError(
            f"port {port} on {host} cannot be used ({error.strerror}): "
            f"end the program that holds it, or set {variable} to a free port."
        ) from error
    listener.listen(2048)
    listener.set_inheritable(True)
    return listener
