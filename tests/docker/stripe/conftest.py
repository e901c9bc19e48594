"""Running and in-process local Stripes for the tests of this folder."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from stripe_local import UNLIMITED, Local, Server, free_port


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts a server of one's own: `start_server(STRIPE_RATE_LIMIT="5")`."""
    started: list[Server] = []

    def start(**environment: str) -> Server:
        server = Server(free_port(), tmp_path / "stripe", environment).start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.kill()


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(free_port(), tmp_path_factory.mktemp("stripe"), UNLIMITED).start()
    yield server
    server.kill()


@pytest.fixture
def server(shared_server: Server) -> Server:
    """An empty server in real time, shared by the tests of a run."""
    shared_server.http.post(f"{shared_server.url}/_admin/reset", timeout=10).raise_for_status()
    shared_server.http.delete(f"{shared_server.url}/_admin/faults", timeout=10)
    shared_server.http.post(f"{shared_server.url}/_admin/clock", json={"now": None}, timeout=10)
    return shared_server


@pytest.fixture
def local(tmp_path: Path) -> Local:
    return Local(tmp_path)
