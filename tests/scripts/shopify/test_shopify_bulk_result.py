"""Joining the lines of a bulk result: any order of lines, what is damaged, bounded memory."""

import subprocess
import sys
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.shopify.bulk_result import CountError, joined
from scripts.shopify.streams import Bulk, Nested

ORDERS = Bulk((Nested("Order", "LineItem", "lineItems"), Nested("LineItem", "Tax", "taxes")))


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def lines_of(shape: list[list[int]]) -> list[dict[str, Any]]:
    """An order for each entry, a line for each of its numbers, so many taxes of that line."""
    found: list[dict[str, Any]] = []
    number = 0
    for order, lines in enumerate(shape):
        found.append({"id": gid("Order", order)})
        for taxes in lines:
            number += 1
            line = gid("LineItem", number)
            found.append({"id": line, "__parentId": gid("Order", order)})
            for tax in range(taxes):
                found.append({"id": gid("Tax", 1000 * number + tax), "__parentId": line})
    return found


def written(folder: Path, lines: list[dict[str, Any]]) -> Path:
    path = folder / "result.jsonl"
    path.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    return path


@given(st.lists(st.lists(st.integers(0, 3), max_size=4), max_size=6), st.integers())
@settings(max_examples=60)
def test_children_find_their_parents_in_any_order(shape: list[list[int]], seed: int) -> None:
    lines = lines_of(shape)
    shuffled = sorted(lines, key=lambda line: line["id"])
    Random(seed).shuffle(shuffled)
    with TemporaryDirectory() as folder:
        path = written(Path(folder), shuffled)
        found = list(joined(path, ORDERS, len(lines), len(shape)))
    assert {record["id"] for record in found} == {gid("Order", n) for n in range(len(shape))}
    for record in found:
        expected = shape[int(record["id"].rpartition("/")[2])]
        taxes = [len(line["taxes"]["nodes"]) for line in record["lineItems"]["nodes"]]
        assert sorted(taxes) == sorted(expected)
        assert "__parentId" not in orjson.dumps(record).decode()


def test_lines_keep_the_order_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, lines_of([[0] * 20, [0] * 3]))
    first, _ = joined(path, ORDERS, 25, 2)
    numbers = [int(line["id"].rpartition("/")[2]) for line in first["lineItems"]["nodes"]]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize(
    ("lines", "objects", "roots", "message"),
    [
        (lines_of([[1]]), 4, 1, "has 3 objects, 1 of them root objects, but Shopify counted 4"),
        (lines_of([[1]]), 3, 2, "counted 3 and 2"),
        ([*lines_of([[1]])[1:], {"id": gid("Order", 9)}], 3, 1, "lacks gid://shopify/Order/0"),
        ([{"name": "no id"}], 1, 1, "line 1 of the bulk result is damaged"),
        ([None], 1, 1, "line 1 of the bulk result is damaged"),
        ([{"id": gid("Order", 1)}] * 2, 2, 2, "holds 1 root objects twice"),
        (
            [{"id": gid("Order", 1)}, {"id": gid("Fee", 1), "__parentId": gid("Order", 1)}],
            2, 1, "belongs to no connection",
        ),
    ],
)  # fmt: skip
def test_what_is_not_whole_is_an_error(
    tmp_path: Path, lines: list[dict[str, Any]], objects: int, roots: int, message: str
) -> None:
    with pytest.raises(CountError, match=message):
        list(joined(written(tmp_path, lines), ORDERS, objects, roots))


def test_a_cut_last_line_is_an_error(tmp_path: Path) -> None:
    path = written(tmp_path, lines_of([[0, 0]]))
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(CountError, match="line 3 of the bulk result is damaged"):
        list(joined(path, ORDERS, 3, 1))


def test_an_empty_line_is_no_object(tmp_path: Path) -> None:
    path = written(tmp_path, lines_of([[0], [0]]))
    path.write_bytes(path.read_bytes().replace(b"\n", b"\n\r\n") + b"\n")
    found = list(joined(path, ORDERS, 4, 2))
    assert [len(record["lineItems"]["nodes"]) for record in found] == [1, 1]


PEAK = """
import sys, tracemalloc
from pathlib import Path
from scripts.shopify.bulk_result import joined
from scripts.shopify.streams import Bulk, Nested
orders = int(sys.argv[2])
bulk = Bulk((Nested("Order", "LineItem", "lineItems"), Nested("LineItem", "Tax", "taxes")))
tracemalloc.start()
assert sum(1 for _ in joined(Path(sys.argv[1]), bulk, 3 * orders, orders)) == orders
print(tracemalloc.get_traced_memory()[1])
"""


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(orders: int) -> int:
        """Bytes, in a process of its own: the threads of other tests allocate in this one."""
        folder = tmp_path / str(orders)
        folder.mkdir()
        path = written(folder, lines_of([[0, 0]] * orders))
        done = subprocess.run(
            [sys.executable, "-c", PEAK, path, str(orders)], check=True, capture_output=True
        )
        return int(done.stdout)

    small, large = peak(5_000), peak(20_000)
    assert large < 1.2 * small
