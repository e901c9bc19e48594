"""The request rate: below what Stripe permits, shared by all threads, learned from its 429s.

Stripe permits so many requests a second to one endpoint and to all together (docs: rate-limits) and
does not say what is left, so the pace starts at a share of the documented rates. A 429 means that
others use the account or that its limits are lower: the pace drops at once and comes back slowly,
never above the documented rate. What was admitted between two 429s bounds the drop, and where
nothing was, it is no matter of pace: a minute in which Stripe refuses everything is waited for.
"""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

SHARE = 0.95  # of what is permitted; the rest is for who else uses the account
# A drop this deep and a return this slow meet the limit again after some 300 requests: well below
# one throttled in a hundred, at nine tenths of what is permitted.
DROP = 0.85
RETURN_EACH = 0.0005
USUAL = 300  # requests between two 429s; after more than these the pace comes back ever faster
SOON_SECONDS = 10.0  # a 429 again within: the pace is far off, so each in a row drops it further
LEAST = 1.0  # requests/s
# How much of a pause may be made up for: what a late answer cost, not a burst.
CATCH_UP_SECONDS = 0.25
PAUSE_SECONDS = 1.0  # after a 429 that names no time
MOST_DOUBLINGS = 3  # of the pause, while nothing is admitted


@dataclass
class Pace:
    """One limit: requests/s at most and now, the time of the next request. Of the last 429: when it
    came, until when it held requests back, what was admitted since, and the seconds it asked for:
    the longer, the more rarely the limit is tried. How many came one soon after the other, and of
    these after how many nothing was admitted."""

    documented: float
    permitted: float
    next_at: float = 0.0
    slowed_at: float = -math.inf
    held_until: float = -math.inf
    admitted: int = 0
    pause: float = PAUSE_SECONDS
    in_a_row: int = 0
    in_vain: int = 0

    def take(self, now: float) -> None:
        self.next_at = max(self.next_at, now - CATCH_UP_SECONDS) + 1 / (self.permitted * SHARE)

    def slow_down(self, sent: float, now: float, wait: float) -> None:
        if sent >= self.held_until:  # before, it is an answer to what was sent too early as well
            if now - self.held_until >= SOON_SECONDS:
                self.in_a_row = 0
            elif not self.admitted:
                self.in_vain += 1
            if not self.in_vain:
                self.in_a_row += 1
                self.permitted = self._lower(now)
            self.slowed_at, self.admitted, self.pause = now, 0, max(wait, PAUSE_SECONDS)
        wait *= 2 ** min(self.in_vain, MOST_DOUBLINGS)
        self.held_until = max(self.held_until, now + wait)
        self.next_at = max(self.next_at, self.held_until)

    def _lower(self, now: float) -> float:
        """A limit that was used up then and is now has let through its rate in between."""
        let_through = self.admitted / (now - self.slowed_at)
        deep = self.permitted * DROP**self.in_a_row
        return max(LEAST, deep, min(self.permitted * DROP, let_through))

    def speed_up(self) -> None:
        self.admitted += 1
        self.in_vain = 0
        each = RETURN_EACH / self.pause * max(1.0, self.admitted / USUAL) ** 2
        self.permitted = min(self.documented, self.permitted * (1 + each))


@dataclass
class Limiter:
    """`wait` before a request, then `succeeded` or `throttled`; endpoints are `GET /v1/charges`.

    per_endpoint, in_all: requests/s that Stripe permits.
    """

    per_endpoint: float
    in_all: float
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = lambda seconds: time.sleep(seconds)
    _paces: dict[str, Pace] = field(default_factory=dict[str, Pace])
    _queues: dict[str, threading.Lock] = field(default_factory=dict[str, threading.Lock])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, endpoint: str) -> float:
        """Returns when the request may be sent, and the time then. Who sleeps has no turn yet, so
        that a 429 meanwhile holds everybody back."""
        with self._queue(endpoint):
            while True:
                with self._lock:
                    paces, now = self.paces(endpoint), self.now()
                    turn = max(pace.next_at for pace in paces)
                    if turn <= now:
                        for pace in paces:
                            pace.take(now)
                        return now
                self.sleep(turn - now)

    def succeeded(self, endpoint: str) -> None:
        with self._lock:
            for pace in self.paces(endpoint):
                pace.speed_up()

    def throttled(self, endpoint: str, reason: str, wait: float, sent: float) -> None:
        """reason: Stripe's `Stripe-Rate-Limited-Reason`; `global-…` slows all endpoints down.
        wait: seconds without a request, of which 0 is none. sent: what `wait` returned."""
        with self._lock:
            one, every = self.paces(endpoint)
            pace = every if reason.startswith("global") else one
            pace.slow_down(sent, self.now(), wait or PAUSE_SECONDS)

    def paces(self, endpoint: str) -> tuple[Pace, Pace]:
        """The endpoint's own and the one of all together."""
        return self._pace(endpoint, self.per_endpoint), self._pace("", self.in_all)

    def _queue(self, endpoint: str) -> threading.Lock:
        """Of an endpoint's threads one sleeps: hundreds that woke for each turn took a core."""
        with self._lock:
            return self._queues.setdefault(endpoint, threading.Lock())

    def _pace(self, name: str, rate: float) -> Pace:
        return self._paces.setdefault(name, Pace(rate, rate))
