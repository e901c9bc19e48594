"""Pull Stripe into the landing area: `python -m scripts.stripe_to_s3 --streams charges`."""

from scripts import arguments, settings
from scripts.errors import run_command
from scripts.landing.owner import check_owner
from scripts.landing.store import Store
from scripts.landing.streams import run_streams
from scripts.stripe.client import Client
from scripts.stripe.pull import SOURCE, pull
from scripts.stripe.streams import STREAMS

# Stripe permits 25 requests/s an endpoint and 100 in all.
AT_ONCE = 4


def main() -> None:
    names, request = arguments.parse(__doc__ or "", [stream.name for stream in STREAMS])
    given, store = settings.stripe(), Store(settings.s3())
    client = Client(given)
    if account := client.account():
        mode = "test" if "_test_" in given.api_key else "live"  # one account's two worlds
        check_owner(store, SOURCE, f"{account} {mode}", f"{account} in {mode} mode")
    wanted = [stream for stream in STREAMS if stream.name in names]
    run_streams(wanted, lambda stream: pull(client, store, stream, request), AT_ONCE)


if __name__ == "__main__":
    run_command(main)
