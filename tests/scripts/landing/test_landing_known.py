"""What landing's own files say that a stream holds."""

import errno
import sqlite3

import pytest

from scripts.landing.known import has_landed, landed_after, not_landed_since
from scripts.landing.slices import Target
from scripts.landing.store import Store
from scripts.landing.writer import LandingWriter

THINGS = Target("stripe", "things", "v")
OLD, NEW = "2026-01-01T00:00:00.000000Z", "2026-02-01T00:00:00.000000Z"


def land(store: Store, *rows: tuple[str, str, bool], stream: str = "things") -> None:
    """(id, read at, deleted)"""
    with LandingWriter(store, "stripe", stream, "v") as writer:
        for id_, at, deleted in rows:
            writer.write(id_, {"id": id_, "record": 1}, deleted=deleted, extracted_at=at)
        writer.finish(None, NEW)


def test_the_later_reading_of_an_id_decides(store: Store) -> None:
    land(store, ("again", NEW, False), ("lost", OLD, False), ("back", OLD, True))
    land(store, ("gone", OLD, False), ("again", OLD, False))
    land(store, ("gone", NEW, True), ("back", NEW, False))
    land(store, ("other", OLD, False), stream="things_of_others")
    assert list(not_landed_since(store, THINGS, NEW)) == ["lost"]
    assert sorted(not_landed_since(store, THINGS, "~")) == ["again", "back", "lost"]


def test_what_was_landed_after_a_run(store: Store) -> None:
    land(store, ("a", OLD, False))
    (first,) = (key[:-5].rpartition("/")[2] for key in store.list("landing/_manifests/"))
    land(store, ("b", OLD, False), ("c", OLD, True))
    assert landed_after(store, THINGS, first) == {"b", "c"}
    assert landed_after(store, THINGS, None) == {"a", "b", "c"}


def test_files_without_a_manifest_do_not_count(store: Store) -> None:
    assert not has_landed(store, THINGS)
    with LandingWriter(store, "stripe", "things", "v") as writer:
        writer.write("a", {"id": "a"}, extracted_at=OLD)
    assert not has_landed(store, THINGS)
    assert list(not_landed_since(store, THINGS, NEW)) == []
    land(store, ("a", OLD, False))
    assert has_landed(store, THINGS)


def test_files_that_a_lifecycle_rule_has_taken_away_are_told(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """Their manifests stay, and the sweep failed on them for ever."""
    land(store, ("old", OLD, False))
    store.delete(list(store.list("landing/stripe/")))
    land(store, ("a", OLD, False))
    assert list(not_landed_since(store, THINGS, NEW)) == ["a"]
    assert "is not there, so deletions of what it held" in caplog.text


def test_a_full_disk_is_no_fault_of_sqlite(store: Store) -> None:
    """So the command ends with the sentence that says what to do, not with a trace."""
    land(store, *((f"a{n}", OLD, False) for n in range(3000)))
    known = sqlite3.connect(":memory:")
    known.execute("pragma max_page_count = 10")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sqlite3.connect", lambda path: known)
        with pytest.raises(OSError, match="No space left") as found:
            list(not_landed_since(store, THINGS, NEW))
    assert found.value.errno == errno.ENOSPC
