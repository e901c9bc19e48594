"""The least that pages: one `requests` session, no retries, no checks, gzip JSON Lines."""

import gzip
import json
import os
from collections.abc import Iterator
from typing import Any

import requests


def pages() -> Iterator[list[dict[str, Any]]]:
    http = requests.Session()
    http.headers["Authorization"] = f"Bearer {os.environ['STRIPE_API_KEY']}"
    asked: dict[str, Any] = {"limit": 100}
    while True:
        answer = http.get(f"{os.environ['STRIPE_API_BASE']}/v1/charges", params=asked, timeout=60)
        answer.raise_for_status()
        page = answer.json()
        yield page["data"]
        if not page["has_more"]:
            return
        asked["starting_after"] = page["data"][-1]["id"]


if __name__ == "__main__":
    with gzip.open("charges.jsonl.gz", "wt", compresslevel=6) as file:
        for page in pages():
            for charge in page:
                file.write(json.dumps(charge) + "\n")
