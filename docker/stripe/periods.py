"""Billing periods: where the one that begins at `start` ends."""

import calendar
from datetime import UTC, datetime, timedelta

from docker.stripe.store import Body

DAYS = {"day": 1, "week": 7}
MONTHS = {"month": 1, "year": 12}


def end(anchor: int, start: int, recurring: Body) -> int:
    """The first end after `start`, in whole intervals from the anchor.

    Counting from the anchor keeps a subscription of the 31st on the last day of short months
    without staying on their day for ever.
    """
    count = 1
    while (moment := _after(anchor, recurring, count)) <= start:
        count += 1
    return moment


def _after(anchor: int, recurring: Body, count: int) -> int:
    """`count` intervals after the anchor; a day that the month lacks is its last."""
    begin = datetime.fromtimestamp(anchor, UTC)
    interval, number = recurring["interval"], recurring["interval_count"] * count
    if interval in DAYS:
        return int((begin + timedelta(days=DAYS[interval] * number)).timestamp())
    months = begin.year * 12 + begin.month - 1 + MONTHS[interval] * number
    year, month = divmod(months, 12)
    day = min(begin.day, calendar.monthrange(year, month + 1)[1])
    return int(begin.replace(year=year, month=month + 1, day=day).timestamp())
