"""Waiting manifests of a table in one commit, and each of them still exactly once."""

import gzip
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import NamedTuple

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from spark_jobs.bronze import ingest as bronze
from spark_jobs.bronze.ingest import BATCH_BYTES, LEAST_BYTES, IncompleteManifestError, Ingested


class Manifest(NamedTuple):
    run_id: int
    bytes: int


class KilledError(Exception):
    pass


@pytest.fixture
def lab(new_lab):
    return new_lab()


def land_three(lab) -> list[str]:
    return [lab.land("shopify", "orders", [{"id": 2 * n}, {"id": 2 * n + 1}]) for n in range(3)]


def held(lab) -> Counter[str]:
    return Counter(row["_id"] for row in lab.rows("bronze.shopify_orders", order="_id"))


def commits(lab) -> int:
    history = lab.lake.rows(f"DESCRIBE HISTORY {lab.lake.name('bronze', 'shopify_orders')}")
    return sum(row.operation in ("CREATE TABLE AS SELECT", "WRITE", "MERGE") for row in history)


def killed_run(lab, monkeypatch: pytest.MonkeyPatch, step: str, when: str = "") -> None:
    """A run that dies before `step`, of the table `when` if it is a table's."""
    done = getattr(bronze, step)

    def die(*given: object) -> None:
        if when in ("", given[1]):
            raise KilledError
        done(*given)

    with monkeypatch.context() as patch:
        patch.setattr(bronze, step, die)
        with pytest.raises(KilledError):
            bronze.ingest(lab.lake)


def test_one_commit_takes_in_what_waits(lab) -> None:
    runs = land_three(lab)
    assert bronze.ingest(lab.lake) == Ingested(3, 6)
    assert held(lab) == Counter("012345")
    assert commits(lab) == 1
    rows = lab.rows("bronze.shopify_orders")
    assert all(row["_run_id"] in row["_file"] for row in rows)
    ledger = lab.rows("bronze.manifests", order="run_id")
    assert [(row["run_id"], row["rows"], row["files"]) for row in ledger] == [
        (run, 2, 1) for run in runs
    ]
    assert bronze.ingest(lab.lake) == Ingested(0, 0)
    assert commits(lab) == 1
    land_three(lab)
    assert bronze.ingest(lab.lake) == Ingested(3, 6)
    assert commits(lab) == 2


def test_a_run_that_died_before_the_ledger_repeats_nothing(
    lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    land_three(lab)
    killed_run(lab, monkeypatch, "_record")
    assert held(lab) == Counter("012345")
    lab.land("shopify", "orders", [{"id": 6}])
    assert bronze.ingest(lab.lake) == Ingested(4, 7)
    assert held(lab) == Counter("0123456")
    assert len(lab.rows("bronze.manifests")) == 4


def test_a_batch_that_died_between_two_tables_is_finished(
    lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    land_three(lab)
    lab.land("stripe", "charges", [{"id": "ch_1"}])
    killed_run(lab, monkeypatch, "_write", "stripe_charges")
    assert bronze.ingest(lab.lake) == Ingested(4, 7)
    assert held(lab) == Counter("012345")
    assert len(lab.rows("bronze.stripe_charges")) == 1


def test_a_job_with_an_old_listing_repeats_nothing(lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another job takes everything in, and a later run, between the listing and the write."""
    land_three(lab)
    take_in = bronze._take_in

    def late(lake, ledger: str, batch) -> None:
        monkeypatch.setattr(bronze, "_take_in", take_in)
        lab.land("shopify", "orders", [{"id": 6}])
        assert bronze.ingest(lake) == Ingested(4, 7)
        take_in(lake, ledger, batch)

    monkeypatch.setattr(bronze, "_take_in", late)
    bronze.ingest(lab.lake)
    assert held(lab) == Counter("0123456")
    assert len(lab.rows("bronze.manifests")) == 4


def test_two_jobs_at_once_repeat_nothing(lab) -> None:
    land_three(lab)
    bronze.ingest(lab.lake)
    lab.land("shopify", "orders", [{"id": 6}, {"id": 7}])
    url = os.environ["SPARK_REMOTE"].partition(";session_id=")[0]
    other = SparkSession.builder.remote(url).create()
    other.conf.set("spark.sql.session.timeZone", "UTC")

    def job(lake) -> BaseException | None:
        try:
            bronze.ingest(lake)
        except PySparkException as error:
            return error
        return None

    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(job, (lab.lake, replace(lab.lake, spark=other))))
    other.stop()
    assert None in ends
    assert all("Concurrent" in str(end) or "CONCURRENT" in str(end) for end in ends if end)
    bronze.ingest(lab.lake)
    assert held(lab) == Counter("01234567")
    assert len(lab.rows("bronze.manifests")) == 4


@pytest.mark.parametrize("fault", ["promise", "foreign line"])
def test_a_manifest_without_its_rows_is_named_and_not_in_the_ledger(lab, fault: str) -> None:
    _, second, _ = land_three(lab)
    manifest = lab.folder / f"landing/_manifests/shopify/orders/{second}.json"
    document = orjson.loads(manifest.read_bytes())
    if fault == "promise":
        manifest.write_bytes(orjson.dumps({**document, "rows": 3}))
    else:
        (part,) = (lab.folder / file["path"] for file in document["files"])
        part.with_suffix("").write_text(lines_of_another_run(lab, second))
        renamed = document["files"][0] | {"path": document["files"][0]["path"][: -len(".gz")]}
        manifest.write_bytes(orjson.dumps({**document, "files": [renamed]}))
    with pytest.raises(IncompleteManifestError, match=f"shopify_orders: manifest {second} "):
        bronze.ingest(lab.lake)
    assert lab.rows("bronze.manifests") == []


def lines_of_another_run(lab, run: str) -> str:
    part = next(lab.folder.glob(f"landing/shopify/orders/*/{run}/part-00000.jsonl.gz"))
    return gzip.decompress(part.read_bytes()).decode().replace(run, f"{run}x", 1)


@given(st.lists(st.integers(0, 2 * BATCH_BYTES)))
def test_a_batch_is_bounded_and_nothing_is_left_out(sizes: list[int]) -> None:
    manifests = [Manifest(number, size) for number, size in enumerate(sizes)]
    found = list(bronze.batches(manifests))  # type: ignore[arg-type]
    assert [manifest for batch in found for manifest in batch] == manifests
    for batch in found:
        weights = [max(manifest.bytes, LEAST_BYTES) for manifest in batch]
        assert len(batch) == 1 or sum(weights) <= BATCH_BYTES
    assert all(found)
