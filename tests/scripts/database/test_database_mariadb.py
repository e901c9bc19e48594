"""Tables of a real MariaDB, which speaks MySQL's protocol, in the landing area."""

import getpass
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pymysql
import pytest
from lake import landed, manifests, records
from local_spark import free_port
from sqlalchemy import Engine, text

from scripts.database import pull as pulling
from scripts.database.pull import connect, explained, pull
from scripts.database.tables import streams
from scripts.errors import FatalError, RetriableError
from scripts.landing.store import Store
from scripts.landing.window import Request
from scripts.landing.writer import now_utc

SERVER = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin")
pytestmark = pytest.mark.skipif(not SERVER, reason="no mariadbd (Debian: mariadb-server-core)")
# Written as the server's own zone tells it, which is not the session's.
ZONE = "+05:00"


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    """Port of a server of its own. Its folder is short, because a socket lies in it."""
    folder = Path(tempfile.mkdtemp(prefix="ecomm-maria-"))
    common = ["--no-defaults", f"--datadir={folder}/data", f"--user={getpass.getuser()}"]
    install = ["mariadb-install-db", *common, "--auth-root-authentication-method=normal"]
    subprocess.run(install, check=True, capture_output=True)
    port = free_port()
    own = [f"--socket={folder}/sock", f"--port={port}", "--bind-address=127.0.0.1"]
    argv = [str(SERVER), *common, *own, f"--default-time-zone={ZONE}"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(argv, stdout=log, stderr=log)
    try:
        while not _answers(port):
            assert process.poll() is None, (folder / "log").read_text()
            time.sleep(0.05)
        yield port
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder)


def _answers(port: int) -> bool:
    try:
        pymysql.connect(host="127.0.0.1", port=port, user="root").close()
    except pymysql.OperationalError:
        return False
    return True


