"""Shopify Admin GraphQL: one call, its errors by kind, and the pace that the shop allows.

ShopifyAPI (the official client) knows versions, the endpoint and the headers; the request itself
goes over one keep-alive `requests` session with time-outs, which ShopifyAPI's transport lacks.
"""

import time
from typing import Any

import requests
import shopify

from scripts.errors import FatalError, RetriableError
from scripts.retry import ThrottledError, with_retries
from scripts.settings import Shopify

TIMEOUT = (10, 90)  # connect, read: seconds
# Others use the shop's budget too: keep this share of the bucket free.
RESERVED_SHARE = 0.2


class Client:
    """Calls the shop's GraphQL endpoint; `cost` holds the last throttle status."""

    def __init__(self, settings: Shopify) -> None:
        self.version = settings.api_version
        session = shopify.Session("shop.myshopify.com", self.version, settings.access_token)
        shopify.ShopifyResource.activate_session(session)
        shopify.ShopifyResource.set_site(f"{settings.url}/admin/api/{self.version}")
        graphql = shopify.GraphQL()
        self._endpoint: str = graphql.endpoint
        self._http = requests.Session()
        self._http.headers.update(graphql.headers)
        self._http.headers.update({"Accept": "application/json"})
        self._cost: dict[str, Any] = {}

    def execute(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The `data` of one call. FatalError: wrong token, scope or document; RetriableError: gave
        up on a passing fault after back-off."""
        return with_retries(lambda: self._attempt(document, variables))

    def _attempt(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        self._pace()
        try:
            response = self._http.post(
                self._endpoint, json={"query": document, "variables": variables}, timeout=TIMEOUT
            )
            answer: Any = response.json() if response.ok else None
        except requests.JSONDecodeError as error:
            raise RetriableError("Shopify's answer was cut off") from error
        except requests.RequestException as error:
            raise RetriableError(f"Shopify could not be reached: {_short(error)}") from error
        if answer is None:
            raise _status_error(response)
        self._cost = answer.get("extensions", {}).get("cost", {})
        if answer.get("errors"):
            raise self._graphql_error(answer["errors"])
        data: dict[str, Any] = answer["data"]
        return data

    def _pace(self) -> None:
        """Wait until the bucket holds the last call's cost again, above the reserved share."""
        status = self._cost.get("throttleStatus")
        if not status:
            return
        wanted = float(self._cost.get("requestedQueryCost") or 0)
        wanted += RESERVED_SHARE * status["maximumAvailable"]
        wanted = min(wanted, status["maximumAvailable"])
        missing = wanted - status["currentlyAvailable"]
        if missing > 0:
            time.sleep(missing / status["restoreRate"])

    def _graphql_error(self, errors: Any) -> Exception:
        if not isinstance(errors, list):  # Shopify sends a plain string for some refusals
            return FatalError(f"Shopify refused the call: {errors}")
        codes = {error.get("extensions", {}).get("code") for error in errors}
        message = "; ".join(str(error.get("message")) for error in errors[:3])
        if "THROTTLED" in codes:
            status = self._cost.get("throttleStatus") or {}
            missing = float(self._cost.get("requestedQueryCost") or 0) - float(
                status.get("currentlyAvailable") or 0
            )
            rate = float(status.get("restoreRate") or 50)
            return ThrottledError("Shopify throttles", max(0.5, missing / rate))
        if codes & {"INTERNAL_SERVER_ERROR", "TIMEOUT"}:
            return RetriableError(f"Shopify failed inside: {message}")
        if "ACCESS_DENIED" in codes:
            return FatalError(f"the Shopify token lacks a scope: {message}")
        return FatalError(f"Shopify refused the document: {message}")


def _status_error(response: requests.Response) -> Exception:
    status = response.status_code
    if status == 429:
        return ThrottledError("Shopify throttles", float(response.headers.get("Retry-After", 2)))
    if status >= 500:
        return RetriableError(f"Shopify answered {status}")
    if status in (401, 403):
        return FatalError(
            f"Shopify answered {status}: check SHOPIFY_ACCESS_TOKEN and its scopes for SHOPIFY_URL"
        )
    if status in (402, 423):
        return FatalError(f"Shopify answered {status}: the shop is frozen or locked")
    return FatalError(f"Shopify answered {status}: check SHOPIFY_URL and SHOPIFY_API_VERSION")


def _short(error: Exception) -> str:
    return type(error).__name__
