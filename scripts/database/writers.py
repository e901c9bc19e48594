"""Transactions that write to a table and have not committed, as the database's locks show them.

A number is given out long before its row is seen. An import that takes an hour commits numbers that
lie far below what others have written meanwhile.
"""

import logging
import time
from collections.abc import Set

from sqlalchemy import Connection, Table, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from scripts.database.drivers import MYSQL

log = logging.getLogger(__name__)
PATIENCE = 2.0  # seconds; an ordinary transaction has ended by then
LOOK_AGAIN = 0.05
# A writer takes the lock before its row takes a number, and keeps it to its end.
POSTGRES_WRITERS = text(
    "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' "
    "AND relation = to_regclass(:table) AND mode = 'RowExclusiveLock' "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND pid IS DISTINCT FROM pg_backend_pid()"
)
# MySQL tells how many locks a transaction has and not of which table; who only reads has none.
MYSQL_WRITERS = text(
    "SELECT trx_id FROM information_schema.innodb_trx WHERE trx_lock_structs > 0 "
    "AND trx_mysql_thread_id <> connection_id()"
)


def have_ended(connection: Connection, table: Table) -> bool:
    """Whether those who write to the table at this moment end soon. Then every number that was seen
    before, and all below it, has its row or will never have one."""
    begun, deadline = _writers(connection, table), time.monotonic() + PATIENCE
    while begun:
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_AGAIN)
        begun &= _writers(connection, table)
    return True


def _writers(connection: Connection, table: Table) -> Set[str]:
    """Of other databases none are known."""
    if connection.dialect.name == "postgresql":
        name = connection.dialect.identifier_preparer.format_table(table)
        return set(connection.scalars(POSTGRES_WRITERS, {"table": name}))
    if connection.dialect.name not in MYSQL:
        return set()
    try:
        return set(connection.scalars(MYSQL_WRITERS))
    except (OperationalError, ProgrammingError):
        log.warning(
            "DATABASE_URL's user may not see who writes to %s, so rows of a long transaction can "
            "be missed: GRANT PROCESS ON *.* to it", table.name,
        )  # fmt: skip
        return set()
