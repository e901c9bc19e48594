"""Parts, manifest and envelope, on a real S3 server."""

import gzip
import hashlib
import random

import orjson
import pytest
from lake import landed, manifests

from scripts.landing import writer as writing
from scripts.landing.store import LostRaceError, Store
from scripts.landing.writer import LandingWriter


def test_a_line_is_the_envelope_with_the_record_last(store: Store) -> None:
    record = {"b": 1, "a": [1.5, None, "é 😀"], "record": '"record":'}
    with LandingWriter(store, "shopify", "orders", "2026-10") as writer:
        writer.write("gid://shopify/Order/1", record)
        writer.write('2",", "record":', '{"n": 1.10}', deleted=True)
        assert writer.rows == 2
        assert writer.finish(None, "2026-01-01T00:00:00.000000Z", full_refresh=False)
    (manifest,) = manifests(store, "shopify", "orders")
    raw = gzip.decompress(store.read(manifest["files"][0]["path"])).splitlines()
    first, second = (orjson.loads(line) for line in raw)
    assert first.pop("_extracted_at").endswith("Z")
    assert first == {
        "_id": "gid://shopify/Order/1",
        "_source": "shopify",
        "_stream": "orders",
        "_api_version": "2026-10",
        "_run_id": manifest["run_id"],
        "_deleted": False,
        "record": record,
    }
    assert (second["_id"], second["_deleted"]) == ('2",", "record":', True)
    # What bronze relies on: the first mark begins the record's own text, to the letter.
    assert raw[1].partition(b',"record":')[2] == b'{"n": 1.10}}'


def test_the_manifest_counts_and_names_what_was_written(store: Store) -> None:
    with LandingWriter(store, "stripe", "charges", "v") as writer:
        for number in range(3):
            writer.write(str(number), {"id": number})
        writer.finish("from", "to", full_refresh=True)
    (manifest,) = manifests(store, "stripe", "charges")
    (file,) = manifest["files"]
    content = store.read(file["path"])
    assert (file["rows"], file["bytes"]) == (3, len(content))
    assert file["sha256"] == hashlib.sha256(content).hexdigest()
    assert (manifest["rows"], manifest["bytes"]) == (3, len(content))
    assert manifest["cursor"] == {"from": "from", "to": "to"}
    assert manifest["full_refresh"] is True
    day = manifest["started_at"][:10]
    folder = f"landing/stripe/charges/dt={day}/{manifest['run_id']}/"
    assert file["path"] == f"{folder}part-00000.jsonl.gz"


def test_long_runs_are_cut_into_parts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "PART_BYTES", 100_000)
    monkeypatch.setattr(writing, "CHUNK_BYTES", 2_000)
    dice = random.Random(1)
    with LandingWriter(store, "stripe", "charges", "v") as writer:
        for number in range(2000):
            writer.write(str(number), {"id": number, "noise": dice.randbytes(200).hex()})
        writer.finish(None, "to")
    (manifest,) = manifests(store, "stripe", "charges")
    assert len(manifest["files"]) > 2
    assert manifest["rows"] == 2000
    assert [e["_id"] for e in landed(store, "stripe", "charges")] == [str(n) for n in range(2000)]


def test_the_manifest_is_written_last(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    upload, create = store.upload, store.create
    monkeypatch.setattr(store, "upload", lambda *a: (calls.append(f"file {a[1]}"), upload(*a)))
    monkeypatch.setattr(store, "create", lambda *a: (calls.append(f"manifest {a[0]}"), create(*a)))
    with LandingWriter(store, "stripe", "charges", "v") as writer:
        writer.write("1", {})
        assert calls == []
        writer.finish(None, "to")
    assert [call.split()[0] for call in calls] == ["file", "manifest"]


def test_an_empty_run_writes_nothing(store: Store) -> None:
    with LandingWriter(store, "stripe", "charges", "v") as writer:
        assert writer.finish(None, "to") is False
    assert list(store.list("")) == []


def test_a_run_that_fails_leaves_no_manifest(store: Store) -> None:
    def fail() -> None:
        with LandingWriter(store, "stripe", "charges", "v") as writer:
            writer.write("1", {})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(store.list("")) == []


def test_a_manifest_is_never_overwritten(store: Store) -> None:
    for expected in (True, False):
        with LandingWriter(store, "stripe", "charges", "v", run_id="same") as writer:
            writer.write("1", {})
            if expected:
                assert writer.finish(None, "to")
            else:
                with pytest.raises(LostRaceError):
                    writer.finish(None, "to")
