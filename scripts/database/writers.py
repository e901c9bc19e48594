"""Transactions that write to a table and have not committed, as PostgreSQL's locks show them.

A number is given out long before its row is seen. An import that takes an hour commits numbers that
lie far below what others have written meanwhile.
"""

import time

from sqlalchemy import Connection, Table, text

PATIENCE = 2.0  # seconds; an ordinary transaction has ended by then
LOOK_AGAIN = 0.05
# A writer takes the lock before its row takes a number, and keeps it to its end.
WRITERS = text(
    "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' "
    "AND relation = to_regclass(:table) AND mode = 'RowExclusiveLock' "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND pid IS DISTINCT FROM pg_backend_pid()"
)


def have_ended(connection: Connection, table: Table) -> bool:
    """Whether those who write to the table at this moment end soon. Then every number that was seen
    before, and all below it, has its row or will never have one."""
    name = connection.dialect.identifier_preparer.format_table(table)

    def writers() -> set[str]:
        return set(connection.scalars(WRITERS, {"table": name}))

    begun, deadline = writers(), time.monotonic() + PATIENCE
    while begun:
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_AGAIN)
        begun &= writers()
    return True
