"""Pull Stripe into the landing area: `python -m scripts.stripe_to_s3 --streams charges`."""

from kestra import Kestra

from scripts import arguments, settings
from scripts.errors import run_command
from scripts.landing.store import Store
from scripts.stripe.client import Client
from scripts.stripe.pull import pull
from scripts.stripe.streams import STREAMS


def main() -> None:
    names, request = arguments.parse(__doc__ or "", [stream.name for stream in STREAMS])
    client, store = Client(settings.stripe()), Store(settings.s3())
    for stream in STREAMS:
        if stream.name in names:
            result = pull(client, store, stream, request)
            Kestra.counter("rows", result.landed, {"stream": result.stream})


if __name__ == "__main__":
    run_command(main)
