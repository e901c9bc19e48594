"""What is stored of a customer, for `customers/data_request`: each landed record that is theirs."""

import gzip
import secrets
import tempfile
from pathlib import Path

import orjson

from scripts.landing.store import Store
from scripts.landing.writer import MANIFESTS
from scripts.privacy.landing import PART, REPORTS, learn_from_landing, records_of
from scripts.privacy.person import Person


def report(
    store: Store, customer_id: str, texts: tuple[str, ...], orders: tuple[str, ...] = ()
) -> tuple[str, int]:
    """(key of a gzip JSON Lines file in the bucket, records in it)."""
    person = Person.asked(customer_id, texts, orders)
    learn_from_landing(store, person)
    key = f"{REPORTS}{secrets.token_hex(8)}{PART}"
    count = 0
    with tempfile.TemporaryDirectory(prefix="ecomm-privacy-") as folder:
        path = Path(folder) / "report"
        with gzip.open(path, "wb") as file:
            for manifest_key in list(store.list(MANIFESTS)):
                for head, record in records_of(store, manifest_key, person):
                    file.write(orjson.dumps({**head, "record": record}) + b"\n")
                    count += 1
        store.upload(path, key)
    return key, count
