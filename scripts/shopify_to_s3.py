"""Pull Shopify into the landing area: `python -m scripts.shopify_to_s3 --streams orders`."""

from kestra import Kestra

from scripts import arguments, settings
from scripts.errors import run_command
from scripts.landing.store import Store
from scripts.shopify.client import Client
from scripts.shopify.pull import pull
from scripts.shopify.streams import STREAMS


def main() -> None:
    names, request = arguments.parse(__doc__ or "", [stream.name for stream in STREAMS])
    client, store = Client(settings.shopify()), Store(settings.s3())
    for stream in STREAMS:
        if stream.name in names:
            result = pull(client, store, stream, request)
            Kestra.counter("rows", result.landed, {"stream": result.stream})


if __name__ == "__main__":
    run_command(main)
