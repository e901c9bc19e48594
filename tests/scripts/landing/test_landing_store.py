"""Files arrive whole, in one request or in parts."""

from pathlib import Path

import pytest

from scripts.landing.store import Store


@pytest.mark.parametrize("one_request", [10, 10_000])
def test_a_file_arrives_whole(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_request: int
) -> None:
    monkeypatch.setattr("scripts.landing.store.ONE_REQUEST_BYTES", one_request)
    path = tmp_path / "part"
    path.write_bytes(b"line\n" * 200)
    store.upload(path, "landing/part")
    assert store.read("landing/part") == path.read_bytes()
