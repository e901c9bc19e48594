"""Shopify Admin GraphQL: one call at the pace that the shop allows, and its errors by kind.

ShopifyAPI (the official client) knows versions, the endpoint and the headers; the request itself
goes over one keep-alive `requests` session with time-outs, which ShopifyAPI's transport lacks.
"""

import logging
from typing import Any

import orjson
import requests
import shopify
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from scripts.body import body_of
from scripts.errors import FatalError, RetriableError
from scripts.landing.clock import SourceClock
from scripts.retry import ThrottledError, with_retries
from scripts.settings import Shopify, check_address
from scripts.shopify.limiter import Limiter
from scripts.shopify.passing import FailedInsideError, passing_error
from scripts.shopify.token import Token

TIMEOUT = (10, 90)  # connect, read: seconds
TOKEN_HEADER = "X-Shopify-Access-Token"
CONNECTIONS = 16  # kept alive for threads that share a client

log = logging.getLogger(__name__)


class MissingScopeError(FatalError):
    """The token lacks an access scope; `scope` is Shopify's own word for what is required."""

    def __init__(self, message: str, scope: str) -> None:
        super().__init__(message)
        self.scope = scope


class TooCostlyError(FatalError):
    """One call would cost more than Shopify allows of any; a smaller page may not."""


