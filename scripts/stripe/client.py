"""Stripe API v1 through the official client's raw requests.

`raw_request` keeps the client's authentication, versioning and retries and skips the object
hydration that costs its auto-paging most of its time (FACTS.md: 592 against 12,000 objects/s).
"""

import time
from collections.abc import Iterator
from typing import Any

import stripe

from scripts.errors import FatalError, RetriableError
from scripts.landing.writer import iso, now_utc
from scripts.retry import ThrottledError, with_retries
from scripts.settings import Stripe

PAGE = 100  # Stripe's maximum
# Stripe allows 25 requests/s an endpoint; others use the account too (docs: rate-limits).
REQUESTS_PER_SECOND = 20.0


class Client:
    """Lists and fetches objects as plain dictionaries, below the permitted rate."""

    def __init__(self, settings: Stripe) -> None:
        addresses: Any = {"api": settings.api_base} if settings.api_base else {}
        self._client = stripe.StripeClient(
            settings.api_key,
            base_addresses=addresses,
            http_client=stripe.RequestsClient(timeout=60),
            max_network_retries=0,  # with_retries does it, and says so
        )
        self._next_call = 0.0
        self.version: str = stripe.api_version

    def list(self, path: str, **filters: Any) -> Iterator[tuple[dict[str, Any], str]]:
        """Every object of a list, newest first as Stripe gives them, with the time (ISO 8601 UTC)
        at which its page was asked for."""
        after: dict[str, Any] = {}
        while True:
            read_at = iso(now_utc())
            page = self.get(path, limit=PAGE, **filters, **after)
            for record in page["data"]:
                yield record, read_at
            if not page["has_more"]:
                return
            after = {"starting_after": page["data"][-1]["id"]}

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        return with_retries(lambda: self._attempt(path, params))

    def _attempt(self, path: str, params: dict[str, Any]) -> dict[str, Any]:
        self._pace()
        try:
            response: Any = self._client.raw_request("get", path, **params)
        except (stripe.AuthenticationError, stripe.PermissionError) as error:
            raise FatalError(
                f"Stripe refused {path}: check STRIPE_API_KEY and its permissions"
            ) from error
        except stripe.RateLimitError as error:
            raise ThrottledError("Stripe throttles", 1.0) from error
        except stripe.APIConnectionError as error:
            raise RetriableError(f"Stripe could not be reached for {path}") from error
        except stripe.InvalidRequestError as error:
            raise FatalError(f"Stripe refused {path}: {error.user_message}") from error
        except stripe.StripeError as error:
            raise RetriableError(f"Stripe answered {error.http_status} for {path}") from error
        data: dict[str, Any] = response.data
        return data

    def _pace(self) -> None:
        now = time.monotonic()
        if now < self._next_call:
            time.sleep(self._next_call - now)
        self._next_call = max(now, self._next_call) + 1 / REQUESTS_PER_SECOND
