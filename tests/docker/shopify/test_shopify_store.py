import sqlite3
from pathlib import Path

import pytest

from docker.shopify.store import Store, gid_number, gid_type


def document(number: int, updated: str, **more: object) -> dict[str, object]:
    return {"id": f"gid://shopify/Order/{number}", "updatedAt": updated, **more}


def test_committed_documents_survive_reopening_in_update_order(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.sqlite")
    store.put(document(1, "2026-01-03T00:00:00Z"))
    store.put(document(2, "2026-01-01T00:00:00Z"))
    store.put(document(3, "2026-01-02T00:00:00Z"))
    store.commit()
    store.put(document(4, "2026-01-04T00:00:00Z"))  # never committed: never acknowledged
    again = Store(tmp_path / "s.sqlite")
    assert [number for _, number in again.entries("Order", "updatedAt")] == [2, 3, 1]


def test_an_update_moves_a_document_and_a_delete_takes_it_out(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.sqlite")
    first = document(1, "2026-01-01T00:00:00Z")
    store.put(first)
    store.put(document(2, "2026-01-02T00:00:00Z"))
    first["updatedAt"] = "2026-01-03T00:00:00Z"
    store.put(first)
    assert [number for _, number in store.entries("Order", "updatedAt")] == [2, 1]
    store.delete("gid://shopify/Order/2")
    store.commit()
    assert [number for _, number in store.entries("Order", "id")] == [1]
    assert Store(tmp_path / "s.sqlite").get("gid://shopify/Order/2") is None


def test_parts_are_found_through_their_document(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.sqlite")
    part = {"id": "gid://shopify/Refund/9", "note": "x"}
    store.put(document(1, "2026-01-01T00:00:00Z", refunds=[part]))
    assert store.get("gid://shopify/Refund/9") == part
    owner = store.owner("gid://shopify/Refund/9")
    assert owner is not None
    assert owner["id"] == "gid://shopify/Order/1"


def test_ids_grow_over_restarts(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.sqlite")
    first = store.next_id("Order")
    store.put({"id": first})
    store.commit()
    assert gid_number(Store(tmp_path / "s.sqlite").next_id("Order")) > gid_number(first)


def test_gids_with_parameters() -> None:
    gid = "gid://shopify/InventoryLevel/7?inventory_item_id=9"
    assert (gid_type(gid), gid_number(gid)) == ("InventoryLevel", 7)
    assert gid_type("not-a-gid") == ""


def test_a_full_disk_is_an_error_and_nothing_is_forgotten(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.sqlite")
    pages = store._db.execute("pragma page_count").fetchone()[0]
    store._db.execute(f"pragma max_page_count = {pages + 1}")
    store.put(document(1, "2026-01-01T00:00:00Z", note="x" * 100_000))
    with pytest.raises(sqlite3.OperationalError, match="full"):
        store.commit()
    store._db.execute("pragma max_page_count = 1000000")
    store.put(document(2, "2026-01-02T00:00:00Z"))
    store.commit()
    assert Store(tmp_path / "s.sqlite").count("Order") == 2
