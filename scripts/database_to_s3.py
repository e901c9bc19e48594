"""Pull a SQL database into the landing area: `python -m scripts.database_to_s3 --streams users`."""

from scripts import arguments, settings
from scripts.database.pull import SOURCE, address, connect, explained, pull
from scripts.database.tables import Stream, readable_streams
from scripts.errors import FatalError, run_command
from scripts.landing.owner import check_owner
from scripts.landing.pull import Result
from scripts.landing.store import Store
from scripts.landing.streams import run_streams

# Somebody's shop runs on that database.
AT_ONCE = 2


def main() -> None:
    database = settings.database()
    engine, store = connect(database.url), Store(settings.s3())
    with explained():
        known, refused = readable_streams(engine, database.tables)
    at, same = address(engine), "if it is the same one at another address"
    check_owner(store, SOURCE, at, at, given="DATABASE_URL", unless=same)
    names, request = arguments.parse(__doc__ or "", [stream.name for stream in known])

    def land(asked: Stream | FatalError) -> Result:
        if isinstance(asked, FatalError):
            raise asked
        return pull(engine, store, asked, request)

    wanted: list[Stream | FatalError] = [stream for stream in known if stream.name in names]
    run_streams([*wanted, *refused], land, AT_ONCE)


if __name__ == "__main__":
    run_command(main)
