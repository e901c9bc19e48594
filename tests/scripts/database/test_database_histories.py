"""Rows whose key or cursor tells nothing, and tables that are read another way than before."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from lake import landed
from sqlalchemy import Column, Connection, Date, Engine, MetaData, Table, event, text
from sqlalchemy.dialects import mysql
from sqlalchemy.exc import OperationalError
from test_database_pull import land, run

from scripts.database import pull as pulling
from scripts.database import writers
from scripts.database.clocks import unordered
from scripts.database.drivers import _in_utc, _Span
from scripts.database.pull import connect, explained, pull
from scripts.database.tables import streams
from scripts.database.values import exact_json, to_json
from scripts.errors import FatalError
from scripts.landing.state import read_state
from scripts.landing.store import Store
from scripts.landing.window import Request
from scripts.landing.writer import iso, now_utc


@pytest.fixture
def sqlite(tmp_path: Path) -> Engine:
    return connect(f"sqlite:///{tmp_path / 'shop.db'}")


def now(store: Store, stream: str) -> list[object]:
    """The living rows as the last envelope of each id tells them."""
    last = {envelope["_id"]: envelope for envelope in landed(store, "database", stream)}
    return [envelope["record"] for envelope in last.values() if not envelope["_deleted"]]


def written(moment: datetime) -> str:
    return f"'{moment:%Y-%m-%d %H:%M:%S+00}'"


@pytest.mark.parametrize("kind", ["timestamptz", "timestamp", "date"])
def test_a_row_dated_ahead_does_not_hide_what_changes_until_then(
    engine: Engine, store: Store, kind: str
) -> None:
    at = datetime.now(UTC) - timedelta(days=30)
    run(
        engine,
        f"CREATE TABLE orders (id int PRIMARY KEY, note text, at {kind})",
        f"INSERT INTO orders VALUES (1, 'a', {written(at)}), (2, 'typo', '2999-01-01')",
        "INSERT INTO orders VALUES (3, 'never', 'infinity')",
    )
    assert land(engine, store, "orders:at") == 3
    assert (read_state(store, "database", "orders").cursor or "9")[:10] == f"{at:%Y-%m-%d}"
    later = written(at + timedelta(days=20))
    run(
        engine,
        f"INSERT INTO orders VALUES (4, 'new', {later})",
        f"UPDATE orders SET note = 'b', at = {later} WHERE id = 1",
        "UPDATE orders SET note = 'still ahead' WHERE id = 2",
    )
    assert land(engine, store, "orders:at") == 3
    assert land(engine, store, "orders:at") == 0
    run(engine, f"UPDATE orders SET at = {written(at + timedelta(days=21))} WHERE id = 2")
    assert land(engine, store, "orders:at") == 1


@pytest.mark.parametrize("kind", ["timestamptz", "date"])
def test_rows_of_a_transaction_that_commits_late_are_read(
    engine: Engine, store: Store, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """now() is its beginning: after an hour's import the cursor is long past it."""
    monkeypatch.setattr(pulling, "LOOKBACK_TIME", timedelta(0))
    run(engine, f"CREATE TABLE orders (id int PRIMARY KEY, at {kind} DEFAULT now())")
    slow = engine.connect().execution_options(isolation_level="READ COMMITTED")
    slow.execute(text("INSERT INTO orders VALUES (1)"))
    run(engine, "INSERT INTO orders VALUES (2)")
    assert land(engine, store, "orders:at") == 1  # what is newer does not wait for it
    run(engine, "INSERT INTO orders VALUES (3)")
    assert land(engine, store, "orders:at") == 1
    slow.execute(text("INSERT INTO orders VALUES (4)"))
    slow.commit()
    slow.close()
    assert land(engine, store, "orders:at") == 2
    assert land(engine, store, "orders:at") == 0


