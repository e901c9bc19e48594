"""The command's work against a real S3 server."""

import contextlib
import gzip
import logging
import random
import subprocess
import threading
from collections.abc import Callable
from operator import itemgetter
from pathlib import Path

import orjson
import pytest
from lake import landed, manifests, records, run_script, start_script

from scripts.files import land
from scripts.files.land import Landed, land_files
from scripts.landing.state import read_state
from scripts.landing.store import LostRaceError, Store

HEADER = b"timestamp,location_id,sku,available\n"
Drop = Callable[[str, bytes], None]


@pytest.fixture
def drop(store: Store, tmp_path: Path) -> Drop:
    def put(name: str, content: bytes) -> None:
        path = tmp_path / "dropped"
        path.write_bytes(content)
        store.upload(path, f"dropzone/{name}")

    return put


def counts(*rows: bytes) -> bytes:
    return HEADER + b"".join(b"2026-01-01 08:00:00,7,%s\n" % row for row in rows)


def now(store: Store, stream: str = "inventory") -> dict[str, str | None]:
    """sku → available as the last envelope of each sku tells it, which is what silver keeps."""
    envelopes = sorted(landed(store, "files", stream), key=itemgetter("_extracted_at"))
    last = {envelope["record"]["sku"]: envelope for envelope in envelopes}
    return {
        sku: envelope["record"]["available"]
        for sku, envelope in last.items()
        if not envelope["_deleted"]
    }


def test_the_same_file_again_does_nothing(store: Store, drop: Drop) -> None:
    drop("inventory/2026/reno.csv", counts(b"A,1", b"B,2"))
    assert list(land_files(store, "")) == [Landed("inventory", 1, 2, 0, 0)]
    before = list(store.list(""))
    assert list(land_files(store, "")) == [Landed("inventory", 0, 0, 0, 0)]
    assert list(store.list("")) == before
    drop("inventory/2026/reno.csv", counts(b"A,1", b"B,2"))  # uploaded again, not changed
    assert list(land_files(store, "")) == [Landed("inventory", 0, 0, 0, 0)]


def test_only_new_files_are_landed_and_the_manifest_says_which(store: Store, drop: Drop) -> None:
    drop("inventory/a.csv", counts(b"A,1"))
    list(land_files(store, ""))
    drop("inventory/b.csv.gz", gzip.compress(counts(b"B,2", b"C,3")))
    assert list(land_files(store, "")) == [Landed("inventory", 1, 2, 0, 0)]
    first, second = manifests(store, "files", "inventory")
    assert [entry["file"] for entry in first["sources"]] == ["inventory/a.csv"]
    assert [(e["file"], e["rows"]) for e in second["sources"]] == [("inventory/b.csv.gz", 2)]
    assert second["cursor"]["from"] == first["cursor"]["to"]
    assert now(store) == {"A": "1", "B": "2", "C": "3"}


def test_a_corrected_file_replaces_what_it_had_said(store: Store, drop: Drop) -> None:
    drop("inventory/other.csv", counts(b"Z,9"))
    drop("inventory/a.csv", counts(b"A,1", b"TYPO,2", b"C,3"))
    list(land_files(store, ""))
    drop("inventory/a.csv", counts(b"A,5", b"B,2"))
    assert list(land_files(store, "")) == [Landed("inventory", 1, 4, 0, 0)]
    assert now(store) == {"A": "5", "B": "2", "Z": "9"}
    gone = [e["record"] for e in landed(store, "files", "inventory") if e["_deleted"]]
    assert [record["sku"] for record in gone] == ["TYPO", "C"]
    assert gone[0] == records(store, "files", "inventory")[1]

    drop("inventory/a.csv", counts(b"A,5", b"C,4"))  # C comes back
    assert list(land_files(store, "")) == [Landed("inventory", 1, 3, 0, 0)]
    assert now(store) == {"A": "5", "C": "4", "Z": "9"}


