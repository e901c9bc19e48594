"""A real shop's order and inventory files, dropped as they are, land whole and unchanged."""

import gzip
from pathlib import Path

import orjson
import pytest

from scripts import settings
from scripts.files.land import Landed, land_files
from scripts.landing.store import Store

ORDERS = ("shopify_orders_2024-12-09.jsonl", "shopify_orders_2024-12-16.jsonl")
INVENTORY = "shopify_inventory_and_products.jsonl"


@pytest.fixture
def store(s3_environment: dict[str, str]) -> Store:
    return Store(settings.s3())


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def landed_texts(store: Store, stream: str) -> list[tuple[str, str]]:
    """(id, the record's own text) of what the manifests name."""
    found = []
    for key in store.list(f"landing/_manifests/files/{stream}/"):
        for file in orjson.loads(store.read(key))["files"]:
            for line in gzip.decompress(store.read(file["path"])).decode().splitlines():
                text = line.partition(',"record":')[2].removesuffix("}")
                found.append((orjson.loads(line)["_id"], text))
    return found


def test_every_order_and_count_of_the_real_shop_lands_as_it_is(
    store: Store, real_data: Path
) -> None:
    folder = real_data / "shopify_store"
    for name in ORDERS:
        store.upload(folder / name, f"dropzone/shopify_orders/{name}")
    store.upload(folder / INVENTORY, f"dropzone/inventory/{INVENTORY}")

    done = list(land_files(store, ""))

    assert done == [Landed("inventory", 1, 28, 0, 0), Landed("shopify_orders", 2, 3, 0, 0)]
    orders = landed_texts(store, "shopify_orders")
    originals = [line for name in ORDERS for line in lines(folder / name)]
    assert [text for _, text in orders] == originals
    assert [key for key, _ in orders] == [str(orjson.loads(line)["id"]) for line in originals]
    assert [text for _, text in landed_texts(store, "inventory")] == lines(folder / INVENTORY)
    assert list(store.list("landing/files/rejected/")) == []
