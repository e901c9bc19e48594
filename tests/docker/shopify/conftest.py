"""A shop in this process for the fast tests, a real server for what needs HTTP."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from shopify_local import SECRET, TOKEN, Execute, Server, free_port, start, wait_until_up

from docker.shopify.api import Api


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setenv("SHOPIFY_ACCESS_TOKEN", TOKEN)
    monkeypatch.setenv("SHOPIFY_API_SECRET", SECRET)
    monkeypatch.setenv("SHOPIFY_PLAN", "enterprise")
    monkeypatch.setenv("SHOP_CURRENCY", "USD")
    monkeypatch.setenv("SHOP_TIMEZONE", "America/New_York")
    shop = Api(tmp_path)
    yield shop
    shop.service.store.close()


@pytest.fixture
def run(api: Api) -> Execute:
    """Runs a document and returns the whole answer."""

    def execute(text: str, version: str = "2026-10", **variables: Any) -> dict[str, Any]:
        api.service.version = version
        return api.execute(version, text, variables, None)

    return execute


@pytest.fixture
def ask(run: Execute) -> Execute:
    """Runs a document that must succeed and returns its `data`."""

    def execute(text: str, **variables: Any) -> dict[str, Any]:
        answer = run(text, **variables)
        assert "errors" not in answer, answer["errors"]
        for payload in answer["data"].values():
            if isinstance(payload, dict):
                assert not payload.get("userErrors"), payload["userErrors"]
                assert not payload.get("orderCancelUserErrors"), payload
        return answer["data"]

    return execute


def launch(data: Path) -> Server:
    environment = {
        "SHOPIFY_ACCESS_TOKEN": TOKEN,
        "SHOPIFY_API_SECRET": SECRET,
        "SHOPIFY_PLAN": "standard",
    }
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = start(port, data, environment)
    wait_until_up(url, process)
    return Server(url, process, data, environment)


@pytest.fixture(scope="session")
def one_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = launch(tmp_path_factory.mktemp("shop"))
    yield running
    running.process.kill()
    running.process.wait()


@pytest.fixture
def server(one_server: Server) -> Server:
    """A running shop, empty again: shared, so it must be left running."""
    requests.delete(f"{one_server.url}/_admin/faults", timeout=10)
    one_server.admin("clock", {"now": None})
    one_server.admin("reset")
    return one_server


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """A running shop of one's own, to stop and start."""
    running = launch(tmp_path / "shop")
    yield running
    running.process.kill()
    running.process.wait()
