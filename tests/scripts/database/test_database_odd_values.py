"""Values and tables that a database takes and that once stopped a table, or made two rows one."""

from pathlib import Path
from unittest.mock import MagicMock

import pytest
from lake import landed
from sqlalchemy import Engine
from test_database_pull import land, run

from scripts.database.pull import _fetched, connect, pull
from scripts.database.tables import streams
from scripts.database.values import exact_json
from scripts.errors import FatalError
from scripts.landing.state import read_state
from scripts.landing.store import Store
from scripts.landing.window import Request


@pytest.fixture
def sqlite(tmp_path: Path) -> Engine:
    return connect(f"sqlite:///{tmp_path / 'shop.db'}")


HALF = '{"note":"cut \\ud83d"}'
DEEP = "[" * 300 + "]" * 300
DEEPER = "[" * 30_000 + "]" * 30_000


def test_json_that_cannot_be_written_again_lands_as_its_text(
    postgres: str, engine: Engine, store: Store
) -> None:
    """PostgreSQL's json keeps half a character as a script that cut a text writes it."""
    engine = connect(str(engine.url.render_as_string(hide_password=False)))
    run(
        engine,
        "CREATE TABLE notes (id int PRIMARY KEY, doc json, docs json[])",
        f"INSERT INTO notes VALUES (1, '{HALF}', NULL), (2, '{DEEP}', ARRAY['{DEEP}'::json])",
        'INSERT INTO notes VALUES (3, \'{"note":"whole \\ud83d\\ude00"}\', NULL)',
    )
    assert land(engine, store, "notes") == 3
    found = [envelope["record"] for envelope in landed(store, "database", "notes")]
    assert [record["doc"] for record in found] == [HALF, DEEP, {"note": "whole 😀"}]
    assert found[1]["docs"] == [DEEP]


def test_json_of_sqlite_that_cannot_be_read_lands_as_its_text(sqlite: Engine, store: Store) -> None:
    run(
        sqlite,
        "CREATE TABLE notes (id integer PRIMARY KEY, doc json)",
        f"INSERT INTO notes VALUES (1, '{HALF}'), (2, '{DEEPER}')",
    )
    assert land(sqlite, store, "notes") == 2
    found = [envelope["record"]["doc"] for envelope in landed(store, "database", "notes")]
    assert found == [HALF, DEEPER]


@pytest.mark.parametrize("depth", [100, 199, 240, 250, 252, 253, 254, 255, 1100])
def test_json_of_any_depth_lands(sqlite: Engine, store: Store, depth: int) -> None:
    doc = "[" * depth + "]" * depth
    run(
        sqlite,
        "CREATE TABLE notes (id integer PRIMARY KEY, doc json)",
        f"INSERT INTO notes VALUES (1, '{doc}')",
    )
    assert land(sqlite, store, "notes") == 1
    (envelope,) = landed(store, "database", "notes")
    assert envelope["record"]["doc"] in (doc, exact_json(doc))


def test_a_number_in_a_json_column_of_sqlite(sqlite: Engine, store: Store) -> None:
    """SQLite makes a number of the text 5, and the pull ended in a trace."""
    run(
        sqlite,
        "CREATE TABLE notes (id integer PRIMARY KEY, doc json)",
        "INSERT INTO notes VALUES (1, '5'), (2, '1.5'), (3, '\"5\"')",
    )
    assert land(sqlite, store, "notes") == 3
    assert [e["record"]["doc"] for e in landed(store, "database", "notes")] == [5, 1.5, "5"]


def test_numbers_of_sqlite_are_not_rounded(sqlite: Engine, store: Store) -> None:
    """LONG is no type that SQLite or SQLAlchemy knows; both keys were 9007199254740992.0000000000,
    so that one of the rows was lost."""
    run(
        sqlite,
        "CREATE TABLE items (id LONG PRIMARY KEY, price decimal(10,2), ratio numeric)",
        "INSERT INTO items VALUES (9007199254740993, 0.125, 0.123456789012)",
        "INSERT INTO items VALUES (9007199254740994, 1.5, 1e-12)",
    )
    assert land(sqlite, store, "items") == 2
    found = [envelope["record"] for envelope in landed(store, "database", "items")]
    assert found[0] == {"id": "9007199254740993", "price": "0.125", "ratio": "0.123456789012"}
    assert found[1] == {"id": "9007199254740994", "price": "1.50", "ratio": "1E-12"}


def test_days_that_are_none_do_not_stop_a_table_of_sqlite(sqlite: Engine, store: Store) -> None:
    """SQLite takes 30 February and 24:00 for times; the greatest of them ended the pull."""
    run(
        sqlite,
        "CREATE TABLE notes (id integer PRIMARY KEY, at datetime)",
        "INSERT INTO notes VALUES (1, '2026-02-30 08:00:00'), (2, '0000-01-01')",
        "INSERT INTO notes VALUES (3, '2026-03-01 24:00:00')",
    )
    assert land(sqlite, store, "notes:at") == 3
    assert land(sqlite, store, "notes:at") == 0
    assert read_state(store, "database", "notes").cursor == "2026-03-02T08:00:00.000000Z"


