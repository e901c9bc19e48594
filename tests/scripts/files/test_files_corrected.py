"""What a corrected, renamed or repeated file makes of rows that were landed before."""

import tracemalloc
from collections import Counter
from hashlib import sha256

import pytest
from lake import landed
from test_files_landing import HEADER, Drop, counts, drop, now

from scripts.files import land
from scripts.files.copies import Copies
from scripts.files.land import Landed, land_files
from scripts.landing.store import Store

__all__ = ["drop"]  # the fixture
AT = "2026-01-01 08:00:00"


def clicks(*events: str) -> bytes:
    rows = (f"2026-01-01T{event}\n" for event in events)
    return "".join(["timestamp,session_id,event\n", *rows]).encode()


def events(store: Store) -> Counter[str]:
    """The living events: time → how many. As in silver, an id's version with the later time wins,
    and of one time the later reading."""
    last: dict[str, dict] = {}
    for envelope in landed(store, "files", "clickstream"):
        held = last.setdefault(envelope["_id"], envelope)
        rank = (envelope["record"]["timestamp"], envelope["_extracted_at"])
        if rank >= (held["record"]["timestamp"], held["_extracted_at"]):
            last[envelope["_id"]] = envelope
    return Counter(e["record"]["timestamp"][11:] for e in last.values() if not e["_deleted"])


def test_a_corrected_title_does_not_take_the_count_away(store: Store, drop: Drop) -> None:
    """The row has another id then, and to silver it is the same count of the same sku: the
    tombstone of the old id was the later one, and won."""
    titled = HEADER.replace(b"\n", b",product_title\n")
    drop("inventory/a.csv", titled + f"{AT},7,A,5,Te\n{AT},7,B,6,Mug\n".encode())
    list(land_files(store, ""))
    drop("inventory/a.csv", titled + f"{AT},7,A,5,Tee\n".encode())
    assert list(land_files(store, "")) == [Landed("inventory", 1, 3, 0, 0)]
    assert now(store) == {"A": "5"}


def test_a_row_that_moves_to_another_file_stays(store: Store, drop: Drop) -> None:
    """Files are read in the order of their names: the row came before its tombstone."""
    drop("inventory/z.csv", counts(b"A,1", b"B,2"))
    list(land_files(store, ""))
    drop("inventory/a.csv", counts(b"B,2"))
    drop("inventory/z.csv", counts(b"A,1"))
    list(land_files(store, ""))
    assert now(store) == {"A": "1", "B": "2"}


@pytest.mark.parametrize("together", [True, False])
def test_what_another_file_holds_too_stays(store: Store, drop: Drop, together: bool) -> None:
    drop("inventory/a.csv", counts(b"A,1", b"B,2", b"C,3"))
    if not together:
        list(land_files(store, ""))
    drop("inventory/b.csv", counts(b"B,2"))
    list(land_files(store, ""))
    drop("inventory/a.csv", counts(b"A,1"))
    assert list(land_files(store, "")) == [Landed("inventory", 1, 2, 0, 0)]
    assert now(store) == {"A": "1", "B": "2"}
    drop("inventory/b.csv", counts(b"D,4"))
    list(land_files(store, ""))
    assert now(store) == {"A": "1", "D": "4"}


def test_what_a_file_holds_whose_correction_is_refused_stays(store: Store, drop: Drop) -> None:
    """Both are corrected before one run: of the other file nothing was asked."""
    drop("inventory/a.csv", counts(b"A,1", b"B,2"))
    drop("inventory/b.csv", counts(b"B,2", b"C,3"))
    list(land_files(store, ""))
    drop("inventory/a.csv", counts(b"A,1"))
    drop("inventory/b.csv", b"wrong,header\n")
    list(land_files(store, ""))
    assert now(store) == {"A": "1", "B": "2", "C": "3"}
    drop("inventory/a.csv", counts(b"D,4"))
    drop("inventory/b.csv", counts(b"C,3"))
    list(land_files(store, ""))
    assert now(store) == {"C": "3", "D": "4"}


