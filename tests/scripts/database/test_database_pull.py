"""Tables of a real PostgreSQL (and of SQLite) in the landing area."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lake import landed, manifests
from sqlalchemy import Engine, create_engine, text

from scripts.database import pull as pulling
from scripts.database.pull import connect, pull
from scripts.database.tables import streams
from scripts.errors import RetriableError
from scripts.landing.state import read_state
from scripts.landing.store import Store
from scripts.landing.window import Request

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def run(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def land(engine: Engine, store: Store, declared: str, **asked: object) -> int:
    (stream,) = streams(engine, declared)
    return pull(engine, store, stream, Request(**asked)).landed


def ids(store: Store, stream: str) -> list[object]:
    return [envelope["record"]["id"] for envelope in landed(store, "database", stream)]


def test_types_are_kept(engine: Engine, store: Store) -> None:
    run(
        engine,
        "CREATE TYPE mood AS ENUM ('good', 'bad')",
        """CREATE TABLE wide (id bigint PRIMARY KEY, big bigint, price numeric(30,10), ratio float8,
           no_number float8, flag boolean, name text, day date, clock time, at timestamptz,
           local timestamp, span interval, raw bytea, doc jsonb, tags text[], key uuid,
           feeling mood, nothing text)""",
        """INSERT INTO wide VALUES (1, 9223372036854775807, 12345678901234567890.0123456789, 0.1,
           'NaN', true, 'Zoë 😀', '2026-02-28', '23:59:59.5', '2026-03-01 12:00:00+02',
           '2026-03-01 12:00:00.25', '1 day 00:00:01.5', '\\x00ff', '{"a": [1, null]}',
           ARRAY['x', NULL], '123e4567-e89b-12d3-a456-426614174000', 'good', NULL)""",
    )
    assert land(engine, store, "wide") == 1
    (envelope,) = landed(store, "database", "wide")
    assert envelope["_id"] == "1"
    assert envelope["record"] == {
        "id": 1,
        "big": "9223372036854775807",
        "price": "12345678901234567890.0123456789",
        "ratio": 0.1,
        "no_number": "nan",
        "flag": True,
        "name": "Zoë 😀",
        "day": "2026-02-28",
        "clock": "23:59:59.500000",
        "at": "2026-03-01T10:00:00.000000Z",
        "local": "2026-03-01T12:00:00.250000",
        "span": "86401.500000",
        "raw": "AP8=",
        "doc": {"a": [1, None]},
        "tags": ["x", None],
        "key": "123e4567-e89b-12d3-a456-426614174000",
        "feeling": "good",
        "nothing": None,
    }
    (manifest,) = manifests(store, "database", "wide")
    assert manifest["columns"]["price"] == "NUMERIC(30, 10)"
    assert manifest["columns"]["at"] == "TIMESTAMP WITH TIME ZONE"
    assert manifest["columns"]["tags"] == "TEXT[]"
    assert manifest["columns"]["feeling"] == "mood"


def test_a_growing_number_brings_new_rows_once(engine: Engine, store: Store) -> None:
    run(
        engine,
        "CREATE TABLE orders (id int PRIMARY KEY, note text)",
        "INSERT INTO orders SELECT n, 'first' FROM generate_series(1, 2500) AS n",
    )
    assert land(engine, store, "orders:id") == 2500
    assert land(engine, store, "orders:id") == 0
    run(engine, "INSERT INTO orders VALUES (2501, 'new'), (2502, 'new')")
    assert land(engine, store, "orders:id") == 2
    # Numbers are given out before they are committed: one that comes late is caught.
    run(engine, "DELETE FROM orders WHERE id = 2400", "INSERT INTO orders VALUES (2400, 'late')")
    assert land(engine, store, "orders:id") == 1
    assert sorted(ids(store, "orders"))[-2:] == [2501, 2502]
    assert len(ids(store, "orders")) == 2503


@pytest.mark.parametrize("kind", ["timestamptz", "timestamp"])
def test_a_growing_time_brings_what_changed(engine: Engine, store: Store, kind: str) -> None:
    def at(minutes: int) -> str:
        return f"'{NOON + timedelta(minutes=minutes):%Y-%m-%d %H:%M:%S+00}'"

    run(
        engine,
        f"CREATE TABLE customers (id int PRIMARY KEY, name text, updated_at {kind})",
        *(f"INSERT INTO customers VALUES ({n}, 'n', {at(n)})" for n in range(30)),
        "INSERT INTO customers VALUES (99, 'no time', NULL)",
    )
    assert land(engine, store, "customers:updated_at") == 31
    assert land(engine, store, "customers:updated_at") == 0
    run(
        engine,
        f"UPDATE customers SET name = 'moved', updated_at = {at(40)} WHERE id = 3",
        f"INSERT INTO customers VALUES (100, 'same second', {at(29)})",
        "UPDATE customers SET name = 'still no time' WHERE id = 99",
    )
    assert land(engine, store, "customers:updated_at") == 3
    assert sorted(ids(store, "customers")[-3:]) == [3, 99, 100]


def test_a_whole_table_is_compared_and_what_is_gone_is_deleted(
    engine: Engine, store: Store
) -> None:
    run(
        engine,
        "CREATE TABLE stock (sku text, place int, n int, PRIMARY KEY (sku, place))",
        "INSERT INTO stock VALUES ('a', 1, 5), ('a', 2, 6), ('b', 1, 7)",
    )
    assert land(engine, store, "stock") == 3
    assert land(engine, store, "stock") == 0
    run(engine, "UPDATE stock SET n = 1 WHERE sku = 'b'", "DELETE FROM stock WHERE place = 2")
    assert land(engine, store, "stock") == 2
    last = {e["_id"]: e["_deleted"] for e in landed(store, "database", "stock")[-2:]}
    assert last == {"b|1": False, "a|2": True}


def test_a_window_can_be_asked_for(engine: Engine, store: Store) -> None:
    run(
        engine,
        "CREATE TABLE orders (id int PRIMARY KEY)",
        "INSERT INTO orders SELECT generate_series(1, 100)",
    )
    assert land(engine, store, "orders:id", since="10", until="19") == 10
    assert read_state(store, "database", "orders").cursor is None


def test_an_empty_table_and_then_its_first_row(engine: Engine, store: Store) -> None:
    run(engine, "CREATE TABLE orders (id int PRIMARY KEY)")
    assert land(engine, store, "orders:id") == 0
    assert land(engine, store, "orders:id") == 0
    run(engine, "INSERT INTO orders VALUES (1)")
    assert land(engine, store, "orders:id") == 1


def between_rows(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Call `act` once the first rows have been read."""
    change, waiting = pulling._change, [act]

    def first_acts(*given: object) -> object:
        if waiting:
            waiting.pop()()
        return change(*given)

    monkeypatch.setattr(pulling, "_change", first_acts)


