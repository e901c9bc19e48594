"""Synthetic activity in Shopify and Stripe: `python -m scripts.synthetic --days 60`.

Without `--days` it plays today up to now, which is what the schedule does; a day that was played
before is only completed. `--dates -` reads the days to play from standard input, one a line.
"""

import argparse
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kestra import Kestra

from scripts import settings
from scripts.errors import FatalError, run_command
from scripts.shopify.client import Client
from scripts.synthetic.activity import Stage, play
from scripts.synthetic.payments import Payments
from scripts.synthetic.plan import expected_orders
from scripts.synthetic.shop import prepare

log = logging.getLogger(__name__)


def main() -> None:
    given = _arguments()
    client = Client(settings.shopify())
    payments = Payments(settings.stripe())
    shop = prepare(client)
    stage = Stage(client, payments, shop, given.seed, given.orders_per_day * given.scale)
    today = datetime.now(ZoneInfo(shop.timezone)).date()
    total = 0
    for day in _days(given, today, stage.per_day):
        done = play(stage, day, _now(day, shop.timezone))
        total += done.orders
        sys.stdout.write(
            f"{day} orders {done.orders} shipped {done.fulfilled} refunded {done.refunded} "
            f"cancelled {done.cancelled}\n"
        )
        sys.stdout.flush()
    Kestra.counter("orders", total)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=1, help="how many days, the last one today")
    parser.add_argument("--dates", default="", help="'-': ISO dates from standard input")
    parser.add_argument("--orders-per-day", type=float, default=23.0, help="on an average day")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the orders")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    if given.days < 1 or given.scale <= 0 or given.orders_per_day <= 0:
        raise FatalError("--days, --scale and --orders-per-day must be positive")
    return given


def _days(given: argparse.Namespace, today: date, per_day: float) -> Iterator[date]:
    if given.dates == "-":
        for line in sys.stdin:
            yield _date(line.strip())
        return
    days = [today - timedelta(days=back) for back in range(given.days - 1, -1, -1)]
    orders = sum(expected_orders(day, per_day) for day in days)
    log.info("%d days, about %.0f orders; what exists already is kept", len(days), orders)
    yield from days


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise FatalError(f"no ISO date: {text!r}") from error


def _now(day: date, timezone: str) -> datetime:
    """The end of a day that is over, else this moment."""
    end = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(timezone)).astimezone(UTC)
    return min(end - timedelta(seconds=1), datetime.now(UTC))


if __name__ == "__main__":
    run_command(main)
