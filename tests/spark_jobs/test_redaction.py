"""A person who asked to be deleted, searched for in every byte that is left."""

import gzip
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet
import pytest
from folder_store import FolderStore
from shopify_records import graphql_order
from stream_records import BORN, SHOPIFY, STRIPE

from scripts.privacy.request import redact
from scripts.privacy.shop import redact_shop
from spark_jobs.gold.marts import MARTS
from spark_jobs.privacy.redact import run

CUSTOMER = "770000000001"
NAME, LAST, EMAIL = "Canarina", "Vogelsang", "canarina.v@aviary.example"
PHONE, STREET = "+15551230987", "7 Nightingale Lane"
CANARIES = [NAME, LAST, "aviary", PHONE, "Nightingale", BORN, CUSTOMER]
GID = f"gid://shopify/Customer/{CUSTOMER}"
AT = "2026-10-05T12:00:00Z"
ADDRESS = {
    "firstName": NAME,
    "lastName": LAST,
    "name": f"{NAME} {LAST}",
    "address1": STREET,
    "city": "Birdville",
    "phone": PHONE,
    "provinceCode": "NY",
    "countryCodeV2": "US",
}


# Silver and gold are built twice, and every table is vacuumed.
pytestmark = pytest.mark.timeout(900)
SHOP = "fern.myshopify.com"
OLD = "as_of_date = DATE '2026-01-01'"
WANTED = ("sales", "daily_revenue", "customer_segments")


class ReadableStore(FolderStore):
    """With the calls of scripts.landing.store.Store that redaction makes."""

    def list(self, prefix: str, after: str = "") -> Iterator[str]:
        keys = (str(p.relative_to(self.folder)) for p in self.folder.rglob("*") if p.is_file())
        yield from sorted(key for key in keys if key.startswith(prefix))

    def read(self, key: str) -> bytes:
        return (self.folder / key).read_bytes()

    def etags(self, prefix: str) -> Iterator[tuple[str, str, int]]:
        for key in self.list(prefix):
            yield key, "etag", (self.folder / key).stat().st_size

    def exists(self, key: str) -> bool:
        return (self.folder / key).exists()

    def delete(self, keys: Sequence[str]) -> None:
        for key in keys:  # S3 answers 204 for a key that is not there
            (self.folder / key).unlink(missing_ok=True)


def customer(identifier: str, first: str, last: str, email: str) -> dict:
    return {
        "id": f"gid://shopify/Customer/{identifier}",
        "firstName": first,
        "lastName": last,
        "createdAt": AT,
        "updatedAt": AT,
        "defaultEmailAddress": {"emailAddress": email, "marketingState": "SUBSCRIBED"},
        "defaultPhoneNumber": {"phoneNumber": PHONE if first == NAME else "+15559990000"},
        "defaultAddress": ADDRESS if first == NAME else None,
        "note": f"Call {first} in the evening",
    }


def order(number: int, **more) -> dict:
    return graphql_order(number, AT, "10.00", 2, totalPriceSet=total(), **more)


def total() -> dict:
    return {"shopMoney": {"amount": "20.00", "currencyCode": "USD"}}


@pytest.fixture(scope="module")
def lab(new_lab):
    with pytest.MonkeyPatch.context() as patched:
        wanted = tuple(mart for mart in MARTS if mart.name in WANTED)
        patched.setattr("spark_jobs.gold.job.MARTS", wanted)
        yield redacted(new_lab())


