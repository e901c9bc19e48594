"""The objects, in SQLite: a table a kind, the rendered JSON as Stripe shows it in each row.

`created` and `seq` give Stripe's order (newest first, stable within a second). A filter is an
index on a JSON path, so that a list of any filter is one range of an index.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

Body = dict[str, Any]

FILTERS: dict[str, tuple[str, ...]] = {
    "account": (),
    "bank_account": (),
    "balance_transaction": ("payout", "source", "type", "currency"),
    "charge": ("customer", "payment_intent", "transfer_group"),
    "checkout_session": ("customer", "payment_intent", "status", "subscription"),
    "customer": ("email",),
    "dispute": ("charge", "payment_intent"),
    "event": ("type", "delivery"),
    "invoice": ("customer", "status", "collection_method"),
    "invoice_payment": ("invoice", "status"),
    "invoiceitem": ("customer", "invoice"),
    "item": ("session",),
    "line_item": ("invoice",),
    "payment_intent": ("customer",),
    "payment_method": ("customer", "type"),
    "payout": ("status", "destination", "arrival_date"),
    "price": ("product", "active", "currency", "type", "lookup_key"),
    "product": ("active", "shippable", "url"),
    "refund": ("charge", "payment_intent"),
    "subscription": ("customer", "status", "collection_method"),
    "subscription_item": ("subscription",),
    "webhook_endpoint": (),
}
# What Stripe knows of an object without showing it (the payout a transaction went into).
HIDDEN = {
    "balance_transaction": ("payout",),
    "checkout_session": ("payment_data",),
    "event": ("delivery",),
    "item": ("session",),
}
SIDE_TABLES = """
CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY, endpoint TEXT NOT NULL, fingerprint BLOB NOT NULL,
    created INTEGER NOT NULL, status INTEGER NOT NULL, request_id TEXT NOT NULL, body BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS delivery (
    event TEXT NOT NULL, endpoint TEXT NOT NULL, attempt INTEGER NOT NULL, due INTEGER NOT NULL,
    state TEXT NOT NULL, PRIMARY KEY (event, endpoint)
);
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (state, due);
CREATE TABLE IF NOT EXISTS secret (endpoint TEXT PRIMARY KEY, secret TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS idempotency_created ON idempotency (created);
CREATE INDEX IF NOT EXISTS customer_email_search
    ON customer (lower(json_extract(body, '$.email')));
CREATE INDEX IF NOT EXISTS balance_transaction_due ON balance_transaction
    (json_extract(body, '$.status'), json_extract(body, '$.available_on'));
CREATE INDEX IF NOT EXISTS subscription_due ON subscription
    (json_extract(body, '$.status'), json_extract(body, '$.items.data[0].current_period_end'));
CREATE INDEX IF NOT EXISTS invoice_due ON invoice
    (json_extract(body, '$.status'), json_extract(body, '$.automatically_finalizes_at'));
CREATE INDEX IF NOT EXISTS checkout_session_due ON checkout_session
    (json_extract(body, '$.status'), json_extract(body, '$.expires_at'));
CREATE INDEX IF NOT EXISTS invoice_subscription ON invoice
    (json_extract(body, '$.parent.subscription_details.subscription'), created, seq);
"""


class Store:
    """All reads and writes; call writes inside `transaction()`."""

    def __init__(self, path: Path) -> None:
        self.db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = NORMAL")
        self.db.execute("PRAGMA cache_size = -65536")
        for kind in FILTERS:
            for statement in _table(kind):
                self.db.execute(statement)
        self.db.executescript(SIDE_TABLES)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All changes inside become durable together, or none."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.db.execute("COMMIT")
        except BaseException:
            if self.db.in_transaction:  # SQLite rolls back by itself when the disk is full
                self.db.execute("ROLLBACK")
            raise

    def insert(self, kind: str, body: Body, **hidden: str | None) -> Body:
        columns = ["id", "created", "body", *hidden]
        created = body.get("created", body.get("date", 0))  # an invoice item calls it its date
        values = [body["id"], created, _text(body), *hidden.values()]
        marks = ", ".join("?" * len(columns))
        self.db.execute(f"INSERT INTO {kind} ({', '.join(columns)}) VALUES ({marks})", values)
        return body

    def update(self, kind: str, body: Body) -> Body:
        self.db.execute(f"UPDATE {kind} SET body = ? WHERE id = ?", (_text(body), body["id"]))
        return body

    def get(self, kind: str, id_: str) -> Body | None:
        row = self.db.execute(f"SELECT body FROM {kind} WHERE id = ?", (id_,)).fetchone()
        return orjson.loads(row[0]) if row else None

    def position(self, kind: str, id_: str) -> tuple[int, int] | None:
        """(created, seq): where an object stands in its list."""
        row = self.db.execute(f"SELECT created, seq FROM {kind} WHERE id = ?", (id_,)).fetchone()
        return (row[0], row[1]) if row else None

    def bodies(self, kind: str, where: str, values: list[Any], tail: str) -> list[bytes]:
        """Rendered objects; `where` and `tail` are SQL made by this package, never by a client."""
        sql = f"SELECT CAST(body AS BLOB) FROM {kind} WHERE {where} {tail}"
        return [row[0] for row in self.db.execute(sql, values)]

    def select(self, kind: str, where: str, *values: Any) -> list[Body]:
        """Objects in Stripe's order."""
        found = self.bodies(kind, where, list(values), "ORDER BY created DESC, seq DESC")
        return [orjson.loads(body) for body in found]

    def clear(self) -> None:
        with self.transaction():
            for table in [*FILTERS, "idempotency", "delivery", "secret"]:
                self.db.execute(f"DELETE FROM {table}")


def column(kind: str, name: str) -> str:
    """The SQL expression that a filter's index is made on."""
    return name if name in HIDDEN.get(kind, ()) else f"json_extract(body, '$.{name}')"


def _table(kind: str) -> list[str]:
    hidden = "".join(f", {name} TEXT" for name in HIDDEN.get(kind, ()))
    return [
        f"CREATE TABLE IF NOT EXISTS {kind} (seq INTEGER PRIMARY KEY AUTOINCREMENT, "
        f"id TEXT NOT NULL UNIQUE, created INTEGER NOT NULL, body TEXT NOT NULL{hidden})",
        f"CREATE INDEX IF NOT EXISTS {kind}_order ON {kind} (created, seq)",
        *(
            f"CREATE INDEX IF NOT EXISTS {kind}_{name} "
            f"ON {kind} ({column(kind, name)}, created, seq)"
            for name in FILTERS[kind]
        ),
    ]


def _text(body: Body) -> str:
    return orjson.dumps(body).decode()