def test_a_table_whose_times_are_all_the_first_of_all(sqlite: Engine, store: Store) -> None:
    """As .NET writes a time that is not set; ten minutes before it there is none."""
    run(
        sqlite,
        "CREATE TABLE notes (id integer PRIMARY KEY, at datetime)",
        "INSERT INTO notes VALUES (1, '0001-01-01 00:00:00')",
    )
    assert [land(sqlite, store, "notes:at") for _ in range(3)] == [1, 0, 0]
    run(sqlite, "INSERT INTO notes VALUES (2, '2026-01-01 00:00:00')")
    assert [land(sqlite, store, "notes:at") for _ in range(2)] == [1, 0]


def test_an_enum_may_grow_after_it_was_looked_up(engine: Engine, store: Store) -> None:
    """All tables are looked up first. The pull ended in a trace, which quoted the value."""
    run(
        engine,
        "CREATE TYPE mood AS ENUM ('good')",
        "CREATE TABLE notes (id int PRIMARY KEY, feeling mood)",
    )
    (stream,) = streams(engine, "notes")
    run(engine, "ALTER TYPE mood ADD VALUE 'better'", "INSERT INTO notes VALUES (1, 'better')")
    assert pull(engine, store, stream, Request()).landed == 1
    (envelope,) = landed(store, "database", "notes")
    assert envelope["record"] == {"id": 1, "feeling": "better"}


def test_arrays_of_named_types_are_lists(engine: Engine, store: Store) -> None:
    """Of a domain's array `{a,b}` the list of its five signs landed; of an interval without an end
    (PostgreSQL 17) one of no length."""
    run(
        engine,
        "CREATE TYPE mood AS ENUM ('good')",
        "CREATE DOMAIN code AS text",
        "CREATE DOMAIN price AS numeric(9,2)",
        "CREATE DOMAIN feeling AS mood",
        """CREATE TABLE notes (id int PRIMARY KEY, codes code[], prices price[], moods mood[],
           feelings feeling[], lasts interval)""",
        """INSERT INTO notes VALUES (1, '{a,"b,c",NULL}', '{{1.10},{2}}', '{good,NULL}', '{good}',
           'infinity')""",
        "INSERT INTO notes VALUES (2)",
    )
    assert land(engine, store, "notes") == 2
    full, empty = (envelope["record"] for envelope in landed(store, "database", "notes"))
    assert full == {
        "id": 1,
        "codes": ["a", "b,c", None],
        "prices": [["1.10"], ["2.00"]],
        "moods": ["good", None],
        "feelings": ["good"],
        "lasts": "infinity",
    }
    assert {name for name, value in empty.items() if value is None} == {*full} - {"id"}


def test_a_database_without_an_encoding_is_read(
    postgres: str, engine: Engine, store: Store
) -> None:
    """psycopg made bytes of every text there, and SQLAlchemy's first look ended in a trace."""
    run(engine, "CREATE DATABASE old TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'")
    old = connect(postgres.replace("/postgres?", "/old?"))
    run(
        old,
        "CREATE TABLE notes (id text PRIMARY KEY, kind char(1), said varchar)",
        "INSERT INTO notes VALUES (E'\\303\\274', 'k', E'caf\\351')",
    )
    assert land(old, store, "notes") == 1
    (envelope,) = landed(store, "database", "notes")
    assert envelope["record"] == {"id": "ü", "kind": "k", "said": "Y2Fm6Q=="}
    old.dispose()


def test_wide_rows_are_fetched_in_small_numbers() -> None:
    """A thousand pictures of a megabyte took 1.5 GB."""
    rows = [(n, b"x" * (5_000_000 if 500 < n < 600 else 10)) for n in range(3000)]
    left, asked = list(rows), []

    def fetchmany(count: int) -> list[tuple[int, bytes]]:
        asked.append(count)
        fetched, left[:] = left[:count], left[count:]
        return fetched

    assert list(_fetched(MagicMock(fetchmany=fetchmany))) == rows
    assert asked[:3] == [10, 1000, 3]
    assert max(asked) == 1000


def test_a_table_is_read_whatever_it_refers_to(sqlite: Engine, store: Store) -> None:
    """It was said that there is no such table, which stopped all the others as well."""
    run(
        sqlite,
        "CREATE TABLE lines (id integer PRIMARY KEY, item integer REFERENCES gone(id))",
        "INSERT INTO lines VALUES (1, 7)",
    )
    assert [stream.name for stream in streams(sqlite, "")] == ["lines"]
    assert land(sqlite, store, "lines") == 1


def test_two_tables_of_one_name_are_to_be_chosen_from(sqlite: Engine) -> None:
    run(
        sqlite,
        "CREATE TABLE order_items (id integer PRIMARY KEY)",
        'CREATE TABLE "Order Items" (id integer PRIMARY KEY)',
    )
    with pytest.raises(FatalError, match=r"more than one table called \['order_items'\]"):
        streams(sqlite, "")
    assert [stream.name for stream in streams(sqlite, '"Order Items"')] == ["order_items"]
