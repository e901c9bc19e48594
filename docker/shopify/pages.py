"""Connections: cursors, windows and their limits, over stored types and over plain lists."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from docker.shopify.errors import ApiError

MAX_PAGE = 250
MAX_DEPTH = 25_000
Arguments = dict[str, Any]


@dataclass(slots=True)
class Page:
    """One window of a connection; cursors are made when they are asked for."""

    items: Sequence[Any]
    cursor: Callable[[Any], str]
    has_next: bool = False
    has_previous: bool = False


def encode_cursor(number: int, value: Any) -> str:
    """Opaque to clients; the same content as Shopify's."""
    return base64.b64encode(orjson.dumps({"last_id": number, "last_value": str(value)})).decode()


def decode_cursor(text: str) -> tuple[int, str]:
    """(last id, last value); ApiError when it is none of ours."""
    try:
        content = orjson.loads(base64.b64decode(text, validate=True))
        return int(content["last_id"]), str(content["last_value"])
    except (ValueError, KeyError, TypeError) as error:
        raise ApiError("Invalid cursor for current pagination sort.", "BAD_REQUEST") from error


def window_size(arguments: Arguments) -> tuple[int, bool]:
    """(size, counted from the end); ApiError with Shopify's words when it is not allowed."""
    first, last = arguments.get("first"), arguments.get("last")
    if first is None and last is None:
        raise ApiError("you must provide one of first or last", "BAD_REQUEST")
    if first is not None and last is not None:
        raise ApiError("providing both first and last is not supported", "BAD_REQUEST")
    name = "last" if first is None else "first"
    size: int = arguments[name]
    if size < 0:
        raise ApiError(f"{name} cannot be less than zero", "BAD_REQUEST")
    if size > MAX_PAGE:
        raise ApiError(f"{name} cannot exceed {MAX_PAGE}", "BAD_REQUEST")
    return size, first is None


def list_page(items: Sequence[Any], arguments: Arguments, unlimited: bool = False) -> Page:
    """A window of a list that a document holds; its cursors are positions."""
    if arguments.get("reverse"):
        items = items[::-1]
    positions = {id(item): index for index, item in enumerate(items)}

    def cursor(item: Any) -> str:
        index = positions[id(item)]
        return encode_cursor(index + 1, index + 1)

    if unlimited:
        return Page(items, cursor)
    size, from_end = window_size(arguments)
    start, end = 0, len(items)
    if arguments.get("after"):
        start = decode_cursor(arguments["after"])[0]
    if arguments.get("before"):
        end = decode_cursor(arguments["before"])[0] - 1
    low, high = (max(start, end - size), end) if from_end else (start, min(end, start + size))
    window = items[low:high] if high > low else []
    return Page(window, cursor, has_next=high < len(items), has_previous=low > 0)
