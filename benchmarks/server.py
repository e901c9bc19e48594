"""A local Stripe of the benchmark's own, filled with varied charges."""

import os
import random
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import requests

PROJECT = Path(__file__).resolve().parents[1]
# Above what any contestant reaches: the benchmark compares clients, not Stripe's limit (25/s).
REQUESTS_PER_SECOND = 100_000
CARDS = ("pm_card_visa", "pm_card_mastercard", "pm_card_amex")
FIRST = ("Ada", "Ben", "Chloe", "Dmitri", "Eun-ji", "Farah", "Goran", "Hana", "Ines", "Jonas")
STREETS = ("Elm Street", "Harbour Road", "Station Lane", "Rue du Port", "Alder Way", "Mill Hill")


@contextmanager
def running(folder: Path, charges: int) -> Iterator[dict[str, str]]:
    """The environment variables that contestants need, while the server runs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    values = {
        "STRIPE_API_KEY": f"sk_test_{secrets.token_hex(12)}",
        "STRIPE_API_BASE": base,
        "STRIPE_RATE_LIMIT": str(REQUESTS_PER_SECOND),
        "STRIPE_ENDPOINT_RATE_LIMIT": str(REQUESTS_PER_SECOND),
        "BENCH_REQUESTS_PER_SECOND": str(REQUESTS_PER_SECOND),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "docker.stripe", "--port", str(port), "--data", str(folder)],
        cwd=PROJECT,
        env=os.environ | values,
    )
    try:
        _wait(process, base)
        _fill(base, values["STRIPE_API_KEY"], charges)
        yield values
    finally:
        process.terminate()
        process.wait(30)


def _wait(process: "subprocess.Popen[bytes]", base: str) -> None:
    while process.poll() is None:
        try:
            requests.get(f"{base}/_admin/health", timeout=5).raise_for_status()
            return
        except requests.ConnectionError:
            time.sleep(0.05)
    raise RuntimeError("the local Stripe did not start; its words stand above")


def _fill(base: str, key: str, charges: int) -> None:
    http = requests.Session()
    http.headers["Authorization"] = f"Bearer {key}"
    with ThreadPoolExecutor(4) as pool:
        for status in pool.map(lambda number: _pay(http, base, number), range(charges)):
            if status != 200:
                raise RuntimeError(f"the local Stripe answered {status} to a payment")


def _pay(http: requests.Session, base: str, number: int) -> int:
    """One payment; equal rows would compress a hundred to one and measure nothing."""
    draw = random.Random(number)
    fields = {
        "amount": draw.randint(500, 40_000),
        "currency": "usd",
        "payment_method": draw.choice(CARDS),
        "confirm": "true",
        "automatic_payment_methods[enabled]": "true",
        "automatic_payment_methods[allow_redirects]": "never",
        "description": f"Order #{1000 + number}",
        "receipt_email": f"{draw.getrandbits(40):x}@example.com",
        "metadata[shopify_order_id]": str(draw.randrange(10**12, 10**13)),
        "metadata[cart]": f"{draw.getrandbits(128):032x}",
        "shipping[name]": f"{draw.choice(FIRST)} {draw.getrandbits(24):x}",
        "shipping[address][line1]": f"{draw.randint(1, 400)} {draw.choice(STREETS)}",
        "shipping[address][city]": f"City {draw.randint(1, 900)}",
        "shipping[address][country]": "US",
    }
    return http.post(f"{base}/v1/payment_intents", data=fields, timeout=60).status_code
