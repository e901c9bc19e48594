"""Pull a SQL database into the landing area: `python -m scripts.database_to_s3 --streams users`."""

from scripts import arguments, settings
from scripts.database.pull import connect, explained, pull
from scripts.database.tables import streams
from scripts.errors import run_command
from scripts.landing.store import Store
from scripts.landing.streams import run_streams

# Somebody's shop runs on that database.
AT_ONCE = 2


def main() -> None:
    database = settings.database()
    engine, store = connect(database.url), Store(settings.s3())
    with explained():
        known = streams(engine, database.tables)
    names, request = arguments.parse(__doc__ or "", [stream.name for stream in known])
    wanted = [stream for stream in known if stream.name in names]
    run_streams(wanted, lambda stream: pull(engine, store, stream, request), AT_ONCE)


if __name__ == "__main__":
    run_command(main)
