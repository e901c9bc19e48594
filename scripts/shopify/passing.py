"""Answers that pass by themselves, by their HTTP status: of any of Shopify's addresses."""

import requests

from scripts.errors import RetriableError
from scripts.retry import ThrottledError, seconds_of


class FailedInsideError(RetriableError):
    """Shopify failed at what it was asked; it may manage less of it."""


def passing_error(response: requests.Response) -> RetriableError | None:
    """None: the answer is a good one, or asking again would not help."""
    status = response.status_code
    if status == 429:
        wait = seconds_of(response.headers.get("Retry-After"), 2.0)
        return ThrottledError("Shopify throttles", max(0.5, wait))
    if status >= 500 or status == 408:
        return FailedInsideError(f"Shopify answered {status}")
    return None
