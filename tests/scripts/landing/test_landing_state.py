"""The cursor's generations on a real S3 server."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import pytest

from scripts import settings
from scripts.errors import FatalError, RetriableError
from scripts.landing.pull import Reader, pull
from scripts.landing.slices import Target
from scripts.landing.state import KEEP_GENERATIONS, State, read_state, write_state
from scripts.landing.store import LostRaceError, MissingObjectError, Store
from scripts.landing.window import Request


def test_a_state_comes_back_as_it_was_written(store: Store) -> None:
    assert read_state(store, "shopify", "orders") == State()
    state = State(1, "2026-01-01T00:00:00.000000Z", {"id": ["v", "at"]}, "run")
    write_state(store, "shopify", "orders", state)
    assert read_state(store, "shopify", "orders") == state
    assert read_state(store, "shopify", "orders_more") == State()


def test_of_eight_runs_at_once_one_moves_the_cursor(store: Store) -> None:
    together = threading.Barrier(8)

    def run(number: int) -> bool:
        mine = Store(settings.s3())
        together.wait(timeout=20)
        try:
            write_state(mine, "stripe", "charges", State(1, str(number)))
        except LostRaceError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(run, range(8)))
    assert won.count(True) == 1
    assert read_state(store, "stripe", "charges").cursor == str(won.index(True))


def test_old_generations_are_removed_and_the_last_ones_stay(store: Store) -> None:
    for generation in range(1, 2 * KEEP_GENERATIONS + 6):
        write_state(store, "stripe", "charges", State(generation, str(generation)))
    kept = [key.rpartition("/")[2] for key in store.list("state/stripe/charges/")]
    first, last = KEEP_GENERATIONS + 1, 2 * KEEP_GENERATIONS + 5
    assert kept == [f"{number:010d}.json" for number in range(first, last + 1)]
    assert read_state(store, "stripe", "charges").generation == last


GOOD = {"generation": 2, "cursor": "2026-01-01T00:00:00.000000Z", "seen": {}, "run_id": None}


@pytest.mark.parametrize(
    "damaged",
    [
        b'{"generation": 2, "cursor": "2026',
        b"null",
        b"[]",
        orjson.dumps(GOOD | {"cursor": None}),
        orjson.dumps(GOOD | {"cursor": 1767225600}),
        orjson.dumps(GOOD | {"generation": 1}),
        orjson.dumps(GOOD | {"seen": {"id": "v"}}),
        orjson.dumps(GOOD | {"version": 7}),
        orjson.dumps(GOOD | {"open": {"slices": []}}),
    ],
)
def test_a_damaged_state_is_a_sentence_and_the_one_before_it_still_holds(
    store: Store, tmp_path: Path, damaged: bytes
) -> None:
    before = State(1, "2025-01-01T00:00:00.000000Z")
    write_state(store, "stripe", "charges", before)
    path, key = tmp_path / "state", "state/stripe/charges/0000000002.json"
    path.write_bytes(damaged)
    store.upload(path, key)
    with pytest.raises(FatalError, match=rf"{key} is no state .* or delete it"):
        read_state(store, "stripe", "charges")
    store.delete([key])
    assert read_state(store, "stripe", "charges") == before


def test_a_copy_beside_a_state_is_none(store: Store, tmp_path: Path) -> None:
    write_state(store, "stripe", "charges", State(1, "2026-01-01T00:00:00.000000Z"))
    (tmp_path / "copy").write_bytes(b"{}")
    store.upload(tmp_path / "copy", "state/stripe/charges/0000000001.json.bak")
    assert read_state(store, "stripe", "charges").generation == 1


def test_a_cursor_that_is_no_time_is_a_sentence(store: Store) -> None:
    write_state(store, "stripe", "charges", State(1, "yesterday"))
    with pytest.raises(FatalError, match="the state's cursor is not an ISO 8601 time: 'yesterday'"):
        pull(store, Target("stripe", "charges", "1"), Request(), Reader(lambda _: []))


def test_a_bucket_that_is_not_there_is_named(
    s3_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("S3_BUCKET", "no-such-bucket")
    with pytest.raises(FatalError, match=r"S3 refused s3://no-such-bucket/.*check S3_BUCKET"):
        list(Store(settings.s3()).list("x"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("S3_BUCKET", "s3://bucket"),
        ("S3_BUCKET", "my bucket"),
        ("S3_ENDPOINT_URL", "127.0.0.1:9000"),
        ("S3_ENDPOINT_URL", "http://127.0.0.1:port"),
        ("AWS_REGION", "us east"),
    ],
)
def test_a_wrong_setting_is_fatal(
    s3_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(FatalError, match=name):
        list(Store(settings.s3()).list("x"))


def test_a_server_that_does_not_answer_is_retriable(
    s3_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("S3_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with pytest.raises(RetriableError, match="S3 could not be reached"):
        list(Store(settings.s3()).list("x"))


def test_an_upload_that_is_refused_is_one_sentence(
    s3_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "part").write_bytes(b"x")
    monkeypatch.setenv("S3_BUCKET", "no-such-bucket")
    with pytest.raises(FatalError, match=r"S3 refused s3://no-such-bucket/key .NoSuchBucket."):
        Store(settings.s3()).upload(tmp_path / "part", "key")


def test_a_download_that_is_not_there_is_one_sentence(store: Store, tmp_path: Path) -> None:
    with pytest.raises(MissingObjectError, match=f"s3://{store.bucket}/none is not there"):
        store.download("none", tmp_path / "part")
