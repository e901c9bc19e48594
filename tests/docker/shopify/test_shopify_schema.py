"""Fetching the official schemas: from the cache, damaged, unreachable, replaced."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import requests

from docker.common.server import SetupError
from docker.shopify import schema
from docker.shopify.settings import cache_directory


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A copy of the filled cache."""
    filled = schema.ensure(cache_directory(dict(os.environ)))
    copy = tmp_path / "shopify-schema" / schema.VERSION
    shutil.copytree(filled, copy)
    return tmp_path


def no_download() -> bytes:
    raise AssertionError("downloaded although the cache is whole")


def test_a_whole_cache_needs_no_network(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "_download", no_download)
    directory = schema.ensure(cache)
    assert schema.load(directory, "2026-10").query_type is not None


def test_a_damaged_file_is_fetched_again(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (cache / "shopify-schema" / schema.VERSION / "2026-07.json.gz").write_bytes(b"half of it")
    asked: list[str] = []

    def unreachable(url: str, **_: Any) -> None:
        asked.append(url)
        raise requests.ConnectionError

    monkeypatch.setattr(requests, "get", unreachable)
    with pytest.raises(SetupError, match="could not be fetched from the npm registry"):
        schema.ensure(cache)
    assert asked[0].endswith("/@shopify/dev-mcp/-/dev-mcp-1.16.0.tgz")


def test_another_file_is_refused(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (cache / "shopify-schema" / schema.VERSION / "2026-07.json.gz").unlink()
    answer = requests.Response()
    answer.status_code = 200
    answer._content = b"something else"
    monkeypatch.setattr(requests, "get", lambda url, **_: answer)
    with pytest.raises(SetupError, match="is not the pinned file"):
        schema.ensure(cache)


def test_the_registry_is_the_users_own_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "https://npm.example.com/mirror/")
    expected = "https://npm.example.com/mirror/@shopify/dev-mcp/-/dev-mcp-1.16.0.tgz"
    assert schema._tarball_url() == expected


def test_without_npm_the_address_comes_from_packageurl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NPM_CONFIG_REGISTRY", raising=False)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    url = schema._tarball_url()
    assert url.startswith("https://")
    assert url.endswith("/@shopify/dev-mcp/-/dev-mcp-1.16.0.tgz")


def test_versions() -> None:
    assert schema.supported_version("2026-07") == "2026-07"
    assert schema.supported_version("2019-01") == "2025-10"
