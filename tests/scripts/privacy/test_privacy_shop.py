"""shop/redact on a real S3 server: what came from the shop goes, what others sent stays."""

import gzip

import orjson
import pytest
from lake import landed, manifests
from local_service import Service

from scripts.alerts.incidents import tell
from scripts.errors import FatalError
from scripts.landing.store import Store
from scripts.landing.writer import LandingWriter
from scripts.privacy import shop
from scripts.privacy.shop import redact_shop

SHOP = "fern.myshopify.com"


def land(store: Store, source: str, stream: str, *records: dict) -> None:
    with LandingWriter(store, source, stream, "test") as writer:
        for record in records:
            writer.write(str(record["id"]), record)
        writer.finish(None, "2026-11-01T00:00:00.000000Z")


@pytest.fixture
def pulled(store: Store) -> Store:
    land(store, "shopify", "shop", {"id": "gid://shopify/Shop/1", "myshopifyDomain": SHOP})
    land(store, "shopify", "orders", {"id": 1, "email": "jane@home.example"})
    land(store, "files", "shopify_orders", {"id": 2, "email": "bob@home.example"})
    land(store, "stripe", "charges", {"id": "ch_1", "receipt_email": "jane@home.example"})
    store.create("state/shopify/orders/0000000001.json", {"cursor": "x"})
    store.create("state/stripe/charges/0000000001.json", {"cursor": "x"})
    store.create("dropzone/shopify_orders/a.json", {"email": "bob@home.example"})
    store.create("landing/shopify/orders/dt=2026-11-01/killed/part-00000.jsonl.gz", {"id": 3})
    return store


def test_the_shop_goes_and_the_rest_stays(pulled: Store) -> None:
    request = redact_shop(pulled, SHOP)
    keys = list(pulled.list(""))
    gone = ("landing/shopify/", "landing/files/shopify_orders/", "state/shopify/", "dropzone/")
    assert [key for key in keys if key.startswith(gone)] == []
    assert b"bob@home" not in b"".join(pulled.read(key) for key in keys)
    (orders,) = manifests(pulled, "shopify", "orders")
    assert (orders["files"], orders["rows"], orders["redacted"]) == ([], 0, [request])
    assert [row["record"]["id"] for row in landed(pulled, "stripe", "charges")] == ["ch_1"]
    assert "state/stripe/charges/0000000001.json" in keys
    note = orjson.loads(pulled.read(f"privacy/{request}.json"))
    assert note["kind"] == "shop/redact"
    assert {(run["source"], run["stream"]) for run in note["runs"]} == {
        ("shopify", "shop"),
        ("shopify", "orders"),
        ("files", "shopify_orders"),
    }
    assert [key for key in keys if key.startswith("state/privacy/")] == []


def test_what_was_wrong_with_the_shop_is_forgotten_and_can_be_told_anew(
    pulled: Store, slack_server: Service, slack_webhook: str
) -> None:
    wrong = {"kind": "stock_out", "subject": "TEE", "severity": "warning", "day": "2026-11-20"}
    line = {"incidents": [{**wrong, "sentence": "Nightingale tee is out of stock"}]}
    pulled.create("alerts/anomalies/20261120T100000Z/part-0.txt", line)
    assert tell(pulled, slack_webhook) == 1
    redact_shop(pulled, SHOP)
    assert b"Nightingale" not in b"".join(pulled.read(key) for key in pulled.list(""))
    pulled.create("alerts/anomalies/20261121T100000Z/part-0.txt", line)
    assert tell(pulled, slack_webhook) == 1


def test_another_name_deletes_nothing(pulled: Store) -> None:
    before = list(pulled.list(""))
    with pytest.raises(FatalError, match="not 'oak"):
        redact_shop(pulled, "oak.myshopify.com")
    assert list(pulled.list("")) == before


def test_nothing_pulled_is_said(store: Store) -> None:
    with pytest.raises(FatalError, match="nothing to delete"):
        redact_shop(store, SHOP)


def test_a_call_that_died_is_gone_on_with(pulled: Store, monkeypatch) -> None:
    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(shop, "put", dies)
        with pytest.raises(KeyboardInterrupt):
            redact_shop(pulled, SHOP)
    work = orjson.loads(pulled.read("state/privacy/shop.json"))
    assert redact_shop(pulled, SHOP) == work["request"]
    (orders,) = manifests(pulled, "shopify", "orders")
    assert orders["redacted"] == [work["request"]]
    assert all(
        b"jane" not in gzip.decompress(pulled.read(k)) for k in pulled.list("landing/shopify/")
    )