def test_rows_come_through_a_server_side_cursor_of_one_moment(
    engine: Engine, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(
        engine,
        "CREATE TABLE orders (id int PRIMARY KEY, note text)",
        "INSERT INTO orders SELECT n, repeat('x', 100) FROM generate_series(1, 20000) AS n",
    )
    open_queries: list[str] = []

    def look_and_write() -> None:
        with engine.connect() as other:
            found = "SELECT query FROM pg_stat_activity WHERE state = 'idle in transaction'"
            open_queries.extend(other.scalars(text(found)))
        run(engine, "DELETE FROM orders WHERE id > 19000")

    between_rows(monkeypatch, look_and_write)
    assert land(engine, store, "orders") == 20000
    assert any(query.startswith("FETCH FORWARD") for query in open_queries)


def test_a_connection_that_is_cut_leaves_the_cursor(
    engine: Engine, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(
        engine,
        "CREATE TABLE orders (id int PRIMARY KEY, note text)",
        "INSERT INTO orders SELECT n, repeat('x', 100) FROM generate_series(1, 20000) AS n",
    )
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'"
    )
    between_rows(monkeypatch, lambda: run(engine, cut))
    with pytest.raises(RetriableError, match="the database broke off or did not answer"):
        land(engine, store, "orders:id")
    assert read_state(store, "database", "orders").cursor is None
    assert manifests(store, "database", "orders") == []
    assert land(engine, store, "orders:id") == 20000


def test_sqlite_is_read_the_same_way(store: Store, tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    run(
        engine,
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, price NUMERIC(10,2), at TIMESTAMP)",
        "INSERT INTO orders VALUES (1, 9.5, '2026-03-01 12:00:00'), (2, 1, '2026-03-01 12:00:01')",
    )
    assert land(engine, store, "orders:at") == 2
    assert land(engine, store, "orders:at") == 0
    run(engine, "UPDATE orders SET price = 2, at = '2026-03-02 00:00:00' WHERE id = 1")
    assert land(engine, store, "orders:at") == 1
    assert landed(store, "database", "orders")[-1]["record"]["price"] == "2.00"
    engine.dispose()


TIMES = (
    "2026-03-01T09:00:00Z",
    "2026-03-01 10:00:00",
    "2026-03-01T11:00:00.123456",
    "2026-03-01T14:00:00+02:00",
)


def test_sqlite_compares_times_however_they_are_written(store: Store, tmp_path: Path) -> None:
    """As text a `T` is greater than a space: rows of the last day stayed out."""
    engine = connect(f"sqlite:///{tmp_path / 'shop.db'}")
    run(engine, "CREATE TABLE events (id integer PRIMARY KEY, at datetime, day date)")
    for number, moment in enumerate(TIMES):
        run(engine, f"INSERT INTO events VALUES ({number}, '{moment}', '{moment}')")
    assert land(engine, store, "events:at") == 4
    assert land(engine, store, "events:at") == 0
    assert read_state(store, "database", "events").cursor == "2026-03-01T12:00:00.000000Z"
    run(engine, "INSERT INTO events VALUES (9, '2026-03-01T12:00:00Z', '2026-03-02T01:00')")
    assert land(engine, store, "events:at") == 1
    run(engine, "ALTER TABLE events RENAME TO days")
    assert land(engine, store, "days:day") == 5


def test_what_sqlite_keeps_in_a_column_of_another_type_comes_as_it_is(
    store: Store, tmp_path: Path
) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'shop.db'}")
    run(
        engine,
        "CREATE TABLE odd (id integer PRIMARY KEY, at datetime, price decimal(9,2), flag boolean,"
        " doc json, note text)",
        "INSERT INTO odd VALUES (1, 1763892000, 'cheap', 'no', '{', cast(x'ff' AS text))",
        "INSERT INTO odd VALUES (2, '2026-03-01', 1.5, 1, '[1]', 'ü')",
        "INSERT INTO odd VALUES (3, 'now', NULL, NULL, NULL, NULL), (4, 2.5, 0, 0, '', '')",
    )
    assert land(engine, store, "odd:at") == 4
    assert [envelope["record"] for envelope in landed(store, "database", "odd")] == [
        {"id": 1, "at": 1763892000, "price": "cheap", "flag": "no", "doc": "{", "note": "/w=="},
        {
            "id": 2,
            "at": "2026-03-01T00:00:00",
            "price": "1.50",
            "flag": True,
            "doc": [1],
            "note": "ü",
        },
        {"id": 3, "at": "now", "price": None, "flag": None, "doc": None, "note": None},
        {"id": 4, "at": 2.5, "price": "0.00", "flag": False, "doc": "", "note": ""},
    ]
    assert read_state(store, "database", "odd").cursor == "2026-03-01T00:00:00.000000Z"
    assert land(engine, store, "odd:at") == 0
    run(engine, "UPDATE odd SET at = at + 1 WHERE id = 1")
    assert land(engine, store, "odd:at") == 1


