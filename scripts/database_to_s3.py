"""Pull a SQL database into the landing area: `python -m scripts.database_to_s3 --streams users`."""

from kestra import Kestra

from scripts import arguments, settings
from scripts.database.pull import connect, explained, pull
from scripts.database.tables import streams
from scripts.errors import run_command
from scripts.landing.store import Store


def main() -> None:
    database = settings.database()
    engine, store = connect(database.url), Store(settings.s3())
    with explained():
        known = streams(engine, database.tables)
    names, request = arguments.parse(__doc__ or "", [stream.name for stream in known])
    for stream in known:
        if stream.name in names:
            result = pull(engine, store, stream, request)
            Kestra.counter("rows", result.landed, {"stream": result.stream})


if __name__ == "__main__":
    run_command(main)