def redacted(lab):
    """Her records landed and built, then her request carried out."""
    hers = {"customer": {"id": GID}, "email": EMAIL, "shippingAddress": ADDRESS}
    other = {"customer": {"id": "gid://shopify/Customer/2"}, "email": "bob@else.example"}
    lab.land("shopify", "customers", [customer(CUSTOMER, NAME, LAST, EMAIL)])
    lab.land("shopify", "customers", [customer("2", "Bob", "Other", "bob@else.example")])
    lab.land("shopify", "orders", [order(1, **hers, note=f"for {NAME}"), order(2, **other)])
    lab.land("shopify", "orders", [order(3, email=EMAIL.upper(), customer=None)])
    # Refused for its missing date: it lies in the quarantine.
    lab.land("shopify", "orders", [{**order(4, **hers), "processedAt": None, "createdAt": None}])
    charge = {
        "id": "ch_1",
        "object": "charge",
        "created": int(datetime(2026, 10, 5, tzinfo=UTC).timestamp()),
        "amount": 2000,
        "amount_captured": 2000,
        "amount_refunded": 0,
        "currency": "usd",
        "status": "succeeded",
        "captured": True,
        "refunded": False,
        "billing_details": {"name": f"{NAME} {LAST}", "email": EMAIL, "phone": PHONE},
        "receipt_email": EMAIL,
        "metadata": {"shopify_order_id": "1", "shopify_customer_id": CUSTOMER},
    }
    lab.land("stripe", "charges", [charge])
    lab.land(
        "stripe",
        "customers",
        [
            {
                "id": "cus_1",
                "object": "customer",
                "created": charge["created"],
                "email": EMAIL,
                "name": f"{NAME} {LAST}",
                "metadata": {"shopify_customer_id": CUSTOMER},
            }
        ],
    )
    lab.land(
        "files",
        "clickstream",
        [
            {
                "id": 1,
                "timestamp": AT,
                "session_id": "s",
                "event": "x",
                "customer_id": CUSTOMER,
                "email": EMAIL,
                "page": f"/hello?email={EMAIL}",
            }
        ],
        sources=[{"file": "clickstream/day.jsonl", "rows": 1}],
    )
    lab.land(
        "files",
        "rejected",
        [
            {
                "id": 1,
                "dataset": "shipping",
                "file": "f.csv",
                "line": 3,
                "reason": "no carrier",
                "raw": f"1,{NAME} {LAST},{STREET},{EMAIL}",
            }
        ],
    )
    for stream in ("draft_orders", "customer_metafields"):
        lab.land("shopify", stream, [SHOPIFY[stream]])
    lab.land("stripe", "payment_methods", [STRIPE["payment_methods"]])
    lab.build("daily_revenue", "customer_segments")
    # A day long ago: her, and somebody whom the shop has merged into another customer since.
    segments = lab.lake.name("gold", "customer_segments")
    lab.lake.spark.sql(
        f"INSERT INTO {segments} SELECT DATE '2026-01-01', customer, "
        f"s.* EXCEPT (as_of_date, customer_id) FROM (SELECT * FROM {segments} LIMIT 1) AS s "
        f"LATERAL VIEW explode(array('{CUSTOMER}', '2', '3')) AS customer"
    )
    lab.before = lab.rows("gold.daily_revenue", order="date")
    assert set(CANARIES) <= set(found(lab.folder))
    lab.request = redact(ReadableStore(lab.folder), CUSTOMER)
    lab.done = run(lab.lake, "America/New_York")
    return lab


def test_no_byte_of_the_bucket_names_her(lab):
    assert lab.done == 1
    assert found(lab.folder) == {}


def test_money_and_counts_are_what_they_were(lab):
    assert lab.rows("gold.daily_revenue", order="date") == lab.before


def test_the_others_are_untouched(lab):
    (bob,) = lab.rows("silver.customers", "customer_id = '2'")
    assert (bob["first_name"], bob["email"]) == ("Bob", "bob@else.example")


def test_the_audit_says_that_it_was_done_and_not_of_whom(lab):
    (row,) = lab.rows("gold.privacy_requests")
    assert row["request"] == lab.request
    assert CUSTOMER not in str(row)
    assert run(lab.lake, "America/New_York") == 0


def test_older_days_of_customers_have_neither_her_nor_two_of_one_id(lab):
    known = {row["customer_id"] for row in lab.rows("gold.customer_segments", OLD)}
    assert len(known) == 3
    assert known & {CUSTOMER, "2", "3"} == {"2"}


def test_silver_still_has_each_row_of_hers_without_her(lab):
    (draft,) = lab.rows("silver.draft_orders")
    assert str(draft["total"]) == "24.44"
    assert draft["customer_id"].startswith("redacted-")
    (field,) = lab.rows("silver.metafields")
    assert (field["key"], field["value"]) == ("born", None)
    (link,) = lab.rows("silver.customer_links")
    assert link["customer_id"] == draft["customer_id"]


def test_the_whole_shop_goes_and_stripe_stays(lab):
    """The last test: it empties the lab."""
    lab.land("shopify", "shop", [{"id": "gid://shopify/Shop/1", "myshopifyDomain": SHOP}])
    redact_shop(ReadableStore(lab.folder), SHOP)
    assert run(lab.lake, "America/New_York") == 1
    for table in ("silver.orders", "silver.customers", "gold.sales", "gold.customer_segments"):
        assert lab.rows(table) == []
    assert [row["id"] for row in lab.rows("silver.stripe_charges")] == ["ch_1"]
    assert found(lab.folder, ("bob@else.example", SHOP)) == {}


def found(folder: Path, canaries: Sequence[str] = CANARIES) -> dict[str, list[str]]:
    """Canary -> the files that hold it, compressed or not."""
    hits: dict[str, list[str]] = {}
    for path in folder.rglob("*"):
        if path.is_file():
            text = readable(path).lower()
            for canary in canaries:
                if canary.lower().encode() in text:
                    hits.setdefault(canary, []).append(str(path.relative_to(folder)))
    return hits


def readable(path: Path) -> bytes:
    data = path.read_bytes()
    if path.suffix == ".gz":
        return gzip.decompress(data)
    if data[:4] == b"PAR1":
        return data + str(pyarrow.parquet.read_table(path).to_pylist()).encode()
    if data[:2] == b"\x78\x9c":
        return zlib.decompress(data)
    return data
