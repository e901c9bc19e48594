"""What happens in the shop on a day: a pure function of the seed and the date.

Any day can be planned alone and always comes out the same, so a run that stopped is repeated and a
refund planned weeks ahead is found again without a database.
"""

import math
import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from scripts.synthetic.catalogue import VARIANTS, Variant
from scripts.synthetic.people import Person, person

# Monday to Sunday: people browse at work on Mondays and buy on Sunday evening.
WEEK = (1.02, 0.93, 0.9, 0.95, 1.05, 1.0, 1.25)
# Share of the day's orders by hour of the shop's clock.
HOURS = (1, 1, 1, 0, 0, 1, 2, 3, 5, 6, 6, 6, 7, 6, 5, 5, 5, 5, 6, 8, 10, 9, 6, 3)
NEW_SHARE = 0.38
LOOK_BACK_DAYS = 60
FOLLOW_UP_DAYS = 30


class Payment(StrEnum):
    """How the order is paid. The last two are there for reconciliation to find."""

    PAID = "paid"
    DECLINED_ONCE = "declined_once"
    DECLINED = "declined"
    NO_CHARGE = "no_charge"
    WRONG_AMOUNT = "wrong_amount"


PAYMENT_ODDS = {
    Payment.PAID: 0.93,
    Payment.DECLINED_ONCE: 0.04,
    Payment.DECLINED: 0.015,
    Payment.NO_CHARGE: 0.008,
    Payment.WRONG_AMOUNT: 0.007,
}


@dataclass(frozen=True)
class OrderPlan:
    """One order. Days count from the order's own; None means that it does not happen."""

    key: str
    at: datetime
    buyer: Person
    lines: tuple[tuple[Variant, int], ...]
    discount_percent: int
    express: bool
    payment: Payment
    ship_after_days: int | None
    refund_after_days: int | None
    refund_whole: bool
    cancel_after_days: int | None

    @property
    def day(self) -> date:
        return datetime.strptime(self.key.split("-")[1], "%Y%m%d").date()


def expected_orders(day: date, per_day: float) -> float:
    """Demand: weekday, a year's wave with its crest in November, Black Friday week, payday."""
    season = 1 + 0.18 * math.cos((day.timetuple().tm_yday - 325) / 365 * 2 * math.pi)
    thanksgiving = date(day.year, 11, 1)
    thanksgiving += timedelta(days=(3 - thanksgiving.weekday()) % 7 + 21)
    rush = 2.2 if 0 <= (day - thanksgiving).days <= 4 else 1.0
    payday = 1.1 if day.day in (1, 2, 15, 16) else 1.0
    return per_day * WEEK[day.weekday()] * season * rush * payday


def plan_day(seed: int, day: date, per_day: float, timezone: str) -> list[OrderPlan]:
    """The day's orders in the order of their times, which are in UTC."""
    dice = random.Random(f"{seed}/day/{day}")
    mean = expected_orders(day, per_day)
    count = max(0, round(dice.gauss(mean, math.sqrt(mean))))
    times = sorted(_moment(dice, day, timezone) for _ in range(count))
    return [_order(seed, day, number, at, per_day) for number, at in enumerate(times)]


def new_customers(seed: int, day: date, per_day: float) -> int:
    dice = random.Random(f"{seed}/new/{day}")
    return max(1, round(expected_orders(day, per_day) * NEW_SHARE * dice.uniform(0.85, 1.15)))


def _moment(dice: random.Random, day: date, timezone: str) -> datetime:
    hour = dice.choices(range(24), HOURS)[0]
    naive = datetime(day.year, day.month, day.day, hour, dice.randrange(60), dice.randrange(60))
    return naive.replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)


def _order(seed: int, day: date, number: int, at: datetime, per_day: float) -> OrderPlan:
    key = f"syn-{day:%Y%m%d}-{number:04d}"
    dice = random.Random(f"{seed}/order/{key}")
    payment = dice.choices(list(PAYMENT_ODDS), list(PAYMENT_ODDS.values()))[0]
    paid = payment is not Payment.DECLINED
    refunded = paid and payment is not Payment.NO_CHARGE and dice.random() < 0.075
    return OrderPlan(
        key=key,
        at=at,
        buyer=_buyer(seed, day, per_day, dice),
        lines=_lines(dice),
        discount_percent=dice.choices((0, 10, 15, 20), (78, 12, 7, 3))[0],
        express=dice.random() < 0.14,
        payment=payment,
        ship_after_days=dice.choices((0, 1, 2, 3, None), (15, 52, 22, 8, 3))[0] if paid else None,
        refund_after_days=dice.randint(4, 21) if refunded else None,
        refund_whole=dice.random() < 0.4,
        cancel_after_days=None if paid else 1,
    )


def _buyer(seed: int, day: date, per_day: float, dice: random.Random) -> Person:
    """A new customer, or one who came before: recent ones come again more often."""
    joined = day
    if dice.random() >= NEW_SHARE:
        joined = day - timedelta(days=min(LOOK_BACK_DAYS, 1 + int(dice.expovariate(1 / 16))))
    # Squared: a few of a day's newcomers become regulars, most never return.
    share = dice.random() ** (2 if joined != day else 1)
    return person(seed, joined, int(share * new_customers(seed, joined, per_day)))


def _lines(dice: random.Random) -> tuple[tuple[Variant, int], ...]:
    count = dice.choices((1, 2, 3, 4), (52, 29, 13, 6))[0]
    chosen = dict.fromkeys(dice.choices(VARIANTS, [v.popularity for v in VARIANTS], k=count))
    cheap = 40
    return tuple(
        (variant, dice.choices((1, 2, 3), (78, 16, 6))[0] if variant.price < cheap else 1)
        for variant in chosen
    )