def test_a_run_that_died_is_remembered_by_one_that_reads_other_files(
    store: Store, drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    drop("inventory/2026/a.csv", counts(b"A,1", b"TYPO,2"))
    drop("inventory/2027/b.csv", counts(b"B,1"))
    with monkeypatch.context() as patched:
        patched.setattr(land, "write_state", die)
        with pytest.raises(KeyboardInterrupt):
            list(land_files(store, ""))
    list(land_files(store, "inventory/2027"))
    drop("inventory/2026/a.csv", counts(b"A,5"))
    list(land_files(store, ""))
    assert now(store) == {"A": "5", "B": "1"}
    assert list(land_files(store, "")) == [Landed("inventory", 0, 0, 0, 0)]


def test_a_file_that_became_empty_takes_nothing_away(store: Store, drop: Drop) -> None:
    """An upload that broke off. Of JSON Lines it is a file without records, and was taken for one
    that leaves all of them out."""
    line = b'{"timestamp": "2026-01-01T%d", "session_id": "s", "event": "view"}\n'
    drop("clickstream/a.jsonl", line % 8 + line % 9)
    drop("clickstream/b.jsonl", b"")
    assert list(land_files(store, "")) == [Landed("clickstream", 2, 2, 0, 0)]
    drop("clickstream/a.jsonl", b"")
    assert list(land_files(store, "")) == [Landed("clickstream", 1, 0, 1, 0)]
    assert events(store) == {"8": 1, "9": 1}
    drop("clickstream/a.jsonl", line % 9)
    list(land_files(store, ""))
    assert events(store) == {"9": 1}


def test_a_file_that_was_renamed_holds_nothing_any_more(store: Store, drop: Drop) -> None:
    drop("inventory/a.csv", counts(b"A,1", b"B,2"))
    list(land_files(store, ""))
    store.delete(["dropzone/inventory/a.csv"])
    drop("inventory/b.csv", counts(b"A,1", b"B,2"))
    list(land_files(store, ""))
    drop("inventory/b.csv", counts(b"A,1"))
    list(land_files(store, ""))
    assert now(store) == {"A": "1"}


def test_events_without_an_id_that_are_sent_twice_are_there_once(store: Store, drop: Drop) -> None:
    """They were known by file and line, so another name or a line more made others of them. Equal
    events of one file are so many events."""
    drop("clickstream/a.csv", clicks("10:00,s,view", "10:05,s,cart", "10:05,s,cart"))
    list(land_files(store, ""))
    drop("clickstream/a (1).csv", clicks("10:00,s,view", "10:05,s,cart", "10:05,s,cart"))
    drop("clickstream/more.csv", clicks("10:05,s,cart", "11:00,s,view"))
    list(land_files(store, ""))
    assert events(store) == {"10:00": 1, "10:05": 2, "11:00": 1}


def test_a_line_that_was_forgotten_does_not_move_the_others(store: Store, drop: Drop) -> None:
    """Each line took the id of the one before it: the first one was lost, the last one doubled."""
    drop("clickstream/a.csv", clicks("10:00,s,view", "10:05,s,cart"))
    list(land_files(store, ""))
    drop("clickstream/a.csv", clicks("09:00,s,view", "10:00,s,view", "10:05,s,cart"))
    list(land_files(store, ""))
    assert events(store) == {"09:00": 1, "10:00": 1, "10:05": 1}
    drop("clickstream/a.csv", clicks("08:00,s,view", "10:05,s,cart"))
    list(land_files(store, ""))
    assert events(store) == {"08:00": 1, "10:05": 1}


def test_copies_are_counted_in_little_memory() -> None:
    rows = [sha256(str(number).encode()).digest()[:16] for number in range(100_000)]
    copies = Copies()
    copies.number(rows[0])
    tracemalloc.start()
    assert [copies.number(row) for row in rows[:3] * 2] == [2, 1, 1, 3, 2, 2]
    found = Counter(copies.number(row) for row in rows[3:])
    assert found[1] >= 99_990
    assert tracemalloc.get_traced_memory()[1] < 3_000_000
    tracemalloc.stop()
