"""Stripe charges: the shipped command beside what else pulls them."""

import gzip
import secrets
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import orjson
from rich.console import Console

from benchmarks import charges, ours, peers, services, stripe_peers
from benchmarks.contest import LATENCIES, Contestant, Report, beside, compete, machine, report, show
from benchmarks.measure import Command
from benchmarks.peers import MissingPeerError
from benchmarks.real_names import leading_to

# Above what anybody reaches: compares clients, not Stripe's limit.
NO_LIMIT = 100_000
OURS = "stripe_to_s3 (ours)"
FLOOR = "requests_loop"
HOST, ADDRESS = "api.stripe.com", "127.0.0.82"
PERMITTED = 25  # requests/s of one endpoint (docs: rate-limits)
LARGER = 4  # times the rows, to see whether memory grows with the window


def run(console: Console, count: int, rounds: int) -> Report:
    key = f"sk_test_{secrets.token_hex(12)}"
    environment = {"STRIPE_API_KEY": key}
    limits = {"STRIPE_RATE_LIMIT": str(NO_LIMIT), "STRIPE_ENDPOINT_RATE_LIMIT": str(NO_LIMIT)}
    found: Report = {"what": f"{count} Stripe charges, whole process", **machine()}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ecomm-bench-")))
        s3 = stack.enter_context(services.s3(folder))
        stripe = stack.enter_context(
            services.local("stripe", folder / "stripe", environment | limits)
        )
        console.print(f"Filling the local Stripe with {count:,} charges ...")
        ids = charges.fill(stripe, key, count)
        entrants = [
            *contestants(stripe, s3, key, NO_LIMIT),
            *_connectors(stack, stripe, key, folder, console),
        ]
        notes = {entrant.name: entrant.note for entrant in entrants}
        for seconds in LATENCIES:
            title = f"charges, {1000 * seconds:.0f} ms a request"
            console.print(f"{title}: {rounds} rounds")
            stripe.slow(seconds)
            runs = compete(entrants, rounds, console)
            entries = report(runs, ids, notes)
            found[title] = {"contestants": entries, "beside": beside(entries, OURS, FLOOR)}
            show(console, title, entries)
    found["charges, Stripe's own limit"] = _limited(console, LARGER * count)
    return found


def _limited(console: Console, count: int) -> Report:
    """At 25 requests/s: how much of that each reaches, and how often it is told to wait."""
    key = f"sk_test_{secrets.token_hex(12)}"
    console.print(f"{count:,} charges, {PERMITTED} requests/s permitted: one round")
    entries: Report = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ecomm-bench-")))
        s3 = stack.enter_context(services.s3(folder))
        settings = {"STRIPE_API_KEY": key}
        stripe = stack.enter_context(services.local("stripe", folder / "stripe", settings))
        ids = charges.fill(stripe, key, count)
        for entrant in contestants(stripe, s3, key, PERMITTED):
            if entrant.name in (OURS, "dlt_rest_api"):
                stripe.admin("DELETE", "traffic")
                runs = compete([entrant], 1, console)
                traffic = stripe.admin("GET", "traffic")["GET /v1/charges"]
                entries |= report(runs, ids, {})
                entries[entrant.name] |= _shares(traffic)
    show(console, "charges at Stripe's limit", entries)
    return {"charges": count, "contestants": entries}


def _shares(traffic: dict[str, float]) -> Report:
    asked = traffic["admitted"] + traffic["throttled"]
    reached = traffic["admitted"] / (traffic["last_at"] - traffic["first_at"])
    return {
        "share_of_permitted_rate": round(reached / PERMITTED, 3),
        "throttled_share": round(traffic["throttled"] / asked, 4),
    }


def _connectors(
    stack: ExitStack, stripe: services.Service, key: str, folder: Path, console: Console
) -> list[Contestant]:
    """Those that need the real host name, where this machine can give it."""
    try:
        names = stack.enter_context(leading_to(HOST, stripe.port, ADDRESS, folder))
        return [stripe_peers.tap_stripe(names, key), stripe_peers.airbyte_stripe(names, key)]
    except MissingPeerError as error:
        console.print(f"tap-stripe, airbyte-source-stripe: {error}", markup=False)
        return []


def contestants(stripe: services.Service, s3: services.S3, key: str, rate: int) -> list[Contestant]:
    access = {"STRIPE_API_KEY": key, "STRIPE_API_BASE": stripe.url}

    settings = {**access, "STRIPE_REQUESTS_PER_SECOND": str(rate)}

    def shipped(folder: Path) -> Command:
        return ours.command("stripe_to_s3", "charges", s3, settings, folder)

    def script(name: str, python: Path) -> Contestant:
        path = Path(__file__).parent / "contestants" / f"{name}.py"
        return Contestant(
            name, lambda folder: Command([str(python), str(path)], access, folder), written
        )

    return [
        Contestant(OURS, shipped, ours.landed),
        script(FLOOR, Path(sys.executable)),
        script("stripe_sdk", Path(sys.executable)),
        script("dlt_rest_api", peers.installed("dlt")),
    ]


def written(out: Path) -> Sequence[str]:
    """The ids in the JSON Lines files beside `out`, gzip or not."""
    found = []
    for path in sorted(out.parent.rglob("charges*")):
        if path.is_file():
            text = path.read_bytes()
            text = gzip.decompress(text) if text.startswith(b"\x1f\x8b") else text
            found += [f"charges:{orjson.loads(line)['id']}" for line in text.splitlines()]
    return found