@pytest.fixture
def engine(server: int) -> Iterator[Engine]:
    """An empty database."""
    name = f"shop_{secrets.token_hex(4)}"
    root = connect(f"mysql+pymysql://root@127.0.0.1:{server}/")
    run(root, f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    root.dispose()
    found = connect(f"mysql+pymysql://root@127.0.0.1:{server}/{name}")
    yield found
    found.dispose()


def run(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def land(engine: Engine, store: Store, declared: str) -> int:
    (stream,) = streams(engine, declared)
    return pull(engine, store, stream, Request()).landed


def test_types_are_kept(engine: Engine, store: Store) -> None:
    run(
        engine,
        "SET sql_mode = ''",
        """CREATE TABLE wide (id int PRIMARY KEY, big bigint unsigned, price decimal(30,10),
           ratio double, least double, flag tinyint(1), bits bit(10), name varchar(40),
           body longtext, day date, no_day date, clock time(1), span time, local datetime(6),
           at timestamp(2) NULL, year year, raw varbinary(9), doc json, mood enum('good','bad'),
           tags set('x','y'), `select` int, nothing text)""",
        """INSERT INTO wide VALUES (1, 18446744073709551615, 12345678901234567890.0123456789,
           0.1, 1.5e-12, 1, b'1000000001', 'Zoë 😀', 'long', '2026-02-28', '0000-00-00',
           '23:59:59.5', '-30:00:01', '2026-03-01 12:00:00.25', '2026-03-01 12:00:00.25', 2026,
           x'00ff', '{"a": [1, null]}', 'good', 'y,x', 7, NULL)""",
    )
    assert land(engine, store, "wide") == 1
    (envelope,) = landed(store, "database", "wide")
    assert envelope["record"] == {
        "id": 1,
        "big": "18446744073709551615",
        "price": "12345678901234567890.0123456789",
        "ratio": 0.1,
        "least": 1.5e-12,
        "flag": 1,
        "bits": 513,
        "name": "Zoë 😀",
        "body": "long",
        "day": "2026-02-28",
        "no_day": "0000-00-00",
        "clock": "23:59:59.500000",
        "span": "-30:00:01",
        "local": "2026-03-01T12:00:00.250000",
        "at": "2026-03-01T12:00:00.250000",
        "year": 2026,
        "raw": "AP8=",
        "doc": '{"a": [1, null]}',  # a LONGTEXT in MariaDB
        "mood": "good",
        "tags": ["x", "y"],
        "select": 7,
        "nothing": None,
    }
    (manifest,) = manifests(store, "database", "wide")
    assert manifest["columns"]["price"] == "DECIMAL(30, 10)"


def test_a_moment_is_told_in_utc(server: int, engine: Engine, store: Store) -> None:
    other = pymysql.connect(
        host="127.0.0.1", port=server, user="root", database=engine.url.database
    )
    with other, other.cursor() as cursor:
        cursor.execute("CREATE TABLE t (id int PRIMARY KEY, at timestamp NULL)")
        cursor.execute("INSERT INTO t VALUES (1, '2026-03-01 12:00:00')")
        other.commit()
    assert land(engine, store, "t") == 1
    (envelope,) = landed(store, "database", "t")
    assert envelope["record"]["at"] == "2026-03-01T07:00:00"


def test_a_whole_table_is_compared_and_what_is_gone_is_deleted(
    engine: Engine, store: Store
) -> None:
    run(
        engine,
        "CREATE TABLE `Order Lines` (`order` int, line int, note text,"
        " PRIMARY KEY (`order`, line))",
        "INSERT INTO `Order Lines` SELECT seq, 1, 'first' FROM seq_1_to_2500",
    )
    assert land(engine, store, '"Order Lines"') == 2500
    assert land(engine, store, '"Order Lines"') == 0
    run(
        engine,
        "DELETE FROM `Order Lines` WHERE `order` = 7",
        "UPDATE `Order Lines` SET note = 'moved' WHERE `order` = 8",
    )
    assert land(engine, store, '"Order Lines"') == 2
    found = landed(store, "database", "order_lines")[-2:]
    assert {(row["_id"], row["_deleted"]) for row in found} == {("7|1", True), ("8|1", False)}


def test_a_number_that_commits_late_is_not_missed(engine: Engine, store: Store) -> None:
    run(engine, "CREATE TABLE orders (id int PRIMARY KEY AUTO_INCREMENT, note text)")
    with engine.connect() as late:
        late.execute(text("INSERT INTO orders (note) VALUES ('late')"))
        run(engine, "INSERT INTO orders (note) SELECT 'early' FROM seq_1_to_3000")
        assert land(engine, store, "orders:id") == 3000
        late.commit()
    land(engine, store, "orders:id")
    assert {"id": 1, "note": "late"} in records(store, "database", "orders")
    # The server's own writing of statistics is a transaction as well, and waited for like others.
    assert 0 in (land(engine, store, "orders:id") for _ in range(5))


def test_a_growing_time_brings_what_changed(engine: Engine, store: Store) -> None:
    now = now_utc().replace(tzinfo=None)
    before, after = now - timedelta(hours=2), now - timedelta(hours=1)
    run(
        engine,
        "SET sql_mode = ''",
        "CREATE TABLE customers (id int PRIMARY KEY, name text, changed datetime(6))",
        f"INSERT INTO customers SELECT seq, 'n', '{before}' FROM seq_1_to_30",
        "INSERT INTO customers VALUES (98, 'no time', NULL), (99, 'zero', '0000-00-00')",
    )
    assert land(engine, store, "customers:changed") == 32
    assert land(engine, store, "customers:changed") == 0
    run(engine, f"UPDATE customers SET name = 'moved', changed = '{after}' WHERE id = 3")
    run(engine, "UPDATE customers SET name = 'still none' WHERE id = 98")
    assert land(engine, store, "customers:changed") == 2


def test_tables_without_a_name_are_all_of_the_database_but_a_broken_view(
    engine: Engine, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    run(
        engine,
        "CREATE TABLE a (id int PRIMARY KEY)",
        "CREATE TABLE gone (id int)",
        "CREATE VIEW seen AS SELECT id FROM gone",
        "INSERT INTO a VALUES (1)",
        "DROP TABLE gone",
    )
    found = {stream.name: stream for stream in streams(engine, "")}
    assert pull(engine, store, found["a"], Request()).landed == 1
    with pytest.raises(FatalError, match="seen"):
        streams(engine, "seen")


def test_a_connection_that_is_cut_is_tried_again_by_the_next_run(
    engine: Engine, store: Store, server: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(
        engine,
        "CREATE TABLE big (id int PRIMARY KEY, note text)",
        "INSERT INTO big SELECT seq, repeat('x', 1000) FROM seq_1_to_20000",
    )
    root = pymysql.connect(host="127.0.0.1", port=server, user="root")
    change = pulling._change

    def cut(*given: object) -> object:
        with root.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM information_schema.processlist WHERE db = %s",
                (engine.url.database,),
            )
            for (connection,) in cursor.fetchall():
                cursor.execute("KILL %s", (connection,))
        return change(*given)  # type: ignore[arg-type]

    (stream,) = streams(engine, "big")
    monkeypatch.setattr(pulling, "_change", cut)
    with root, pytest.raises(RetriableError), explained():
        pull(engine, store, stream, Request())
    monkeypatch.setattr(pulling, "_change", change)
    assert manifests(store, "database", "big") == []
    assert pull(engine, store, stream, Request()).landed == 20000


def test_who_may_not_come_in_is_told_at_once(engine: Engine) -> None:
    password = "".join(("not", "the", "one"))
    wrong = engine.url.set(username="shop", password=password)
    with pytest.raises(FatalError, match="check DATABASE_URL") as found, explained():
        connect(wrong.render_as_string(hide_password=False)).connect()
    assert password not in str(found.value)
