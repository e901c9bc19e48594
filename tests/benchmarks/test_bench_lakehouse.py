"""The lakehouse suite refuses to compare what is not the same, and its orders are what they say."""

import gzip
import json
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks import lakehouse_orders
from benchmarks.lakehouse_orders import land, land_changes, order
from benchmarks.lakehouse_suite import (
    OURS,
    DifferentRevenueError,
    Landed,
    Played,
    beside,
    check_same,
    entry,
    fitting,
    slope,
)
from benchmarks.measure import Command, Measured


def pulls(*days: dict[str, str], seconds: float = 1.0) -> list[dict]:
    spent = {"bronze": seconds, "silver": 2 * seconds}
    return [{"seconds": spent, "cpu_seconds": spent, "daily_revenue": list(days)} for _ in range(3)]


def test_another_cent_is_refused() -> None:
    a, b = {"date": "2024-01-01", "returns": "1.00"}, {"date": "2024-01-01", "returns": "1.01"}
    check_same({"x": pulls(a), "y": pulls(a)})
    with pytest.raises(DifferentRevenueError, match="x and y differ on 1 days"):
        check_same({"x": pulls(a), "y": pulls(b)})
    with pytest.raises(DifferentRevenueError, match="2 days"):
        check_same({"x": pulls(a), "y": pulls(a, a)})


def test_ours_is_compared_with_the_faster_peer() -> None:
    def played(seconds: float) -> dict:
        return entry([Played(Measured(20.0, 9.0, 100.0), pulls(seconds=seconds))], 300)

    entries = {OURS: played(2.0), "quick": played(1.0), "slow": played(4.0)}
    assert entries[OURS]["seconds"] == 6.0
    assert entries[OURS]["rows_per_second"] == 50
    assert entries[OURS]["other_seconds"] == 2.0
    assert beside(entries) == {
        "faster_peer": "quick",
        "seconds_times": 2.0,
        "cpu_seconds_times": 2.0,
        "changed_seconds_times": 2.0,
        "changed_cpu_seconds_times": 2.0,
    }
    bigger = {"contestants": {OURS: played(10.0)}}
    assert slope({"contestants": entries}, bigger)[OURS]["seconds"] == 0.5


def test_who_would_need_more_memory_than_there_is_is_left_out() -> None:
    def command(landed: Landed, folder: Path) -> Command:
        return Command([])

    all_three = {OURS: command, "small": command, "big": command}
    said = Console(record=True)
    assert fitting(all_three, {}, said) == all_three
    held = {OURS: 10.0**9, "small": 1.0, "big": 10.0**9}
    smaller = {"contestants": {name: {"peak_mib": peak} for name, peak in held.items()}}
    assert fitting(all_three, smaller, said).keys() == {OURS, "small"}
    assert "big is left out" in said.export_text()


def test_landed_orders_are_promised_by_manifests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lakehouse_orders, "PULL", 100)
    assert land(tmp_path, 250) > 250_000
    land_changes(tmp_path, 250, version=2, count=10)
    found: Counter[str] = Counter()
    manifests = sorted((tmp_path / "landing/_manifests/shopify/orders").glob("*.json"))
    for path in manifests:
        manifest = json.loads(path.read_bytes())
        for file in manifest["files"]:
            lines = gzip.decompress((tmp_path / file["path"]).read_bytes()).splitlines()
            assert len(lines) == file["rows"]
            found.update(json.loads(line)["_id"] for line in lines)
    assert len(manifests) == 4
    assert len(found) == 250
    assert found.total() > 260  # later versions


def test_a_later_version_is_the_same_order_changed() -> None:
    first, later = order(41), order(41, version=2)
    assert order(41) == first
    assert later["lineItems"] == first["lineItems"]
    assert later["updatedAt"] > first["updatedAt"]
    assert len(later["refunds"]) == 2


@pytest.mark.parametrize("number", range(60))
def test_an_order_adds_up(number: int) -> None:
    made = order(number, version=number % 3)

    def money(bag: dict) -> Decimal:
        return Decimal(bag["shopMoney"]["amount"])

    lines = made["lineItems"]["nodes"]
    prices = sum(money(x["originalUnitPriceSet"]) * x["quantity"] for x in lines)
    cut = sum(money(d["allocatedAmountSet"]) for x in lines for d in x["discountAllocations"])
    tax = sum(money(t["priceSet"]) for x in lines for t in x["taxLines"])
    shipping = sum(money(s["discountedPriceSet"]) for s in made["shippingLines"]["nodes"])
    assert money(made["totalTaxSet"]) == tax
    on_top = 0 if made["taxesIncluded"] else tax
    assert money(made["totalPriceSet"]) == prices - cut + on_top + shipping