class Client:
    """Calls the shop's GraphQL endpoint; threads may share it."""

    def __init__(self, settings: Shopify) -> None:
        check_address(settings.url, "SHOPIFY_URL", "https://<name>.myshopify.com")
        self.asked_version = settings.api_version
        self._served_version: str | None = None
        self.limiter = Limiter()
        self.clock = SourceClock()
        session = shopify.Session("shop.myshopify.com", settings.api_version, "")
        shopify.ShopifyResource.activate_session(session)
        shopify.ShopifyResource.set_site(f"{settings.url}/admin/api/{settings.api_version}")
        graphql = shopify.GraphQL()
        self._endpoint: str = graphql.endpoint
        self._http = requests.Session()
        for scheme in ("http://", "https://"):
            self._http.mount(scheme, HTTPAdapter(pool_maxsize=CONNECTIONS))
        self._http.headers.update(graphql.headers | {"Accept": "application/json"})
        del self._http.headers[TOKEN_HEADER]  # each call has the token of its time
        self._token = Token(settings, self._http)

    def execute(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The `data` of one call. FatalError: wrong token, scope or document, or a filter that the
        shop ignored; RetriableError: gave up on a passing fault after back-off."""
        return with_retries(lambda: self._attempt(document, variables))

    @property
    def version(self) -> str:
        """The version in which the shop answers; it is asked when it has not said so yet."""
        if self._served_version is None:
            self.shop()
        return self._served_version or self.asked_version

    def shop(self) -> tuple[str, str]:
        """The shop's id, which it keeps for ever, and its myshopify.com domain."""
        shop = self.execute("{ shop { id myshopifyDomain } }", {}).get("shop")
        if not shop:
            raise RetriableError("Shopify does not say which shop it is")
        return shop["id"], shop["myshopifyDomain"]

    def points(self, document: str, first: int) -> float:
        """What a page of `first` of the document usually costs; 0 while that is unknown."""
        return self.limiter.points(_cost_key(document, first))

    def _attempt(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        permit = self.limiter.enter(_cost_key(document, variables.get("first")))
        cost: dict[str, Any] = {}
        try:
            answer = self._post(document, variables)
            extensions = answer.get("extensions") or {}
            cost = extensions.get("cost") or {}
            if answer.get("errors"):
                raise _graphql_error(answer["errors"], cost)
            _check_search(extensions.get("search") or [])
            data = answer.get("data")
            if not isinstance(data, dict):
                raise RetriableError("Shopify's answer holds neither data nor errors")
            return data
        finally:
            self.limiter.leave(permit, cost)

    def _post(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        token = self._token.value()
        try:
            with self._http.post(
                self._endpoint,
                json={"query": document, "variables": variables},
                headers={TOKEN_HEADER: token},
                timeout=TIMEOUT,
                allow_redirects=False,  # the token would go along, to whatever host
                stream=True,
            ) as response:
                body = body_of(response.raw)
            self.clock.hear(response.headers.get("Date"))
            if response.status_code == 401 and self._token.has_ended(token):
                raise RetriableError("Shopify's token has ended, the app asks for another one")
            if response.status_code != 200:
                raise _status_error(response)
            self._token.was_taken(token)
            self._hear_version(response.headers.get("X-Shopify-API-Version"))
            answer = orjson.loads(body)
        except (orjson.JSONDecodeError, HTTPError) as error:
            raise RetriableError("Shopify's answer was cut off or is no JSON") from error
        except requests.RequestException as error:
            raise RetriableError(f"Shopify could not be reached: {_short(error)}") from error
        return answer if isinstance(answer, dict) else {}

    def _hear_version(self, served: str | None) -> None:
        """A version that Shopify has given up it answers with the oldest one that it still knows,
        without an error (docs: api/usage/versioning)."""
        before, self._served_version = self._served_version, served or self.asked_version
        if self._served_version not in (before, self.asked_version):
            log.warning(
                "Shopify answers in version %s, it has given up %s: set SHOPIFY_API_VERSION",
                served, self.asked_version,
            )  # fmt: skip


def _cost_key(document: str, first: int | None) -> str:
    """Calls of one kind: the page size decides what a document costs."""
    return f"{first} {document}"


def _check_search(searches: list[dict[str, Any]]) -> None:
    """An ignored filter would read the whole shop, or a part of it that nobody asked for."""
    for search in searches:
        for warning in search.get("warnings") or []:
            raise FatalError(
                f"Shopify ignored {warning.get('field')!r} in the search {search.get('query')!r}: "
                f"{warning.get('message')}; the stream's filter has to be corrected"
            )


def _graphql_error(errors: Any, cost: dict[str, Any]) -> Exception:
    if not isinstance(errors, list):  # Shopify sends a plain string for some refusals
        return FatalError(f"Shopify refused the call: {errors}")
    errors = [error if isinstance(error, dict) else {"message": error} for error in errors]
    codes = {(error.get("extensions") or {}).get("code"): error for error in errors}
    message = "; ".join(str(error.get("message")) for error in errors[:3])
    if "THROTTLED" in codes:
        status = cost.get("throttleStatus") or {}
        missing = float(cost.get("requestedQueryCost") or 0)
        missing -= float(status.get("currentlyAvailable") or 0)
        return ThrottledError(
            "Shopify throttles", max(0.5, missing / float(status.get("restoreRate") or 50))
        )
    if codes.keys() & {"INTERNAL_SERVER_ERROR", "TIMEOUT"}:
        return FailedInsideError(f"Shopify failed inside: {message}")
    if "ACCESS_DENIED" in codes:
        denied = codes["ACCESS_DENIED"]  # not always for a scope: customers' data ask for approval
        required = denied["extensions"].get("requiredAccess") or f"access: {denied.get('message')}"
        return MissingScopeError(f"the Shopify token lacks a scope: {message}", required)
    kind = TooCostlyError if "MAX_COST_EXCEEDED" in codes else FatalError
    return kind(f"Shopify refused the document: {message}")


def _status_error(response: requests.Response) -> Exception:
    if passing := passing_error(response):
        return passing
    status = response.status_code
    if 300 <= status < 400:
        return FatalError(
            f"Shopify answered {status}, it lives elsewhere: SHOPIFY_URL has to be the shop's own "
            "address, https://<name>.myshopify.com"
        )
    if status in (401, 403):
        return FatalError(
            f"Shopify answered {status}: check SHOPIFY_ACCESS_TOKEN (or the app of "
            "SHOPIFY_CLIENT_ID) and its scopes for SHOPIFY_URL"
        )
    if status == 430:  # docs: api/usage/response-codes
        return FatalError("Shopify answered 430: it takes this machine's requests for malicious")
    if status in (402, 423):
        return FatalError(f"Shopify answered {status}: the shop is frozen or locked")
    return FatalError(f"Shopify answered {status}: check SHOPIFY_URL and SHOPIFY_API_VERSION")


def _short(error: Exception) -> str:
    return type(error).__name__
