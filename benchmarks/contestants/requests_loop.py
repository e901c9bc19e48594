"""The least that pages: one `requests` session, no retries, no checks."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

from benchmarks.contestants.output import write


def pages() -> Iterator[dict[str, Any]]:
    http = requests.Session()
    http.headers["Authorization"] = f"Bearer {os.environ['STRIPE_API_KEY']}"
    asked: dict[str, Any] = {"limit": 100}
    while True:
        answer = http.get(f"{os.environ['STRIPE_API_BASE']}/v1/charges", params=asked, timeout=60)
        answer.raise_for_status()
        page = answer.json()
        yield from page["data"]
        if not page["has_more"]:
            return
        asked["starting_after"] = page["data"][-1]["id"]


if __name__ == "__main__":
    write(pages(), Path(sys.argv[1]))
