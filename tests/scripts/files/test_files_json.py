import json
from itertools import chain, repeat
from pathlib import Path

import pytest
from file_reading import Read
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scripts.files import text
from scripts.files.json_file import json_rows
from scripts.files.rows import BadFileError, Rejected, Row

ORDER = {"id": 1, "created_at": "2026-01-01T00:00:00Z", "currency": "USD", "line_items": []}


def orders(*ids: int) -> list[dict[str, object]]:
    return [{**ORDER, "id": number} for number in ids]


def as_lines(*ids: int) -> bytes:
    return "".join(json.dumps(order) + "\n" for order in orders(*ids)).encode()


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.json", orders(1, 2)),
        ("list.jsonl", orders(1, 2)),
        ("wrapped.json", {"orders": orders(1, 2)}),
        ("wrapped.json", {"data": orders(1, 2), "next": None}),
    ],
)
def test_shapes_of_json(read: Read, name: str, content: object, indent: int | None) -> None:
    good, rejected = read(name, json.dumps(content, indent=indent).encode(), "shopify_orders")
    assert [row.record["id"] for row in good] == [1, 2]
    assert rejected == []


def test_one_object_and_an_empty_list(read: Read) -> None:
    pretty = json.dumps(ORDER, indent=2).encode()
    assert [row.record for row in read("one.json", pretty, "shopify_orders")[0]] == [ORDER]
    assert read("none.json", b" [ ] \n", "shopify_orders") == ([], [])
    assert read("none.jsonl", b"", "shopify_orders") == ([], [])


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.json", "A.JSONL"])
def test_a_record_a_line_under_any_json_name(read: Read, name: str) -> None:
    good, _ = read(name, b"\xef\xbb\xbf" + as_lines(1, 2, 3), "shopify_orders")
    assert [(row.line, row.record["id"]) for row in good] == [(1, 1), (2, 2), (3, 3)]


