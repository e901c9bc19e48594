"""Rate limits as Stripe documents them: a bucket an endpoint and one for all, in real time."""

import time
from dataclasses import dataclass, field

from docker.stripe.errors import rate_limited


@dataclass
class Bucket:
    """Holds at most one second's worth of requests."""

    per_second: int
    tokens: float
    filled_at: float

    def refill(self, now: float) -> None:
        self.tokens += (now - self.filled_at) * self.per_second
        self.tokens = min(self.tokens, float(self.per_second))
        self.filled_at = now


@dataclass
class Traffic:
    """What one endpoint was asked since the start; times are `time.monotonic()`."""

    admitted: int = 0
    throttled: int = 0
    first_at: float = 0.0
    last_at: float = 0.0


@dataclass
class Limiter:
    """`admit` raises Stripe's 429 and then takes nothing from either bucket."""

    per_second: int
    per_endpoint: int
    buckets: dict[str, Bucket] = field(default_factory=dict)
    traffic: dict[str, Traffic] = field(default_factory=dict)

    def admit(self, endpoint: str) -> None:
        now = time.monotonic()
        every = self._bucket("", self.per_second, now)
        own = self._bucket(endpoint, self.per_endpoint, now)
        traffic = self.traffic.setdefault(endpoint, Traffic(first_at=now))
        traffic.last_at = now
        if min(own.tokens, every.tokens) < 1:
            traffic.throttled += 1
            raise rate_limited("endpoint-rate" if own.tokens < 1 else "global-rate")
        traffic.admitted += 1
        own.tokens -= 1
        every.tokens -= 1

    def _bucket(self, name: str, per_second: int, now: float) -> Bucket:
        bucket = self.buckets.setdefault(name, Bucket(per_second, float(per_second), now))
        bucket.refill(now)
        return bucket
