"""Stripe API v1 through the official client's raw requests.

`raw_request` keeps the client's authentication, versioning and errors and skips the object
hydration that costs its auto-paging most of its time (FACTS.md: 592 against 12,000 objects/s).
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import parse_qsl, quote, urlsplit

import orjson
import stripe

from scripts.errors import FatalError, RetriableError
from scripts.landing.clock import SourceClock
from scripts.landing.writer import iso
from scripts.retry import LONGEST_WAIT, ThrottledError, seconds_of, with_retries
from scripts.settings import Stripe, check_address
from scripts.stripe.limiter import PAUSE_SECONDS, Limiter
from scripts.stripe.pages import Item, Page, head_of, id_of, page_of, whole_characters
from scripts.stripe.transport import Transport

PAGE = 100  # Stripe's maximum
WORKERS = 16  # what 25 requests/s need where an answer takes 600 ms
# All endpoints together may be asked so many times as much as one (docs: rate-limits).
IN_ALL = 4
# Where three requests in ten fail, six attempts would end every second pull of a thousand pages.
ATTEMPTS = 8
ID = re.compile(r"[a-z]+_(?=\w*[A-Z\d])\w+")
PERMISSION = re.compile(r"'(rak_\w+)'")
ACCOUNT = re.compile(r"acct_\w+")
# What is said of an old `src_…` once its customer has none of it.
DETACHED = "source must be attached to a customer"
CUT_SHORT = b'"has_more"'  # stands in an object that holds a list
T = TypeVar("T")

log = logging.getLogger(__name__)
Record = dict[str, Any]
Newest = tuple[list[Record], bool]


class MissingError(FatalError):
    """Stripe does not know the object: a tombstone where one was, else a wrong address."""


class EndGoneError(FatalError):
    """What a page was to begin behind was deleted since: begin behind what is before it."""


class PermissionMissingError(FatalError):
    """The restricted key of `account` lacks `permission` (`rak_charge_read`)."""

    def __init__(self, path: str, permission: str, account: str) -> None:
        super().__init__(f"STRIPE_API_KEY may not read {path}: give it the permission {permission}")
        self.permission, self.account = permission, account


class Client:
    """Lists and fetches objects as plain dictionaries, below the permitted rate.

    Threads may share it: connections are kept alive in one session, the pace is the limiter's.
    """

    def __init__(self, settings: Stripe, limiter: Limiter | None = None) -> None:
        if settings.api_base:
            check_address(settings.api_base, "STRIPE_API_BASE", stripe.DEFAULT_API_BASE)
        addresses: Any = {"api": settings.api_base} if settings.api_base else {}
        self._client = stripe.StripeClient(
            settings.api_key,
            base_addresses=addresses,
            http_client=Transport(settings.api_base or stripe.DEFAULT_API_BASE),
            max_network_retries=0,  # with_retries does it, and says so
        )
        self.clock = SourceClock()
        permitted = settings.requests_per_second
        self._limiter = limiter or Limiter(permitted, IN_ALL * permitted)
        self.version: str = stripe.api_version

    def account(self) -> str:
        """Id of the account that the key belongs to; a refusal names it as well. "" if unknown."""
        try:
            return str(self._get(object_of, "/v1/account", "/v1/account").get("id", ""))
        except PermissionMissingError as error:
            return error.account
        except (FatalError, RetriableError) as error:
            if getattr(error.__cause__, "http_status", 0) == 404:  # a stand-in that has lists only
                return ""
            raise

    @cached_property
    def own(self) -> str:
        """`account`, asked for once."""
        return self.account()

    def texts(self, path: str, **filters: Any) -> Iterator[tuple[bytes, str]]:
        """Every object of a list as JSON in one line, newest first as Stripe gives them, with the
        time (ISO 8601 UTC, by Stripe's clock) at which its page was asked for. A list inside an
        object that is cut short is completed."""
        for page, read_at in self._pages(path, path, [], filters):
            for raw in page.data:
                text: bytes | None = bytes(raw)
                if text and CUT_SHORT in text:
                    text = self._whole(path, text)
                if text:
                    yield text, read_at

    def _pages(
        self, endpoint: str, path: str, before: Sequence[Item], filters: Mapping[str, Any]
    ) -> Iterator[tuple[Page, str]]:
        """The pages behind the last of `before`, each with the time at which it was asked for."""
        passed: set[str] = set()
        while True:
            read_at = iso(self.clock.now())
            asked = {**filters, "limit": PAGE}
            if before:
                asked["starting_after"] = id_of(before[-1])
            try:
                page = self._page(endpoint, path, **asked)
            except EndGoneError as error:
                if len(before) == 1:  # without one the list would begin again
                    raise RetriableError(str(error)) from error
                before = before[:-1]
                continue
            yield page, read_at
            if not page.has_more:
                return
            before, last = page.data, id_of(page.data[-1])
            if last in passed:  # else reading would never end
                raise RetriableError(f"{path} has more, but Stripe gave an earlier page again")
            passed.add(last)

    def list(self, path: str, **filters: Any) -> Iterator[tuple[Record, str]]:
        """As `texts`, each object read."""
        for text, read_at in self.texts(path, **filters):
            yield _read(text), read_at

    def newest(self, path: str, limit: int, filters: Mapping[str, Any]) -> Newest:
        """The newest objects of a list, and whether there are more."""
        page = self._page(path, path, limit=limit, **filters)
        return [_read(bytes(raw)) for raw in page.data], page.has_more

    def get(self, path: str, id_: str, **params: Any) -> Record:
        """One object as it is now; raises MissingError."""
        return self.completed(self._object(path, id_, **params))

    def completed(self, record: Record) -> Record:
        """Lists inside an object hold ten rows (`lines`, `items`, `refunds`): the rest is added."""
        for value in record.values():
            if isinstance(value, dict) and value.get("has_more") and value.get("url"):
                url = urlsplit(value["url"])
                rows = value["data"] = value.get("data") or []
                query = dict(parse_qsl(url.query))
                for page, _ in self._pages(endpoint_of(url.path), url.path, rows, query):
                    rows += [_read(bytes(raw)) for raw in page.data]
                value["has_more"] = False
        return record

    def _whole(self, path: str, text: bytes) -> bytes | None:
        """The object with its lists completed; None when it was deleted since the list was read: a
        draft invoice can be, and its tombstone comes by its event."""
        record = _read(text)
        try:
            return orjson.dumps(self.completed(record))
        except MissingError:
            try:
                self._object(path, record["id"])
            except MissingError:
                log.info("%s/%s was deleted meanwhile", path, record["id"])
                return None
            raise

    def _object(self, path: str, id_: str, **params: Any) -> Record:
        """As Stripe gives it. Ids of products and plans are the shop's choice: `gold/yearly`."""
        return self._get(object_of, f"{path}/{{id}}", f"{path}/{quote(id_, safe='')}", **params)

    def _page(self, endpoint: str, path: str, **params: Any) -> Page:
        """A page of a list; of one that has more it tells where the next one begins."""

        def leading_on(body: bytes) -> Page:
            page = page_of(body)
            if page.has_more and not page.data:
                raise RetriableError(f"{path} has more, but Stripe gave an empty page")
            if page.has_more and head_of(bytes(page.data[-1])).id == params.get("starting_after"):
                raise RetriableError(f"{path} has more, but Stripe gave the same page again")
            return page

        return self._get(leading_on, endpoint, path, **params)

    def _get(self, parse: Callable[[bytes], T], endpoint: str, path: str, **params: Any) -> T:
        return with_retries(lambda: self._attempt(parse, f"GET {endpoint}", path, params), ATTEMPTS)

    def _attempt(
        self, parse: Callable[[bytes], T], endpoint: str, path: str, params: dict[str, Any]
    ) -> T:
        sent = self._limiter.wait(endpoint)
        try:
            response: Any = self._client.raw_request("get", path, **params)
        except stripe.StripeError as error:
            # Not only RateLimitError: what stands before Stripe answers 429 without its JSON.
            if error.http_status == 429 or isinstance(error, stripe.RateLimitError):
                raise self._throttled(endpoint, path, error.headers or {}, sent) from error
            raise _translated(error, path) from error
        self._limiter.succeeded(endpoint)
        self.clock.hear(response.headers.get("date"))
        try:
            return _parsed(parse, response.body.raw)
        except (ValueError, RecursionError) as error:
            raise RetriableError(f"Stripe's answer for {path} could not be read") from error

    def _throttled(
        self, endpoint: str, path: str, headers: Mapping[str, str], sent: float
    ) -> ThrottledError:
        wait = seconds_of(headers.get("retry-after"), PAUSE_SECONDS)
        if wait > LONGEST_WAIT:
            return ThrottledError(f"Stripe throttles {path}", wait)
        reason = headers.get("stripe-rate-limited-reason", "")
        self._limiter.throttled(endpoint, reason, wait, sent)
        return ThrottledError(f"Stripe throttles {path}", 0.0)  # the limiter waits


def _translated(error: stripe.StripeError, path: str) -> Exception:
    if isinstance(error, stripe.AuthenticationError):
        return FatalError(f"Stripe refused {path}: check STRIPE_API_KEY and its permissions")
    if isinstance(error, stripe.PermissionError):
        said = str(error.user_message)
        if "permission" not in said:  # such as requests from an address that the key does not allow
            return FatalError(f"Stripe refused {path}: {said}")
        named, account = PERMISSION.search(said), ACCOUNT.search(said)
        return PermissionMissingError(
            path, named[1] if named else f"to read {path}", account[0] if account else ""
        )
    if isinstance(error, stripe.APIConnectionError):
        return RetriableError(f"Stripe could not be reached for {path}")
    if isinstance(error, stripe.InvalidRequestError):
        if error.param == "starting_after":
            return EndGoneError(f"the end of a page of {path} was deleted meanwhile")
        # Only Stripe's own word makes a tombstone: a proxy's 404 would delete what is there.
        if error.http_status == 404 and error.code == "resource_missing":
            return MissingError(f"Stripe does not know {path}")
        if DETACHED in str(error.user_message):
            return MissingError(f"{path} is a source, and no payment method any more")
        return FatalError(f"Stripe refused {path}: {error.user_message}")
    return RetriableError(f"Stripe answered {error.http_status} for {path}")


def _parsed(parse: Callable[[bytes], T], body: bytes) -> T:
    try:
        return parse(body)
    except ValueError:
        return parse(whole_characters(body))


def object_of(body: bytes) -> Record:
    """Raises ValueError when it is no JSON object."""
    found: Record = orjson.loads(body)
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


def _read(text: bytes) -> Record:
    """Raises FatalError when it is no object with an id."""
    head_of(text)
    record: Record = orjson.loads(text)
    return record


def endpoint_of(path: str) -> str:
    """`/v1/invoices/in_1/lines` → `/v1/invoices/{id}/lines`: the limits are the endpoint's."""
    return "/".join("{id}" if ID.fullmatch(step) else step for step in path.split("/"))