@pytest.mark.parametrize("first", [True, False])
def test_numbers_of_a_transaction_that_commits_late_are_read(
    engine: Engine, store: Store, first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An import of fifty thousand rows in one transaction had its numbers before all others."""
    monkeypatch.setattr(pulling, "LOOKBACK_NUMBERS", 0)
    monkeypatch.setattr(writers, "PATIENCE", 0.1)
    run(engine, 'CREATE TABLE "Order" (id int PRIMARY KEY)')
    if not first:
        run(engine, 'INSERT INTO "Order" VALUES (1)')
        assert land(engine, store, "Order:id") == 1
    slow = engine.connect().execution_options(isolation_level="READ COMMITTED")
    slow.execute(text('INSERT INTO "Order" VALUES (2)'))
    run(engine, 'INSERT INTO "Order" VALUES (3)')
    assert land(engine, store, "Order:id") == 1  # what is newer does not wait for it
    run(engine, 'INSERT INTO "Order" VALUES (4)')
    again = 1 if first else 0  # without a cursor nothing is remembered
    assert land(engine, store, "Order:id") == 1 + again
    slow.commit()
    slow.close()
    assert land(engine, store, "Order:id") == 1 + 2 * again
    assert land(engine, store, "Order:id") == 0
    assert len(now(store, "order")) == (3 if first else 4)


def test_a_transaction_that_ends_soon_is_waited_for(engine: Engine, store: Store) -> None:
    run(engine, "CREATE TABLE orders (id int PRIMARY KEY)", "INSERT INTO orders VALUES (5000)")
    short = engine.connect().execution_options(isolation_level="READ COMMITTED")
    short.execute(text("INSERT INTO orders VALUES (1)"))
    with ThreadPoolExecutor(1) as pool:
        ended = pool.submit(_when_waited_for, engine, short)
        assert land(engine, store, "orders:id") == 2
        ended.result()
    assert (read_state(store, "database", "orders").cursor or "").endswith("5000")


def _when_waited_for(engine: Engine, writer: Connection) -> None:
    """Commit once somebody has looked at the locks."""
    looked = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE query LIKE '%to_regclass(%' AND pid <> pg_backend_pid()"
    )
    with engine.connect() as connection:
        while not connection.scalar(looked):
            pass
    writer.commit()
    writer.close()


def test_rows_are_as_old_as_the_moment_that_they_show(engine: Engine, store: Store) -> None:
    """Counting a big table takes minutes, and the rows are those from before it: with a later time
    they stood after what another pull had read meanwhile."""
    counted: list[str] = []

    def look(_: object, __: object, statement: str, *___: object) -> None:
        if statement.startswith("SELECT count"):
            counted.append(iso(now_utc()))

    run(engine, "CREATE TABLE orders (id int PRIMARY KEY)", "INSERT INTO orders VALUES (1)")
    event.listen(engine, "before_cursor_execute", look)
    assert land(engine, store, "orders") == 1
    assert landed(store, "database", "orders")[0]["_extracted_at"] <= counted[0]


def test_a_number_below_zero_or_a_text_is_no_cursor(sqlite: Engine, store: Store) -> None:
    """Warehouses have a row -1 for `unknown`."""
    run(
        sqlite,
        "CREATE TABLE items (id integer PRIMARY KEY, n integer)",
        "INSERT INTO items VALUES (-1, -1), (5, 'abc'), (6, 2.5), (7, 7)",
    )
    for column in ("id", "n"):
        assert land(sqlite, store, f"items:{column}", full_refresh=True) == 4
        assert (read_state(store, "database", "items").cursor or "").endswith("07")
        assert land(sqlite, store, f"items:{column}") == 0
    run(sqlite, "UPDATE items SET n = 'b' WHERE id = 5", "UPDATE items SET n = -2 WHERE id = -1")
    assert land(sqlite, store, "items:n") == 2


def test_a_negative_number_of_postgresql(engine: Engine, store: Store) -> None:
    run(
        engine,
        "CREATE TABLE items (id int PRIMARY KEY, note text)",
        "INSERT INTO items VALUES (-1, 'unknown'), (1, 'a')",
    )
    assert land(engine, store, "items:id") == 2
    run(engine, "UPDATE items SET note = 'other' WHERE id = -1")
    assert land(engine, store, "items:id") == 1


def test_a_table_without_a_key_is_known_by_its_contents(engine: Engine, store: Store) -> None:
    """Without a declaration it once stopped all others."""
    run(
        engine,
        "CREATE TABLE visits (who text, n int)",
        "INSERT INTO visits VALUES ('a', 1), ('a', 1), ('a', 1), (NULL, NULL)",
        "CREATE VIEW seen AS SELECT DISTINCT who FROM visits",
        "CREATE TABLE good (id int PRIMARY KEY)",
    )
    with engine.connect() as connection:
        schema = connection.scalar(text("SELECT current_schema()"))
    assert [stream.name for stream in streams(engine, "")] == ["good", "visits"]
    assert land(engine, store, "visits") == 4
    assert land(engine, store, f"{schema}.seen") == 2
    assert land(engine, store, "visits") == 0
    run(
        engine,
        "DELETE FROM visits WHERE ctid IN (SELECT ctid FROM visits WHERE n = 1 LIMIT 1)",
        "UPDATE visits SET n = 2 WHERE n IS NULL",
    )
    assert land(engine, store, "visits") == 3  # a copy and the former row go, the changed one comes
    rows = [{"who": "a", "n": 1}, {"who": "a", "n": 1}, {"who": None, "n": 2}]
    assert sorted(map(str, now(store, "visits"))) == sorted(map(str, rows))


def test_rows_of_sqlite_whose_key_is_null_are_not_one(sqlite: Engine, store: Store) -> None:
    run(
        sqlite,
        "CREATE TABLE odd (a text, b int, PRIMARY KEY (a, b))",
        "INSERT INTO odd VALUES (NULL, 1), (NULL, 1), (NULL, 2), ('None', 2)",
    )
    assert land(sqlite, store, "odd") == 4
    assert len(now(store, "odd")) == 4
    run(sqlite, "DELETE FROM odd WHERE b = 1")
    land(sqlite, store, "odd")
    assert len(now(store, "odd")) == 2


@pytest.mark.parametrize(("first", "then"), [("n", "at"), ("at", "n"), (None, "n")])
def test_a_cursor_of_another_column_is_a_sentence(
    sqlite: Engine, store: Store, first: str | None, then: str
) -> None:
    run(
        sqlite,
        "CREATE TABLE items (id integer PRIMARY KEY, n integer, at datetime)",
        "INSERT INTO items VALUES (1, 1843212345678901234, '2026-03-01 12:00:00')",
    )
    assert land(sqlite, store, f"items:{first}" if first else "items") == 1
    with pytest.raises(FatalError, match=rf"no value of items\.{then}: was another column named"):
        land(sqlite, store, f"items:{then}")
    assert land(sqlite, store, f"items:{then}", full_refresh=True) == 1
    assert land(sqlite, store, f"items:{then}") == 0


def test_a_database_without_tables_is_another_one(sqlite: Engine) -> None:
    with pytest.raises(FatalError, match="has no tables: check the name in DATABASE_URL"):
        streams(sqlite, "")


def test_intervals_of_months_and_numbers_in_json_stay_what_they_are(
    postgres: str, engine: Engine, store: Store
) -> None:
    engine = connect(str(engine.url.render_as_string(hide_password=False)))
    run(
        engine,
        "CREATE TABLE spans (id int PRIMARY KEY, span interval, doc json, part int4range)",
        "INSERT INTO spans VALUES (1, '1 mon', '{\"a\": 0.1, \"b\": 1.00000000000000000001}',"
        " '[1,5)'), (2, '30 days', '[1e400]', NULL), (3, '100000000 years', NULL, 'empty')",
    )
    assert land(engine, store, "spans") == 3
    found = [envelope["record"] for envelope in landed(store, "database", "spans")]
    assert [record["span"] for record in found] == ["1 mon", "2592000.000000", "100000000 years"]
    assert [record["doc"] for record in found] == [
        {"a": 0.1, "b": "1.00000000000000000001"},
        [exact_json("1e400")],
        None,
    ]
    assert found[0]["part"] == "[1,5)"


def test_a_view_that_cannot_be_read_does_not_quote_its_rows(engine: Engine, store: Store) -> None:
    run(
        engine,
        "CREATE TABLE people (id int PRIMARY KEY, email text)",
        "INSERT INTO people VALUES (1, 'ann@example.com')",
        "CREATE VIEW ages AS SELECT email::int AS age FROM people",
    )
    (stream,) = streams(engine, "ages")
    with pytest.raises(FatalError, match="InvalidTextRepresentation") as error, explained():
        pull(engine, store, stream, Request())
    assert "ann@" not in str(error.value)


def test_mysql_s_time_may_be_longer_than_a_day() -> None:
    """SQLAlchemy made 01:00:00 of 25:00:00 and of -23:00:00."""
    spans = [timedelta(hours=25), -timedelta(hours=838, minutes=59, seconds=59), timedelta(hours=9)]
    read = [to_json(_Span().process_result_value(span, mysql.dialect())) for span in spans]  # type: ignore[no-untyped-call]
    assert read == ["25:00:00", "-838:59:59", "09:00:00"]


def test_mysql_s_moments_are_told_in_utc() -> None:
    """In the server's own zone 12:00 in New York landed as 12:00, which silver takes for UTC."""
    assert event.contains(connect("mysql+pymysql://shop@127.0.0.1:1/shop"), "connect", _in_utc)
    connection = MagicMock()
    _in_utc(connection, None)
    cursor = connection.cursor.return_value.__enter__.return_value
    cursor.execute.assert_called_once_with("SET time_zone = '+00:00'")


def test_mysql_s_zero_dates_come_with_every_window() -> None:
    said = str(unordered("mysql", Column("at", Date())).compile(dialect=mysql.dialect()))  # type: ignore[no-untyped-call]
    assert "month(at) = %s" in said
    assert "dayofmonth(at) = %s" in said


@pytest.mark.parametrize(("seen", "ended"), [(["7"], False), (["7", ""], True), ([""], True)])
def test_mysql_s_writers_are_waited_for(
    monkeypatch: pytest.MonkeyPatch, seen: list[str], ended: bool
) -> None:
    monkeypatch.setattr(writers, "PATIENCE", 0.1)
    connection = MagicMock()
    connection.dialect.name = "mysql"
    answers = [[trx] if trx else [] for trx in seen]
    connection.scalars = lambda _: answers.pop(0) if len(answers) > 1 else answers[0]
    assert writers.have_ended(connection, Table("orders", MetaData())) is ended


def test_mysql_s_writers_may_be_nobody_s_to_see(caplog: pytest.LogCaptureFixture) -> None:
    connection = MagicMock()
    connection.dialect.name = "mariadb"
    connection.scalars.side_effect = OperationalError("", {}, Exception("1227"))
    assert writers.have_ended(connection, Table("orders", MetaData()))
    assert "may not see who writes to orders" in caplog.text


def test_a_partition_is_no_table_of_its_own(engine: Engine, store: Store) -> None:
    run(
        engine,
        "CREATE TABLE events (id int PRIMARY KEY) PARTITION BY RANGE (id)",
        "CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (9)",
        "CREATE TABLE others (id int)",
        "INSERT INTO events VALUES (1)",
    )
    assert [stream.name for stream in streams(engine, "")] == ["events", "others"]
    assert [stream.name for stream in streams(engine, "events_1")] == ["events_1"]
    assert land(engine, store, "events:id") == 1
