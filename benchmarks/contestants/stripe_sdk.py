"""The official client as its documentation shows it: `auto_paging_iter`, gzip JSON Lines."""

import gzip
import json
import os

import stripe

if __name__ == "__main__":
    client = stripe.StripeClient(
        os.environ["STRIPE_API_KEY"],
        base_addresses={"api": os.environ["STRIPE_API_BASE"]},
        http_client=stripe.RequestsClient(timeout=60),
    )
    with gzip.open("charges.jsonl.gz", "wt", compresslevel=6) as file:
        for charge in client.v1.charges.list({"limit": 100}).auto_paging_iter():
            file.write(json.dumps(charge.to_dict()) + "\n")
