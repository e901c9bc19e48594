"""What is wrong with an address, a table or a column, in one sentence and without the password."""

import os
import subprocess
import sys
from pathlib import Path

import pymysql
import pytest
from lake import landed, run_script
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from scripts.database.pull import address, connect, explained
from scripts.database.tables import readable_streams, streams
from scripts.database.values import from_mark, to_json, to_mark
from scripts.errors import FatalError, RetriableError
from scripts.landing.store import Store

ROOT = Path(__file__).parents[3]


@pytest.fixture
def tables(tmp_path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE good (id INTEGER PRIMARY KEY, name TEXT)"))
        connection.execute(text("CREATE TABLE keyless (name TEXT)"))
    return engine


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ("unicorns", "DATABASE_TABLES: there is no table unicorns in the database"),
        ("good:age", "DATABASE_TABLES: table good has no column age"),
        ("good:name", "DATABASE_TABLES: good:name is of type TEXT; a cursor is a whole number"),
        ("keyless:name", "table keyless has no primary key, so a changed row"),
        ("good id", "DATABASE_TABLES: 'good id' is not table or table:column"),
        ("good, good:id", r"DATABASE_TABLES names \['good'\] more than once"),
    ],
)
def test_a_wrong_declaration_is_named(tables: Engine, declared: str, said: str) -> None:
    with pytest.raises(FatalError, match=said):
        streams(tables, declared)


def test_without_a_declaration_every_table_is_read(tables: Engine) -> None:
    found = {stream.name: (len(stream.key), stream.cursor) for stream in streams(tables, " ")}
    assert found == {"good": (1, None), "keyless": (0, None)}


SECRET = "very" + "secret"


def test_an_address_that_names_no_driver_has_the_installed_one() -> None:
    """As hosts of databases hand them out."""
    drivers = {
        name: connect(f"{name}://shop@127.0.0.1:1/shop").dialect.driver
        for name in ("postgres", "postgresql", "mysql", "mariadb", "mysql+pymysql")
    }
    assert set(drivers.values()) == {"psycopg", "pymysql"}
    assert drivers["postgres"] == drivers["postgresql"] == "psycopg"


WRONG = ["nonsense", "oracle+nothing://x", "postgresql+none://x/y"]


@pytest.mark.parametrize("url", [*WRONG, f"postgresql+psycopg://u:a/b@c:{SECRET}@host/shop"])
def test_a_wrong_address_is_a_sentence(url: str) -> None:
    with pytest.raises(FatalError, match="DATABASE_URL is not a SQLAlchemy URL") as error:
        connect(url)
    assert error.value.__suppress_context__
    assert SECRET not in str(error.value)


@pytest.mark.parametrize("named", [True, False])
def test_names_with_spaces_dots_and_commas(tmp_path: Path, named: bool) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    names = ["Order Items", "v1.orders", "a,b"]
    with engine.begin() as connection:
        for name in names:
            connection.execute(text(f'CREATE TABLE "{name}" ("The Id" integer PRIMARY KEY)'))
    declared = ", ".join(f'"{name}":"The Id"' for name in names) if named else ""
    found = {stream.name: stream.cursor for stream in streams(engine, declared)}
    assert set(found) == {"order_items", "v1_orders", "a_b"}
    assert all((cursor is not None) == named for cursor in found.values())


def test_a_name_becomes_one_that_spark_takes(tmp_path: Path) -> None:
    """Spark refused `landed_database_größen`, and with it each run of the job. Manifests below
    `_manifests/database/_orders/` it did not list: the table landed and was never seen."""
    engine = connect(f"sqlite:///{tmp_path / 'shop.db'}")
    with engine.begin() as connection:
        for name in ("Größen", "Straße", "客户 订单", "orders", "_Orders", "a\u0308"):
            connection.execute(text(f'CREATE TABLE "{name}" (id integer PRIMARY KEY)'))
    found = {stream.name for stream in streams(engine, "")}
    assert found == {"grossen", "strasse", "u5ba2u6237_u8ba2u5355", "orders", "table_orders", "a"}


def test_a_server_that_does_not_answer_is_retriable_and_its_password_is_not_said() -> None:
    password = SECRET
    engine = connect(f"postgresql+psycopg://shop:{password}@127.0.0.1:1/shop")
    with pytest.raises(RetriableError, match="did not answer") as error, explained():
        streams(engine, "orders")
    assert password not in str(error.value)


def test_an_address_that_the_server_refuses_is_not_waited_for(postgres: str) -> None:
    wrong = make_url(postgres).set(database="nowhere").render_as_string(hide_password=False)
    with pytest.raises(FatalError, match=r'DATABASE_URL.*"nowhere" does not exist'), explained():
        connect(wrong).connect()