@pytest.mark.parametrize("dies_after", ["the first version", "the second version"])
def test_a_file_that_is_corrected_between_a_run_that_died_and_the_next_one(
    store: Store, drop: Drop, dies_after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its manifest stood, its state did not: what it had landed stayed for ever."""

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    if dies_after == "the second version":
        drop("inventory/a.csv", counts(b"A,1", b"FIRST,1"))
        list(land_files(store, ""))
    drop("inventory/a.csv", counts(b"A,1", b"TYPO,2"))
    with monkeypatch.context() as patched:
        patched.setattr(land, "write_state", die)
        with pytest.raises(KeyboardInterrupt):
            list(land_files(store, ""))
    if dies_after == "the second version":  # the first one is put back
        drop("inventory/a.csv", counts(b"A,1", b"FIRST,1"))
        expected = {"A": "1", "FIRST": "1"}
    else:
        drop("inventory/a.csv", counts(b"A,5"))
        expected = {"A": "5"}
    list(land_files(store, ""))
    assert now(store) == expected
    assert list(land_files(store, "")) == [Landed("inventory", 0, 0, 0, 0)]


def test_two_files_corrected_in_one_run_keep_their_rows_apart(store: Store, drop: Drop) -> None:
    for rows_a, rows_b in [
        ((b"A,1", b"B,1", b"C,1"), (b"W,1",)),
        ((b"A,1",), (b"X,2", b"Y,2", b"Z,2")),
        ((b"A,3",), (b"Y,3",)),
    ]:
        drop("inventory/a.csv", counts(*rows_a))
        drop("inventory/b.csv", counts(*rows_b))
        list(land_files(store, ""))
    assert now(store) == {"A": "3", "Y": "3"}


def test_a_correction_goes_on_when_the_former_rows_are_gone(
    store: Store, drop: Drop, caplog: pytest.LogCaptureFixture
) -> None:
    drop("inventory/a.csv", counts(b"A,1", b"B,2"))
    list(land_files(store, ""))
    store.delete(list(store.list("landing/files/")))
    drop("inventory/a.csv", counts(b"A,5"))
    assert list(land_files(store, "")) == [Landed("inventory", 1, 1, 0, 0)]
    assert "inventory/a.csv: its run " in caplog.text


def test_a_correction_that_is_bad_leaves_what_was_there(store: Store, drop: Drop) -> None:
    drop("inventory/a.csv", counts(b"A,1", b"B,2"))
    list(land_files(store, ""))
    drop("inventory/a.csv", b"wrong,header\n")
    assert list(land_files(store, "")) == [Landed("inventory", 1, 0, 1, 0)]
    assert list(land_files(store, "")) == [Landed("inventory", 0, 0, 0, 0)]
    assert now(store) == {"A": "1", "B": "2"}
    drop("inventory/a.csv", counts(b"A,1"))
    list(land_files(store, ""))
    assert now(store) == {"A": "1"}


def test_an_order_is_not_deleted_by_a_file_that_leaves_it_out(store: Store, drop: Drop) -> None:
    line = b'{"id": %d, "created_at": "x", "currency": "USD", "line_items": []}\n'
    drop("shopify_orders/a.jsonl", line % 1 + line % 2)
    list(land_files(store, ""))
    drop("shopify_orders/a.jsonl", line % 2)
    assert list(land_files(store, "")) == [Landed("shopify_orders", 1, 1, 0, 0)]
    found = landed(store, "files", "shopify_orders")
    assert [(e["_id"], e["_deleted"]) for e in found] == [("1", False), ("2", False), ("2", False)]


def test_bad_rows_and_files_are_quarantined_and_the_rest_goes_on(
    store: Store, drop: Drop, caplog: pytest.LogCaptureFixture
) -> None:
    drop("inventory/bad.csv", b"who,what\nAda Lovelace,secret\n")
    drop("inventory/good.csv", counts(b"A,1", b"Ada Lovelace", b"B,2"))
    drop("inventory/photo.jpg", b"\xff\xd8\xff")
    drop("inventory/cut.csv.gz", gzip.compress(counts(b"X,1"))[:-9])
    with caplog.at_level(logging.INFO):
        assert list(land_files(store, "")) == [Landed("inventory", 4, 2, 3, 1)]
    assert now(store) == {"A": "1", "B": "2"}

    rejected = {r["file"]: r for r in records(store, "files", "rejected")}
    assert rejected["inventory/good.csv"] == {
        "dataset": "inventory",
        "file": "inventory/good.csv",
        "line": 3,
        "reason": "3 fields where the header has 4",
        "raw": "2026-01-01 08:00:00,7,Ada Lovelace\n",
    }
    bad = rejected["inventory/bad.csv"]
    assert bad["reason"].startswith("missing column: timestamp, location_id")
    assert bad["raw"] == "who,what\nAda Lovelace,secret\n"
    assert "unknown kind of file" in rejected["inventory/photo.jpg"]["reason"]
    assert "gzip is broken" in rejected["inventory/cut.csv.gz"]["reason"]
    assert len(rejected) == 4

    errors = [record.message for record in caplog.records if record.levelno == logging.ERROR]
    assert [message.split(":")[0] for message in errors] == [
        "inventory/bad.csv",
        "inventory/cut.csv.gz",
        "inventory/good.csv",
        "inventory/photo.jpg",
    ]
    assert "1 rows refused, the first at line 3" in errors[2]
    assert "Ada" not in caplog.text


def test_a_file_of_bad_rows_only_is_a_bad_file(store: Store, drop: Drop) -> None:
    drop("shopify_orders/page.jsonl", b"<html>\n<body>\n")
    assert list(land_files(store, "")) == [Landed("shopify_orders", 1, 0, 1, 0)]
    (rejected,) = records(store, "files", "rejected")
    assert rejected["reason"].startswith("no row of it can be taken; line 1: not JSON")
    assert manifests(store, "files", "shopify_orders") == []


def test_rows_of_one_line_do_not_become_one(store: Store, drop: Drop) -> None:
    """A list that a program wrote is one line: neither events nor refusals may share an id."""
    click = {"timestamp": "2026-01-01", "session_id": "s"}
    events = [click | {"event": name} for name in ("view", "cart", "checkout")]
    drop("clickstream/a.json", orjson.dumps([*events, "bad", {}, {}]))
    assert list(land_files(store, "")) == [Landed("clickstream", 1, 3, 0, 3)]
    assert len({e["_id"] for e in landed(store, "files", "clickstream")}) == 3
    refused = landed(store, "files", "rejected")
    assert len({e["_id"] for e in refused}) == 3
    assert len({orjson.dumps(e["record"]) for e in refused}) == 3


def test_raw_text_is_cut(store: Store, drop: Drop) -> None:
    drop("inventory/a.csv", counts(b"A,1", "é".encode() * 80_000 + b",1,2,3"))
    list(land_files(store, ""))
    (rejected,) = records(store, "files", "rejected")
    assert 99_990 < len(rejected["raw"].encode()) <= 100_000


def test_unknown_folders_are_named_and_left(
    store: Store, drop: Drop, caplog: pytest.LogCaptureFixture
) -> None:
    drop("invoices/a.csv", b"x")
    drop("stray.csv", b"x")
    drop("inventory/", b"")
    drop("inventory/a.csv", counts(b"A,1"))
    assert list(land_files(store, "")) == [Landed("inventory", 1, 1, 0, 0)]
    warnings = [record.message for record in caplog.records]
    assert f"s3://{store.bucket}/dropzone/invoices is no dataset: its 1 files stay" in warnings[1]
    assert "known are clickstream, inventory, shipping, shopify_orders" in warnings[1]
    assert store.exists("dropzone/invoices/a.csv")


def test_a_prefix_leaves_other_files_for_later(
    store: Store, drop: Drop, caplog: pytest.LogCaptureFixture
) -> None:
    drop("inventory/2026/a.csv", counts(b"A,1"))
    drop("inventory/2027/b.csv", counts(b"B,1"))
    drop("shipping/c.csv", b"Tracking No.|Carrier\n1Z|UPS\n")
    assert list(land_files(store, "/inventory/2027")) == [Landed("inventory", 1, 1, 0, 0)]
    assert list(land_files(store, "")) == [
        Landed("inventory", 1, 1, 0, 0),
        Landed("shipping", 1, 1, 0, 0),
    ]
    assert records(store, "files", "shipping") == [{"tracking_number": "1Z", "carrier": "UPS"}]
    assert "nothing lies there" not in caplog.text
    assert list(land_files(store, "inventory/2062")) == []
    assert "dropzone/inventory/2062: nothing lies there, is the prefix right?" in caplog.text


def test_of_two_runs_at_once_one_fails_and_nothing_is_lost(
    store: Store, drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop("inventory/a.csv", counts(b"A,1"))
    together = threading.Barrier(2)
    read_state_itself = land.read_state

    def read_together(*arguments: object) -> object:
        state = read_state_itself(*arguments)
        together.wait(timeout=20)
        return state

    monkeypatch.setattr(land, "read_state", read_together)
    outcomes: list[object] = []

    def run() -> None:
        try:
            outcomes.append(list(land_files(store, "")))
        except LostRaceError as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lost = [outcome for outcome in outcomes if isinstance(outcome, str)]
    assert len(lost) == 1
    assert lost[0].endswith("was created by another run first")
    assert now(store) == {"A": "1"}
    assert read_state(store, "files", "inventory").generation == 1


def test_a_file_that_is_taken_away_meanwhile_does_not_stop_the_others(
    store: Store, drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop("inventory/a.csv", counts(b"A,1"))
    drop("inventory/b.csv", counts(b"B,2"))
    download = store.download

    def moving(key: str, path: Path) -> None:
        if key.endswith("/a.csv"):
            store.delete([key])
        download(key, path)

    monkeypatch.setattr(store, "download", moving)
    assert list(land_files(store, "")) == [Landed("inventory", 1, 1, 0, 0)]
    assert now(store) == {"B": "2"}


@pytest.mark.parametrize("dies_at", ["rows.finish", "rejected.finish", "write_state"])
def test_a_killed_run_is_repeated_whole(
    store: Store, drop: Drop, monkeypatch: pytest.MonkeyPatch, dies_at: str
) -> None:
    drop("inventory/a.csv", counts(b"A,1", b"bad", b"B,2"))
    finish, calls = land.LandingWriter.finish, []

    def dying_finish(writer: land.LandingWriter, *arguments: object, **details: object) -> bool:
        calls.append(writer.stream)
        if (dies_at, writer.stream) in (
            ("rows.finish", "inventory"),
            ("rejected.finish", "rejected"),
        ):
            raise KeyboardInterrupt
        return finish(writer, *arguments, **details)

    def dying_write(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(land.LandingWriter, "finish", dying_finish)
        if dies_at == "write_state":
            patch.setattr(land, "write_state", dying_write)
        with pytest.raises(KeyboardInterrupt):
            list(land_files(store, ""))
    assert list(land_files(store, "")) == [Landed("inventory", 1, 2, 0, 1)]
    assert now(store) == {"A": "1", "B": "2"}
    assert len({envelope["_id"] for envelope in landed(store, "files", "rejected")}) == 1


def test_a_process_killed_at_any_moment_loses_nothing(
    store: Store, s3_environment: dict[str, str], drop: Drop
) -> None:
    rows = [b"%d,%d" % (number, number % 7) for number in range(20_000)]
    drop("inventory/a.csv", counts(*rows, b"bad"))
    dice = random.Random(5)
    for _ in range(4):
        running = start_script("files_to_s3", s3_environment)
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(timeout=dice.uniform(0.3, 1.2))
        running.kill()
        running.communicate()
    assert run_script("files_to_s3", s3_environment).returncode == 0
    assert len(now(store)) == len(rows)
    assert len({envelope["_id"] for envelope in landed(store, "files", "rejected")}) == 1
    assert list(land_files(store, "")) == [Landed("inventory", 0, 0, 0, 0)]


def test_the_command_exits_0_with_quarantine_and_counts_it(
    s3_environment: dict[str, str], drop: Drop
) -> None:
    drop("inventory/a.csv", counts(b"A,1"))
    drop("inventory/b.csv", b"nothing\n")
    done = run_script("files_to_s3", s3_environment, "--prefix", "")
    assert done.returncode == 0
    assert done.stderr.count("ERROR") == 1
    assert "ERROR inventory/b.csv: refused: missing column" in done.stderr
    assert '"rejected_files"' in done.stdout


def test_the_command_fails_with_one_sentence_for_wrong_keys(
    s3_environment: dict[str, str],
) -> None:
    wrong = {**s3_environment, "AWS_SECRET_ACCESS_KEY": "wrong-one"}
    done = run_script("files_to_s3", wrong)
    assert done.returncode == 1
    assert done.stderr.startswith("ERROR S3 refused s3://")
    assert len(done.stderr.splitlines()) == 1


def test_a_big_file_that_is_written_anew_while_it_is_read_waits_for_the_next_run(
    store: Store, drop: Drop, caplog: pytest.LogCaptureFixture
) -> None:
    """A vendor appends by uploading the whole file again. Parts of two versions must not mix."""
    rows = [b"%0500d,%d" % (number, number) for number in range(40_000)]
    drop("inventory/growing.csv", counts(*rows))
    drop("inventory/small.csv", counts(b"A,1"))
    asked: list[str] = []

    def write_anew(params: object, **_: object) -> None:
        asked.append(str(params))
        if len(asked) == 2:
            drop("inventory/growing.csv", counts(*rows, b"NEW,1"))

    events = store._client.meta.events
    events.register("before-call.s3.GetObject", write_anew)
    assert list(land_files(store, "")) == [Landed("inventory", 1, 1, 0, 0)]
    assert "inventory/growing.csv is being written" in caplog.text
    events.unregister("before-call.s3.GetObject", write_anew)
    assert list(land_files(store, "")) == [Landed("inventory", 1, 40_001, 0, 0)]
