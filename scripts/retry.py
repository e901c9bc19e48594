"""Back-off for passing faults, in one place for every source."""

import logging
import math
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from scripts.errors import RetriableError

log = logging.getLogger(__name__)
# Seconds. A source that asks for more is left alone until the next run.
LONGEST_WAIT = 600.0
T = TypeVar("T")


class ThrottledError(RetriableError):
    """The source says when to come back; not counted as a failed attempt."""

    def __init__(self, message: str, wait_seconds: float) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


def seconds_of(retry_after: str | None, default: float) -> float:
    """The wait that a Retry-After header asks for: seconds, or the date that a proxy sends."""
    text = (retry_after or "").strip()
    try:
        wait = float(text)
    except ValueError:
        try:
            until = parsedate_to_datetime(text)
        except ValueError:
            return default
        wait = (until.astimezone(UTC) - datetime.now(UTC)).total_seconds()
    return max(0.0, wait) if math.isfinite(wait) else default


def with_retries(
    call: Callable[[], T], attempts: int = 6, throttles: int = 60, patience: float = math.inf
) -> T:
    """Repeat `call` on RetriableError: exponential back-off with jitter, 0.5 s doubling to 20 s.

    patience: seconds that throttles may ask for in all. Raises the last error when the attempts are
    used up; FatalError passes at once.
    """
    failed = throttled = 0
    asked = 0.0
    while True:
        try:
            return call()
        except ThrottledError as error:
            throttled += 1
            if throttled >= throttles:
                raise
            asked += error.wait_seconds
            if error.wait_seconds > LONGEST_WAIT or asked > patience:
                raise RetriableError(
                    f"{error} and asks to come back in {error.wait_seconds:.0f} s"
                ) from error
            time.sleep(error.wait_seconds * random.uniform(1.0, 1.2))
        except RetriableError as error:
            failed += 1
            if failed >= attempts:
                raise
            wait = min(20.0, 0.5 * 2 ** (failed - 1)) * random.uniform(0.5, 1.0)
            log.warning("%s; attempt %d of %d in %.1f s", error, failed + 1, attempts, wait)
            time.sleep(wait)
