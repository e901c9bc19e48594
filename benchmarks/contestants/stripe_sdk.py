"""The official client as its documentation shows it: `auto_paging_iter`."""

import os
import sys
from pathlib import Path

import stripe

from benchmarks.contestants.output import write


def main(path: Path) -> None:
    client = stripe.StripeClient(
        os.environ["STRIPE_API_KEY"],
        base_addresses={"api": os.environ["STRIPE_API_BASE"]},
        http_client=stripe.RequestsClient(timeout=60),
    )
    charges = client.v1.charges.list({"limit": 100})
    write((charge.to_dict() for charge in charges.auto_paging_iter()), path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
