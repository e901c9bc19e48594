"""Pull Stripe into the landing area: `python -m scripts.stripe_to_s3 --streams charges`."""

from scripts import arguments, settings
from scripts.errors import run_command
from scripts.landing.store import Store
from scripts.landing.streams import run_streams
from scripts.stripe.client import Client
from scripts.stripe.pull import pull
from scripts.stripe.streams import STREAMS

# Stripe permits 25 requests/s an endpoint and 100 in all.
AT_ONCE = 4


def main() -> None:
    names, request = arguments.parse(__doc__ or "", [stream.name for stream in STREAMS])
    client, store = Client(settings.stripe()), Store(settings.s3())
    wanted = [stream for stream in STREAMS if stream.name in names]
    run_streams(wanted, lambda stream: pull(client, store, stream, request), AT_ONCE)


if __name__ == "__main__":
    run_command(main)
