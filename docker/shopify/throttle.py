"""The leaky bucket of query points; it runs on real time, never on the settable clock."""

import math
import time
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Bucket:
    """`rate` points a second flow in, up to `size`."""

    rate: float
    size: float
    level: float = field(init=False)
    seen: float = field(default_factory=time.monotonic)
    started: float = field(default_factory=time.monotonic)
    accepted: int = 0
    refused: int = 0
    spent: float = 0.0

    def __post_init__(self) -> None:
        self.level = self.size

    def available(self) -> float:
        moment = time.monotonic()
        self.level = min(self.size, self.level + (moment - self.seen) * self.rate)
        self.seen = moment
        return self.level

    def take(self, points: float) -> bool:
        """Whether the requested cost was there; it is then taken."""
        if self.available() < points:
            self.refused += 1
            return False
        self.level -= points
        self.accepted += 1
        self.spent += points
        return True

    def give_back(self, points: float) -> None:
        """Returns what a query was charged above its actual cost."""
        self.level = min(self.size, self.level + points)
        self.spent -= points

    def counters(self) -> dict[str, float]:
        """Requests and points since the start, and the seconds that passed."""
        seconds = time.monotonic() - self.started
        counted = {"accepted": self.accepted, "throttled": self.refused, "points": self.spent}
        return counted | {"seconds": seconds, "rate": self.rate, "size": self.size}

    def status(self) -> dict[str, Any]:
        return {
            "maximumAvailable": float(self.size),
            "currentlyAvailable": math.floor(self.available()),
            "restoreRate": float(self.rate),
        }
