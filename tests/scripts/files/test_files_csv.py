import csv
import gzip
import io
from typing import Any

import pytest
from file_reading import Read
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scripts.files.rows import BadFileError

HEADER = ["timestamp", "location_id", "sku", "available"]


def as_csv(rows: list[list[str]], **options: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text, **options).writerows(rows)
    return text.getvalue().encode()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_delimiters_and_byte_order_mark(read: Read, delimiter: str, start: bytes) -> None:
    rows = [HEADER, ["2026-01-01 00:00:00", "7", "A;1,5|x", ""]]
    good, rejected = read("a.csv", start + as_csv(rows, delimiter=delimiter), "inventory")
    assert rejected == []
    assert [row.record for row in good] == [
        {
            "timestamp": "2026-01-01 00:00:00",
            "location_id": "7",
            "sku": "A;1,5|x",
            "available": None,
        }
    ]
    assert good[0].line == 2


def test_headers_by_other_names(read: Read) -> None:
    content = b"Counted At;Warehouse ID;Item No.;Qty;Shelf  (row)\n2026-01-01;7;A;3;B2\n"
    good, _ = read("a.csv", content, "inventory")
    assert good[0].record == {
        "timestamp": "2026-01-01",
        "location_id": "7",
        "sku": "A",
        "available": "3",
        "shelf_row": "B2",
    }


def test_another_name_gives_way_to_the_name_itself(read: Read) -> None:
    content = b"location_id,Location,timestamp,Date,sku,qty\n7,Reno,t,d,A,1\n"
    good, _ = read("a.csv", content, "inventory")
    assert good[0].record == {
        "location_id": "7",
        "location": "Reno",
        "timestamp": "t",
        "date": "d",
        "sku": "A",
        "available": "1",
    }


def test_quoted_newlines_keep_line_numbers_right(read: Read) -> None:
    content = as_csv(
        [HEADER, ["t", "7", "two\nlines", "1"], ["t", "7", "short"], ["t", "7", "C", "3"]]
    )
    good, rejected = read("a.csv", content, "inventory")
    assert [(row.line, row.record["sku"]) for row in good] == [(2, "two\nlines"), (5, "C")]
    assert [(row.line, row.reason, row.raw) for row in rejected] == [
        (4, "3 fields where the header has 4", "t,7,short\r\n")
    ]


@given(
    cells=st.lists(
        st.tuples(*[st.text(st.characters(exclude_categories=["Cs"]), max_size=6)] * 2), max_size=6
    ),
    delimiter=st.sampled_from(",;\t|"),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_content_comes_through(
    read: Read, cells: list[tuple[str, str]], delimiter: str
) -> None:
    names = [*HEADER, "product_title", "variant_title"]
    rows = [["t", "7", "A", "1", *pair] for pair in cells]
    content = as_csv([names, *rows], delimiter=delimiter, quoting=csv.QUOTE_ALL)
    good, rejected = read("a.csv", content, "inventory")
    assert rejected == []
    assert [[row.record[name] or "" for name in names] for row in good] == rows


def test_lines_may_end_with_a_carriage_return(read: Read) -> None:
    content = b"timestamp,location_id,sku,available\r2026-01-01,1,A,5\r2026-01-01,1,B\r"
    good, rejected = read("a.csv", content, "inventory")
    assert [(row.line, row.record["available"]) for row in good] == [(2, "5")]
    assert [row.line for row in rejected] == [3]


def test_a_lone_carriage_return_is_said_without_python_s_words(read: Read) -> None:
    content = as_csv([HEADER, ["t", "7", "A", "1"]]) + b"t,7,B\rx,1\n"
    _, rejected = read("a.csv", content, "inventory")
    assert [(row.line, row.reason) for row in rejected] == [
        (3, "not CSV: a carriage return outside of quotes, where other lines end with a newline")
    ]


def test_rows_without_anything_are_no_rows(read: Read) -> None:
    content = as_csv([HEADER, ["t", "7", "A", "1"], ["", "", "", ""], [" "], ["", ""]])
    good, rejected = read("a.csv", content, "inventory")
    assert [row.record["sku"] for row in good] == ["A"]
    assert rejected == []


def test_a_first_column_called_pk_does_not_make_a_zip(read: Read) -> None:
    good, _ = read("a.csv", as_csv([["PK", *HEADER], ["1", "t", "7", "A", "1"]]), "inventory")
    assert [row.record["sku"] for row in good] == ["A"]


def test_bad_rows_are_rejected_with_line_and_reason(read: Read) -> None:
    content = b"\n".join(
        [
            b"timestamp,location_id,sku,available",
            b"t,7,A,1",
            b't,7,"B"x,1',
            b"t, ,C,1",
            b"",
            b"t,7,D,1,2",
            b"t,7,E,5",
        ]
    )
    good, rejected = read("a.csv.gz", gzip.compress(content), "inventory")
    assert [row.record["sku"] for row in good] == ["A", "E"]
    assert [row.line for row in rejected] == [3, 4, 6]
    assert rejected[1].reason == "empty: location_id"
    assert rejected[2].raw == "t,7,D,1,2\n"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no header line"),
        (b"timestamp,sku,available\n", "missing column: location_id"),
        (b"timestamp,location_id\n", r"missing column: sku\|product_title, available"),
        (b'"a"b,c\n', "header is not CSV"),
        (b"timestamp,location_id,sku,available,\n", "column 5 has no name"),
        (b"timestamp,location_id,sku,qty,stock\n", "there twice: available"),
        (b'timestamp,location_id,sku,qty\nt,7,"A,1\nt,7,B,1\n', "quote opened at line 2"),
        ("timestamp,location_id,sku,qty\nt,7,é,1\n".encode("latin-1"), "byte 34 .line 2. is not"),
    ],
)
def test_a_bad_file_is_refused_whole(read: Read, content: bytes, reason: str) -> None:
    with pytest.raises(BadFileError, match=reason):
        read("a.csv", content, "inventory")


@pytest.mark.parametrize("name", ["a.xlsx", "a", "a.txt.gz", "a.gz", ".json", "a.csv.bak"])
def test_an_unknown_kind_of_file_is_refused(read: Read, name: str) -> None:
    with pytest.raises(BadFileError, match=r"unknown kind of file: use \.json"):
        read(name, b"timestamp,location_id,sku,qty\n", "inventory")


def test_an_encoding_stands_in_the_name(read: Read) -> None:
    content = "timestamp,location_id,sku,qty\n2026-01-01,7,é,1\n"
    for name in ("a.windows-1252.csv", "a.latin1.csv.gz", "a.us.csv", "2026.01.csv"):
        encoding = "utf-8" if name in ("a.us.csv", "2026.01.csv") else "windows-1252"
        raw = content.encode(encoding)
        good, _ = read(name, gzip.compress(raw) if name.endswith(".gz") else raw, "inventory")
        assert good[0].record["sku"] == "é"
    with pytest.raises(BadFileError, match="encoding windows-9999, which does not exist"):
        read("a.windows-9999.csv", b"", "inventory")


def test_many_columns_take_a_second(read: Read) -> None:
    """They took days: each name was looked for in the list of all."""
    names = ",".join(f"c{number}" for number in range(300_000))
    good, _ = read("a.csv", f"timestamp,session_id,event,{names}\n".encode(), "clickstream")
    assert good == []
    with pytest.raises(BadFileError, match="column is there twice: c0, c1, c10"):
        read("a.csv", f"timestamp,session_id,event,{names},{names}\n".encode(), "clickstream")