def test_a_record_a_line_of_which_the_first_is_long(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is at hand of the file was one line then, so the second record was refused."""
    monkeypatch.setattr(text, "CHUNK", 40)
    good, _ = read("a.json", as_lines(1, 2) + b"\n" + as_lines(3), "shopify_orders")
    assert [(row.line, row.record["id"]) for row in good] == [(1, 1), (2, 2), (4, 3)]


def test_text_stays_as_it_was_written(read: Read) -> None:
    line = (
        '{"id": 1234567890123456789012, "created_at":"x", "currency":"USD", '
        '"line_items": [{"price": 1.10, "rate": 1e2, "note": "a\\u00e9 é 😀"}]}'
    )
    good, _ = read("a.jsonl", line.encode() + b"\r\n\r\n", "shopify_orders")
    assert good[0].text == line
    listed, _ = read("a.json", f"[{line},\n{line}]".encode(), "shopify_orders")
    assert [row.text for row in listed] == [line, line]


def test_bad_lines_are_rejected_and_the_good_ones_go_on(read: Read) -> None:
    content = b"".join(
        [as_lines(1), b'{"id": 2, "created_at"\n', b"[3]\n", b"\n", b'{"id": 4}\n', as_lines(5)]
    )
    good, rejected = read("a.jsonl", content, "shopify_orders")
    assert [(row.line, row.record["id"]) for row in good] == [(1, 1), (6, 5)]
    assert [(row.line, row.reason.split(":")[0]) for row in rejected] == [
        (2, "not JSON"),
        (3, "not an object"),
        (5, "missing"),
    ]
    assert rejected[0].raw == '{"id": 2, "created_at"\n'
    assert rejected[2].reason == (
        "missing: created_at|createdAt|processed_at|processedAt, currency|currencyCode, "
        "line_items|lineItems"
    )


def test_an_item_of_a_list_that_is_no_record_is_rejected_with_its_line(read: Read) -> None:
    content = json.dumps([*orders(1), "two", *orders(3)], indent=1).encode()
    good, rejected = read("a.json", content, "shopify_orders")
    assert [row.record["id"] for row in good] == [1, 3]
    line = content.decode().splitlines().index(' "two",') + 1
    assert [(row.line, row.reason, row.raw) for row in rejected] == [
        (line, "not an object", '"two"')
    ]


@pytest.mark.parametrize("odd", [b"NaN", b"-Infinity", b'"\\ud800"'])
@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_what_only_python_takes_for_json_is_one_bad_row(read: Read, name: str, odd: bytes) -> None:
    lines = [as_lines(1), as_lines(2).replace(b"2", odd, 1), as_lines(3)]
    listed = b"[" + b",".join(lines) + b"]" if name == "a.json" else b"".join(lines)
    good, rejected = read(name, listed, "shopify_orders")
    assert [row.record["id"] for row in good] == [1, 3]
    assert [row.reason.partition(":")[0] for row in rejected] == ["not JSON"]


def test_a_line_too_deep_to_be_read_exactly_is_one_bad_row(read: Read) -> None:
    """Its long number asks for Python's own reader, which ended every dataset with a trace."""
    deep = b'{"id": 1e30, "x": ' + b"[" * 1000 + b"]" * 1000 + b"}\n"
    good, rejected = read("a.jsonl", deep + as_lines(2), "shopify_orders")
    assert [row.record["id"] for row in good] == [2]
    assert [row.reason for row in rejected] == ["not JSON: too many brackets in each other"]


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_two_long_numbers_are_not_rounded_to_one(read: Read, name: str) -> None:
    """USPS numbers its parcels with 22 digits."""
    line = '{"carrier": "USPS", "tracking_number": %d}'
    numbers = [9400111899223100001234, 9400111899223100001235]
    lines = [line % number for number in numbers]
    content = f"[{','.join(lines)}]" if name == "a.json" else "\n".join(lines)
    good, _ = read(name, content.encode(), "shipping")
    assert [row.record["tracking_number"] for row in good] == numbers


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"hello", "it is not JSON"),
        (b'[{"id": 1}, {"id": 2', "line 1 is cut off"),
        (b'[{"id": 1},\n{"id": 2}', "cut off or broken at line 2"),
        (b'[{"id": 1} {"id": 2}]', "cut off or broken at line 1"),
        (b'[{"id": 1},]', "cut off or broken"),
        (b'[{"id": 1}] more', "something follows its end"),
        (b'{"orders": [{"id": 1}]', "after its list"),
        (b'{"orders": [{"id": 1}], 3}', "after its list"),
        (b'{"data": [], "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "after its list"),
        (b'{"orders": [{"id": 1}], "data": [{"id": 2}]}', "two lists of records"),
        (b"[" * 100_000, "cut off or broken"),
    ],
)
def test_a_broken_document_is_refused_whole(read: Read, content: bytes, reason: str) -> None:
    with pytest.raises(BadFileError, match=reason):
        read("a.json", content, "shopify_orders")


def test_what_follows_a_list_is_not_kept_without_end() -> None:
    """Ten megabytes may unpack to ten gigabytes: a row of that size is refused as well."""
    mebibyte = "x" * 2**20
    pieces = chain(['{"orders": [], "more": "'], repeat(mebibyte, 80), ['"}'])
    with pytest.raises(BadFileError, match="what follows its list is longer than 64 MB"):
        list(json_rows(pieces, by_lines=False))
    assert len(list(pieces)) == 80 - 64 + 1


numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    found=st.lists(st.dictionaries(st.text(max_size=4), values, max_size=4), max_size=5),
    indent=st.sampled_from([None, 1]),
    size=st.integers(1, 9),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_list_is_read_right_wherever_it_is_cut(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    found: list[dict[str, object]],
    indent: int | None,
    size: int,
) -> None:
    monkeypatch.setattr(text, "CHUNK", size)
    path = tmp_path / "file"
    path.write_text(json.dumps(found, indent=indent))
    rows = list(json_rows(text.chunks(path), by_lines=False))
    assert all(isinstance(row, Row) and "\n" not in row.text for row in rows)
    assert [json.loads(row.text) for row in rows if isinstance(row, Row)] == found


@pytest.mark.parametrize("size", range(1, 9))
def test_a_number_is_not_cut_in_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(text, "CHUNK", size)
    path = tmp_path / "file"
    path.write_text("[1234567, {}]")
    rows = list(json_rows(text.chunks(path), by_lines=False))
    assert rows == [Rejected(1, "not an object", "1234567"), Row(1, "{}", {}, nth=2)]
