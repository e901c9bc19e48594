"""Bronze by a stream of manifests. Auto Loader is Databricks' own; here Spark's file stream
stands in for it, with the same table, checkpoint and trigger."""

import shutil
from functools import partial

import pytest

from spark_jobs.bronze import ingest as bronze
from spark_jobs.bronze.arrivals import arrived

FILES = {"recursiveFileLookup": "true"}


@pytest.fixture
def lab(new_lab, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bronze, "arrived", partial(arrived, source="json", options=FILES))
    return new_lab()


def take_in(lab) -> int:
    return bronze.ingest(lab.lake, "auto_loader").manifests


def test_each_manifest_is_taken_in_once_and_files_without_one_never(lab) -> None:
    lab.land("shopify", "orders", [{"id": 1}, {"id": 2}])
    lab.land("stripe", "charges", [{"id": "ch_1"}])
    assert take_in(lab) == 2
    assert take_in(lab) == 0
    unfinished = lab.land("shopify", "orders", [{"id": 3}])
    manifest = lab.folder / f"landing/_manifests/shopify/orders/{unfinished}.json"
    held = manifest.read_bytes()
    manifest.unlink()
    assert take_in(lab) == 0
    manifest.write_bytes(held)
    assert take_in(lab) == 1
    assert sorted(row["_id"] for row in lab.rows("bronze.shopify_orders")) == ["1", "2", "3"]


def test_a_stream_that_begins_anew_repeats_nothing(lab) -> None:
    lab.land("shopify", "orders", [{"id": 1}])
    assert take_in(lab) == 1
    shutil.rmtree(lab.folder / "state/_bronze")
    lab.land("shopify", "orders", [{"id": 2}])
    assert take_in(lab) == 1
    assert len(lab.rows("bronze.arrivals")) == 3  # the first one was found twice
    assert [row["_id"] for row in lab.rows("bronze.shopify_orders", order="_id")] == ["1", "2"]


def test_a_lakehouse_built_anew_finds_every_manifest_again(lab) -> None:
    lab.land("shopify", "orders", [{"id": 1}])
    assert take_in(lab) == 1
    shutil.rmtree(lab.folder / "lakehouse")
    assert take_in(lab) == 1