def test_a_mysql_password_that_is_wrong_is_not_waited_for() -> None:
    said = pymysql.OperationalError(1045, "Access denied for user 'shop'@'host'")
    with pytest.raises(FatalError, match="check DATABASE_URL"), explained():
        raise OperationalError("", {}, said)


def test_a_missing_address_ends_the_command_with_a_sentence(
    s3_environment: dict[str, str],
) -> None:
    given = {**os.environ, **s3_environment, "DATABASE_URL": ""}
    done = subprocess.run(
        [sys.executable, "-m", "scripts.database_to_s3"],
        cwd=ROOT,
        env=given,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("ERROR DATABASE_URL is not set")


def test_marks_sort_as_their_numbers_do() -> None:
    numbers = [0, 9, 10, 99, 2**53, 2**63 - 1]
    marks = [to_mark(number) for number in numbers]
    assert marks == sorted(marks)
    assert [from_mark(mark, int) for mark in marks] == numbers


def test_a_negative_number_is_no_cursor() -> None:
    with pytest.raises(FatalError, match="holds -1: only whole numbers from 0"):
        to_mark(-1)


def test_a_set_has_one_order() -> None:
    """Python's own differs from process to process, and a row would seem to change each time."""
    names = [f"name{number}" for number in range(20)]
    assert to_json(set(names)) == to_json(frozenset(reversed(names))) == sorted(names)


def test_a_view_of_what_is_gone_does_not_stop_the_others(tmp_path: Path) -> None:
    """It was said that the database does not answer, and nothing was read."""
    engine = connect(f"sqlite:///{tmp_path / 'shop.db'}")
    with engine.begin() as connection:
        for statement in ("TABLE orders", "TABLE gone"):
            connection.execute(text(f"CREATE {statement} (id integer PRIMARY KEY)"))
        connection.execute(text("CREATE VIEW sales AS SELECT id FROM gone"))
        connection.execute(text("DROP TABLE gone"))
    found, (refused,) = readable_streams(engine, "sales, orders")
    assert [stream.name for stream in found] == ["orders"]
    assert str(refused) == (
        "DATABASE_TABLES: sales is a view of something that is not there any more"
    )


def test_a_table_that_was_dropped_does_not_stop_the_others(
    store: Store, s3_environment: dict[str, str], tables: Engine
) -> None:
    with tables.begin() as connection:
        connection.execute(text("CREATE TABLE odd (id INTEGER PRIMARY KEY, spot POINT)"))
        connection.execute(text("INSERT INTO good VALUES (1, 'Ann')"))
    given = {
        **s3_environment,
        "DATABASE_URL": str(tables.url),
        "DATABASE_TABLES": "dropped, good, good:age, odd",
    }
    done = run_script("database_to_s3", given)
    assert done.returncode == 1
    assert done.stderr == (
        "ERROR DATABASE_TABLES: there is no table dropped in the database; DATABASE_TABLES: "
        "table good has no column age\n"
    )
    assert [envelope["record"]["name"] for envelope in landed(store, "database", "good")] == ["Ann"]


def test_another_database_does_not_go_on_from_the_first_ones_cursor(
    store: Store, s3_environment: dict[str, str], tmp_path: Path
) -> None:
    """Its rows below that cursor would be missing, and nothing would say so."""
    given = {**s3_environment, "DATABASE_TABLES": "orders:id"}
    for name, rows in (("old", "(500), (501)"), ("new", "(1), (2)")):
        with create_engine(f"sqlite:///{tmp_path / name}").begin() as connection:
            connection.execute(text("CREATE TABLE orders (id INTEGER PRIMARY KEY)"))
            connection.execute(text(f"INSERT INTO orders VALUES {rows}"))
    url = f"sqlite:///{tmp_path}"
    for _ in range(2):
        assert run_script("database_to_s3", {**given, "DATABASE_URL": f"{url}/old"}).returncode == 0
    refused = run_script("database_to_s3", {**given, "DATABASE_URL": f"{url}/new"})
    assert (refused.returncode, refused.stderr) == (
        1,
        f"ERROR s3://{store.bucket} holds database data of sqlite at {tmp_path}/old, and "
        f"DATABASE_URL is of sqlite at {tmp_path}/new: take another S3_BUCKET "
        "(`make clean` empties the local one); if it is the same one at "
        f"another address, delete s3://{store.bucket}/state/database/_owner.json\n",
    )
    assert len(landed(store, "database", "orders")) == 2


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"postgresql+psycopg://u:{SECRET}@DB.host:5433/shop?sslmode=require", ":5433/shop"),
        (f"postgresql+psycopg://u:{SECRET}@/shop?host=DB.host", "/shop"),
    ],
)
def test_where_a_database_is_tells_no_password(url: str, said: str) -> None:
    assert address(connect(url)) == f"postgresql at DB.host{said}"
