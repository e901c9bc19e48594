"""Shopify orders, products and customers: the shipped command beside two connectors."""

import secrets
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console

from benchmarks import ours, peers, services, shop
from benchmarks.charges import DAYS
from benchmarks.connectors import airbyte_command, airbyte_ids, singer_command, singer_ids
from benchmarks.contest import LATENCIES, Contestant, Report, beside, compete, machine, report, show
from benchmarks.measure import Command
from benchmarks.peers import MissingPeerError
from benchmarks.real_names import RealNames, leading_to

OURS = "shopify_to_s3 (ours)"
SHOP, ADDRESS = "local-shop", "127.0.0.83"
CURSORS = {"orders": "updated_at", "products": "updated_at", "customers": "updated_at"}
ROWS_AN_ORDER = 1.4  # with its fifth of a product and of a customer
# Before the oldest row: an earlier start would only add empty windows, a minute each for the tap.
START = (datetime.now(UTC) - timedelta(days=DAYS + 5)).strftime("%Y-%m-%d")


def run(console: Console, rows: int, rounds: int) -> Report:
    token = secrets.token_hex(16)
    settings = {
        "SHOPIFY_ACCESS_TOKEN": token,
        "SHOPIFY_API_SECRET": secrets.token_hex(16),
        "SHOPIFY_PLAN": "enterprise",
    }
    orders = int(rows / ROWS_AN_ORDER) // 2
    what = f"{orders} orders, {orders // 5} products and customers each, whole process"
    found: Report = {"what": what, **machine()}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ecomm-bench-")))
        s3 = stack.enter_context(services.s3(folder))
        shopify = stack.enter_context(services.local("shopify", folder / "shopify", settings))
        console.print(f"Filling the local Shopify with {what} ...")
        ids = shop.fill(shopify, token, orders)
        access = {"SHOPIFY_URL": shopify.url, "SHOPIFY_ACCESS_TOKEN": token}
        entrants = [_ours(s3, access), *_connectors(stack, shopify, token, folder, console)]
        notes = {entrant.name: entrant.note for entrant in entrants}
        for seconds in LATENCIES:
            title = f"{1000 * seconds:.0f} ms a request"
            console.print(f"{title}: {rounds} rounds")
            shopify.slow(seconds)
            entries = report(compete(entrants, rounds, console), ids, notes)
            found[title] = {"contestants": entries, "beside": beside(entries, OURS)}
            show(console, f"orders, products, customers, {title}", entries)
    return found


def _ours(s3: services.S3, access: Mapping[str, str]) -> Contestant:
    def command(folder: Path) -> Command:
        return ours.command("shopify_to_s3", ",".join(CURSORS), s3, access, folder)

    return Contestant(OURS, command, ours.landed)


def _connectors(
    stack: ExitStack, shopify: services.Service, token: str, folder: Path, console: Console
) -> list[Contestant]:
    try:
        host = f"{SHOP}.myshopify.com"
        names = stack.enter_context(leading_to(host, shopify.port, ADDRESS, folder))
        return [_airbyte(names, token), _tap(names, token)]
    except MissingPeerError as error:
        console.print(f"airbyte-source-shopify, tap-shopify: {error}", markup=False)
        return []


def _airbyte(names: RealNames, token: str) -> Contestant:
    source = str(peers.installed("airbyte_shopify").parent / "source-shopify")
    credentials = {"auth_method": "api_password", "api_password": token}
    config = {"shop": SHOP, "credentials": credentials, "start_date": START}

    def command(folder: Path) -> Command:
        return airbyte_command(names, source, config, CURSORS, folder)

    note = "CDK 7.39.1, as pip installs it; orders by REST, the others by bulk operations"
    return Contestant("airbyte-source-shopify 4.3.0", command, airbyte_ids, note)


def _tap(names: RealNames, token: str) -> Contestant:
    tap = str(peers.installed("tap_shopify").parent / "tap-shopify")
    config = {
        "shop": SHOP,
        "access_token": token,
        "api_key": token,
        "start_date": f"{START}T00:00:00Z",
        "date_window_size": DAYS + 10,
    }

    def command(folder: Path) -> Command:
        return singer_command(names, tap, config, list(CURSORS), folder)

    note = "looks after its bulk operations once a minute; one window instead of one a month"
    return Contestant("tap-shopify 3.13.0", command, singer_ids, note)
