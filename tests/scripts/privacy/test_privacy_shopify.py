"""Shopify's compliance webhooks: the signature, the topics, what is stored of a customer."""

import base64
import gzip
import hashlib
import hmac
import subprocess
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from lake import run_script
from local_service import Service

from scripts.landing.claims import claim
from scripts.landing.store import Store
from scripts.landing.writer import LandingWriter
from scripts.privacy.report import report
from scripts.privacy.request import redact
from scripts.privacy.shopify import RefusedError, parse

SECRET = "secret-of-the-app"
CUSTOMER = {"id": 77001, "email": "Jane@home.example", "phone": "+15550100"}
BODY = orjson.dumps({"shop_domain": "fern.myshopify.com", "customer": CUSTOMER})


def signed(body: bytes = BODY, topic: str = "customers/redact", secret: str = SECRET) -> dict:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return {
        "x-shopify-hmac-SHA256": [base64.b64encode(digest).decode()],
        "X-Shopify-Topic": [topic],
    }


def test_what_shopify_signed_is_understood() -> None:
    asked = parse(BODY, signed(), SECRET)
    assert (asked.topic, asked.shop) == ("customers/redact", "fern.myshopify.com")
    assert (asked.customer_id, asked.texts) == ("77001", ("Jane@home.example", "+15550100"))
    for listed in ("orders_to_redact", "orders_requested"):
        body = orjson.dumps({"customer": CUSTOMER, listed: [299938, 280263]})
        assert parse(body, signed(body), SECRET).orders == ("299938", "280263")
    shop = orjson.dumps({"shop_domain": "fern.myshopify.com"})
    assert parse(shop, signed(shop, "shop/redact"), SECRET).customer_id == ""


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (BODY, {}, 401),
        (BODY, signed(secret="another"), 401),
        (BODY + b" ", signed(), 401),
        (BODY, {**signed(), "x-shopify-hmac-SHA256": ["é"]}, 401),
        (BODY, signed(topic="orders/create"), 400),
        (b"{}", signed(b"{}"), 400),
        (b"[1]", signed(b"[1]"), 400),
        (b"no JSON", signed(b"no JSON"), 400),
        (b'{"customer": "1"}', signed(b'{"customer": "1"}'), 400),
    ],
)
def test_others_are_refused(body: bytes, headers: dict, status: int) -> None:
    with pytest.raises(RefusedError) as error:
        parse(body, headers, SECRET)
    assert error.value.status == status


def land(store: Store) -> None:
    with LandingWriter(store, "stripe", "charges", "v") as writer:
        writer.write("ch_1", {"id": "ch_1", "receipt_email": "jane@home.example", "amount": 900})
        writer.write("ch_2", {"id": "ch_2", "receipt_email": "john@home.example", "amount": 100})
        writer.finish(None, None)


def test_a_report_holds_what_is_the_customers(store: Store) -> None:
    land(store)
    key, count = report(store, "77001", ("Jane@home.example",))
    rows = [orjson.loads(line) for line in gzip.decompress(store.read(key)).splitlines()]
    assert [row["record"]["id"] for row in rows] == ["ch_1"]
    assert count == 1


def test_the_email_that_shopify_names_is_looked_for(
    store: Store, s3_environment: dict[str, str], tmp_path: Path
) -> None:
    land(store)
    (tmp_path / "body").write_bytes(BODY)
    given = {**s3_environment, "SHOPIFY_API_SECRET": SECRET}
    headers = base64.b64encode(orjson.dumps(signed())).decode()
    arguments = ("--body", str(tmp_path / "body"), "--headers", headers)
    first = run_script("privacy_request", given, *arguments)
    assert first.returncode == 0, first.stderr
    assert '"status": 200' in first.stdout
    assert '"redact": true' in first.stdout
    again = run_script("privacy_request", given, *arguments)
    assert '"redact": false' in again.stdout
    assert "home.example" not in first.stdout + first.stderr + again.stdout
    redact(store, "77001")
    parts = b"".join(gzip.decompress(store.read(key)) for key in store.list("landing/stripe/"))
    assert b"jane" not in parts
    assert b"john" in parts
    assert [key for key in store.list("state/privacy/") if "requests" not in key] == []


def sent(
    given: dict[str, str], folder: Path, body: bytes = BODY, topic: str = "customers/redact"
) -> subprocess.CompletedProcess[str]:
    (folder / "body").write_bytes(body)
    headers = base64.b64encode(orjson.dumps(signed(body, topic))).decode()
    given = {**given, "SHOPIFY_API_SECRET": SECRET}
    return run_script(
        "privacy_request", given, "--body", str(folder / "body"), "--headers", headers
    )


def test_a_request_that_failed_is_taken_when_it_is_sent_again(
    store: Store,
    s3_environment: dict[str, str],
    tmp_path: Path,
    slack_server: Service,
    slack_webhook: str,
) -> None:
    """The first attempt claimed it: Kestra's second then said that it was being worked on."""
    land(store)
    given = {**s3_environment, "SLACK_WEBHOOK_URL": slack_webhook}
    slack_server.admin("POST", "webhook", {"refuses_with": "no_active_hooks"})
    assert sent(given, tmp_path, topic="customers/data_request").returncode == 1
    slack_server.admin("POST", "webhook", {"refuses_with": None})
    again = sent(given, tmp_path, topic="customers/data_request")
    assert "the shop's owner is told" in again.stdout
    repeated = sent(given, tmp_path, topic="customers/data_request")
    assert "taken already" in repeated.stdout


def test_a_request_whose_process_died_is_not_called_done(
    store: Store, s3_environment: dict[str, str], tmp_path: Path
) -> None:
    place = f"state/privacy/requests/{hashlib.sha256(BODY).hexdigest()}/working"
    mine = claim(store, place, timedelta(minutes=10))
    assert mine
    assert '"status": 503' in sent(s3_environment, tmp_path).stdout
    store.delete([mine])
    store.create(mine, {"at": "2026-11-01T00:00:00.000000Z"})
    assert '"redact": true' in sent(s3_environment, tmp_path).stdout


def test_the_email_of_another_shops_customer_says_nothing_of_ours(
    store: Store, s3_environment: dict[str, str], tmp_path: Path
) -> None:
    with LandingWriter(store, "shopify", "shop", "v") as writer:
        writer.write("1", {"id": "gid://shopify/Shop/1", "myshopifyDomain": "oak.myshopify.com"})
        writer.finish(None, None)
    land(store)
    before = [store.read(key) for key in store.list("landing/stripe/")]
    assert sent(s3_environment, tmp_path).returncode == 0
    redact(store, "77001")
    assert [store.read(key) for key in store.list("landing/stripe/")] == before
