"""A window's slices cover it once, whatever is in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import count, pairwise
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.landing.window import Slice
from scripts.stripe.client import Client, Newest
from scripts.stripe.plan import MOST_SLICES, bounds, cut, days
from scripts.stripe.streams import STREAMS

NOW = 1_795_000_000
UNTIL = "2026-11-18T12:26:40.500000Z"  # NOW, and half a second
CHARGES = next(stream for stream in STREAMS if stream.name == "charges")


@dataclass
class Account:
    """The newest objects of a list, as Stripe gives them; counts the looks."""

    created: list[int]
    looks: int = 0

    def newest(self, path: str, limit: int, filters: Mapping[str, Any]) -> Newest:
        self.looks += 1
        span = filters["created"]
        low, high = span.get("gte", 0), span.get("lte", span.get("lt", NOW + 1) - 1)
        found = sorted((at for at in self.created if low <= at <= high), reverse=True)
        return [{"id": str(at), "created": at} for at in found[:limit]], len(found) > limit


def client(account: Account) -> Client:
    return cast(Client, account)


ages = st.lists(st.integers(0, 3 * 365 * 86400), max_size=400)
bursts = st.builds(lambda age, n: [age] * n, st.integers(0, 10**8), st.integers(0, 400))


@given(ages=ages, burst=bursts, since=st.sampled_from((None, "2026-08-01T00:00:00.250000Z")))
def test_every_second_is_in_one_slice(ages: list[int], burst: list[int], since: str | None) -> None:
    account = Account([NOW - age for age in (*ages, *burst)])
    slices = cut(client(account), CHARGES, Slice(since, UNTIL, "listed"))
    assert 1 <= len(slices) <= MOST_SLICES
    assert account.looks <= 25
    assert (slices[0].since, slices[-1].until) == (since, UNTIL)
    for before, after in pairwise(slices):
        assert bounds(after)["gte"] == bounds(before)["lte"] + 1
    assert all(s.kind == "listed" and (s.since or "") <= s.until for s in slices)


@pytest.mark.parametrize(("answer", "least", "most"), [(0.2, 480, 720), (0.001, 4000, 5000)])
def test_an_even_account_is_cut_evenly_and_finer_the_slower_it_answers(
    monkeypatch: pytest.MonkeyPatch, answer: float, least: int, most: int
) -> None:
    monkeypatch.setattr("scripts.stripe.plan.monotonic", partial(next, count(step=answer)))
    account = Account([NOW - 3600 * hours for hours in range(9000)])
    slices = cut(client(account), CHARGES, Slice(None, UNTIL, "listed"))
    rows = [
        sum(bounds(s).get("gte", 0) <= at <= bounds(s)["lte"] for at in account.created)
        for s in slices
    ]
    assert sum(rows) == 9000
    assert least <= max(rows) <= most
    assert account.looks <= 12


def test_a_burst_does_not_make_many_slices() -> None:
    account = Account([NOW - 5] * 150 + [NOW - day * 86400 for day in range(100)])
    assert len(cut(client(account), CHARGES, Slice(None, UNTIL, "listed"))) == 1


def test_a_catch_up_is_cut_by_day_and_an_hour_is_not() -> None:
    assert len(days(Slice("2026-11-08T12:00:00.000000Z", UNTIL, "changed"))) == 10
    hour = Slice("2026-11-18T11:30:00.750000Z", UNTIL, "changed")
    assert days(hour) == [hour]
    moment = Slice(UNTIL, UNTIL, "changed")
    assert days(moment) == [moment]