def test_times_that_python_does_not_know(engine: Engine, store: Store) -> None:
    run(
        engine,
        "CREATE TABLE prices (id int PRIMARY KEY, until timestamptz, day date, clock time,"
        " days date[])",
        "INSERT INTO prices VALUES (1, 'infinity', '0044-03-15 BC', '24:00', '{infinity}')",
        "INSERT INTO prices VALUES (2, '2026-03-01 12:00+00', '12026-01-01', '12:00', NULL)",
        "INSERT INTO prices VALUES (3, '-infinity', NULL, NULL, NULL)",
    )
    assert land(engine, store, "prices:until") == 3
    assert [envelope["record"] for envelope in landed(store, "database", "prices")] == [
        {
            "id": 1,
            "until": "infinity",
            "day": "0044-03-15 BC",
            "clock": "24:00:00",
            "days": ["infinity"],
        },
        {
            "id": 2,
            "until": "2026-03-01T12:00:00.000000Z",
            "day": "12026-01-01",
            "clock": "12:00:00",
            "days": None,
        },
        {"id": 3, "until": "-infinity", "day": None, "clock": None, "days": None},
    ]
    assert land(engine, store, "prices:until") == 0
    run(engine, "UPDATE prices SET day = '2026-01-01' WHERE id = 1")
    assert land(engine, store, "prices:until") == 1


def test_times_in_another_style_of_the_server(postgres: str, store: Store) -> None:
    engine = connect(f"{postgres}&options=-cdatestyle%3DSQL,DMY%20-ctimezone%3DEurope/Berlin")
    run(
        engine,
        "DROP TABLE IF EXISTS styled",
        "CREATE TABLE styled (id int PRIMARY KEY, at timestamp, day date)",
        "INSERT INTO styled VALUES (1, '02/03/2026 12:00:00', '02/03/2026')",
    )
    assert land(engine, store, "styled:at") == 1
    (envelope,) = landed(store, "database", "styled")
    assert envelope["record"] == {"id": 1, "at": "2026-03-02T12:00:00", "day": "2026-03-02"}


def test_a_key_of_two_texts_does_not_make_two_rows_one(engine: Engine, store: Store) -> None:
    run(
        engine,
        "CREATE TABLE pairs (a text, b text, PRIMARY KEY (a, b))",
        r"INSERT INTO pairs VALUES ('a|b', 'c'), ('a', 'b|c'), ('a\', 'b|c'), ('a', 'b')",
    )
    assert land(engine, store, "pairs") == 4
    found = {envelope["_id"] for envelope in landed(store, "database", "pairs")}
    assert len(found) == 4
    assert "a|b" in found
    assert land(engine, store, "pairs") == 0


def test_a_table_that_was_emptied_and_counts_anew_is_read_whole(
    engine: Engine, store: Store
) -> None:
    fill = "INSERT INTO orders SELECT n, '{}' FROM generate_series(1, {}) AS n"
    run(engine, "CREATE TABLE orders (id int PRIMARY KEY, note text)", fill.format("old", 9000))
    assert land(engine, store, "orders:id") == 9000
    run(engine, "TRUNCATE orders", fill.format("new", 3000))
    assert land(engine, store, "orders:id") == 3000
    assert land(engine, store, "orders:id") == 0
