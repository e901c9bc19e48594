"""Pull Shopify into the landing area: `python -m scripts.shopify_to_s3 --streams orders`."""

from scripts import arguments, settings
from scripts.errors import run_command
from scripts.landing.owner import check_owner
from scripts.landing.store import Store
from scripts.landing.streams import run_streams
from scripts.shopify.client import Client
from scripts.shopify.pull import SOURCE, pull
from scripts.shopify.streams import STREAMS

# All share one cost bucket; more than hides the network's waits would only queue.
AT_ONCE = 2


def main() -> None:
    names, request = arguments.parse(__doc__ or "", [stream.name for stream in STREAMS])
    client, store = Client(settings.shopify()), Store(settings.s3())
    check_owner(store, SOURCE, *client.shop())
    wanted = [stream for stream in STREAMS if stream.name in names]
    run_streams(wanted, lambda stream: pull(client, store, stream, request), AT_ONCE)


if __name__ == "__main__":
    run_command(main)
