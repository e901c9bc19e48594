"""Shopify's query cost bucket, shared by every thread that calls the shop.

The shop's bucket holds `size` points and regains `rate` a second. A call is charged its requested
cost first and given back what it did not use. The limiter spends a share of that budget: it has a
bucket of its own of `SHARE` of size and rate, and it waits as well while the shop's bucket, which
others empty too, holds less than the call and the others' reserve. How fast others empty it shows
in what is missing from one answer to the next.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

# Others use the shop's budget too.
SHARE = 0.8
SMOOTHING = 0.3
STEADY = 30.0  # seconds: a burst of the others is not yet their pace
MOST_OTHERS = 0.95  # of the rate: the rest is waited for, however slowly it comes
SHORTEST = 0.001  # seconds: less is not worth a sleep
STATUS = ("maximumAvailable", "currentlyAvailable", "restoreRate")


@dataclass
class _Cost:
    """What a kind of call was charged: the highest request, and the usual actual cost."""

    requested: float = 0.0
    actual: float = 0.0

    def learn(self, requested: float, actual: float | None) -> None:
        self.requested = max(self.requested, requested)
        if actual is not None:
            weight = SMOOTHING if self.actual else 1.0
            self.actual += weight * (actual - self.actual)


@dataclass(frozen=True)
class Permit:
    """A call that may be sent: what was set aside for it."""

    call: str
    requested: float
    actual: float


@dataclass
class Limiter:
    """`enter` waits and gives a permit; `leave` returns it with what the shop answered."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] | None = None
    rate: float = 0.0
    size: float = 0.0
    _own: float = 0.0
    _shop: float = 0.0
    _under_way: float = 0.0
    _seen: float = 0.0
    _told: float = 0.0
    _others: float = 0.0
    _costs: dict[str, _Cost] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self, call: str) -> Permit:
        """Waits until the cost of this kind of call is there; while that is unknown it does not."""
        while True:
            with self._lock:
                permit, wait = self._try(call)
            if permit:
                return permit
            (self.sleep or time.sleep)(wait)

    def leave(self, permit: Permit, cost: dict[str, Any]) -> None:
        """`cost` is the answer's `extensions.cost`; empty when there was no answer."""
        status = cost.get("throttleStatus") or {}
        with self._lock:
            self._flow()
            self._under_way -= permit.requested
            if not all(isinstance(status.get(name), int | float) for name in STATUS):
                return
            requested = float(cost.get("requestedQueryCost") or 0)
            actual = cost.get("actualQueryCost")
            known = self._costs.setdefault(permit.call, _Cost())
            known.learn(requested, None if actual is None else float(actual))
            self._learn_bucket(status, float(actual or 0))
            self._own += permit.actual - float(actual or 0)

    def points(self, call: str) -> float:
        """The usual actual cost of this kind of call; 0 while it is unknown."""
        with self._lock:
            return self._costs.get(call, _Cost()).actual

    @property
    def burst(self) -> float:
        """Points that may be spent at once."""
        return SHARE * self.size

    def _try(self, call: str) -> tuple[Permit | None, float]:
        self._flow()
        known = self._costs.get(call, _Cost())
        permit = Permit(call, known.requested, known.actual)
        if not self.rate:
            self._under_way += permit.requested
            return permit, 0.0
        wanted = min(self.size, known.requested + (1 - SHARE) * self.size)
        missing_here = min(known.actual, self.burst) - self._own
        missing_there = wanted + self._under_way - self._shop
        wait = max(missing_here / (SHARE * self.rate), missing_there / (self.rate - self._others))
        if wait > SHORTEST:
            return None, wait
        self._own -= permit.actual
        self._under_way += permit.requested
        return permit, 0.0

    def _flow(self) -> None:
        moment = self.clock()
        passed, self._seen = moment - self._seen, moment
        self._own = min(self.burst, self._own + passed * SHARE * self.rate)
        self._shop = min(self.size, self._shop + passed * (self.rate - self._others))

    def _learn_bucket(self, status: dict[str, Any], actual: float) -> None:
        rate, size = float(status["restoreRate"]), float(status["maximumAvailable"])
        if (rate, size) != (self.rate, self.size):
            self.rate, self.size = rate, size
            self._own = self.burst
            self._shop, self._told = size - actual, self._seen
        level = float(status["currentlyAvailable"])
        # what is missing beyond this call and those under way, others took since we were told
        taken = self._shop - actual - level
        taken = max(0.0, taken - self._under_way) if taken > 0 else taken
        self._others += taken / (STEADY + self._seen - self._told)
        self._others = min(max(self._others, 0.0), MOST_OTHERS * self.rate)
        self._shop, self._told = level, self._seen
