"""Checks that Block Kit validation is made of; each raises SlackError with the JSON pointer."""

from collections.abc import Callable
from typing import Any

from docker.slack.errors import SlackError

Json = dict[str, Any]
Check = Callable[[Any, str], None]


def refuse(pointer: str, reason: str) -> SlackError:
    return SlackError("invalid_blocks", f"{reason} [json-pointer:{pointer}]")


def text_up_to(longest: int) -> Check:
    """A text of 1 to `longest` characters."""

    def check(value: Any, pointer: str) -> None:
        if not isinstance(value, str) or not value:
            raise refuse(pointer, "must be a text that is not empty")
        if len(value) > longest:
            raise refuse(pointer, f"must be no more than {longest} characters")

    return check


def one_of(*allowed: str) -> Check:
    def check(value: Any, pointer: str) -> None:
        if value not in allowed:
            raise refuse(pointer, f"must be one of {', '.join(allowed)}")

    return check


def list_of(item: Check, longest: int) -> Check:
    """A list of 1 to `longest` items."""

    def check(value: Any, pointer: str) -> None:
        if not isinstance(value, list) or not value:
            raise refuse(pointer, "must be a list that is not empty")
        if len(value) > longest:
            raise refuse(pointer, f"must have no more than {longest} items")
        for index, each in enumerate(value):
            item(each, f"{pointer}/{index}")

    return check


def boolean(value: Any, pointer: str) -> None:
    if not isinstance(value, bool):
        raise refuse(pointer, "must be true or false")


def anything(value: Any, pointer: str) -> None:
    """Takes every value: what this service keeps without looking inside."""


def fields(required: dict[str, Check], optional: dict[str, Check]) -> Check:
    """An object with these fields and no others."""
    known = required | optional

    def check(value: Any, pointer: str) -> None:
        if not isinstance(value, dict):
            raise refuse(pointer, "must be an object")
        for name in required:
            if name not in value:
                raise refuse(pointer, f"missing required field: {name}")
        for name, each in value.items():
            if name not in known:
                raise refuse(pointer, f"invalid additional property: {name}")
            known[name](each, f"{pointer}/{name}")

    return check


def text_object(longest: int, *, only: str | None = None) -> Check:
    """`plain_text` or `mrkdwn` of 1 to `longest` characters."""
    shape = fields(
        {"type": one_of(only) if only else one_of("plain_text", "mrkdwn")},
        {"text": text_up_to(longest), "emoji": boolean, "verbatim": boolean},
    )

    def check(value: Any, pointer: str) -> None:
        shape(value, pointer)
        text_up_to(longest)(value.get("text"), f"{pointer}/text")
        if value["type"] == "mrkdwn" and "emoji" in value:
            raise refuse(pointer, "emoji goes with plain_text only")
        if value["type"] == "plain_text" and "verbatim" in value:
            raise refuse(pointer, "verbatim goes with mrkdwn only")

    return check


def by_type(kinds: dict[str, Check], what: str) -> Check:
    """An object whose `type` chooses its check."""

    def check(value: Any, pointer: str) -> None:
        if not isinstance(value, dict):
            raise refuse(pointer, "must be an object")
        kind = value.get("type")
        if not isinstance(kind, str) or kind not in kinds:
            raise refuse(pointer, f"unsupported {what} type: {kind}")
        kinds[kind](value, pointer)

    return check
