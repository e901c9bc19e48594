"""A list's page, cut into its objects' texts.

What a pull lands is what Stripe wrote: to build each object and write it again cost a quarter of
its CPU time. Only what the pull has to know is read.
"""

import re
from time import time
from typing import Annotated

import msgspec

from scripts.errors import FatalError

Seconds = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799)]  # to the end of the year 9999


class Head(msgspec.Struct):
    """An object's id, and when it was made; an invoice item calls it its date. Of money: whether it
    is there, and from when on."""

    id: str
    created: Seconds | None = None
    date: Seconds | None = None
    status: object = None
    available_on: Seconds | None = None

    @property
    def made(self) -> int:
        """Unix seconds; raises FatalError."""
        moment = self.date if self.created is None else self.created
        if moment is None:
            raise FatalError(f"Stripe's object {self.id} does not say when it was created")
        return moment

    @property
    def changes(self) -> int:
        """When the object changes without an event, in Unix seconds: money that is pending on the
        day from which on it is there, or at any time once that has passed; else when it was made.
        Raises FatalError."""
        if self.status == "pending" and self.available_on is not None:
            return max(self.available_on, int(time()))
        return self.made


class Page(msgspec.Struct):
    """The objects as Stripe wrote them, and whether there are more."""

    data: list[msgspec.Raw]
    has_more: bool


Item = msgspec.Raw | dict[str, object]
# An escape of JSON: two halves of a character, a half alone, or any other.
_ESCAPE = re.compile(rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F]..)|.)", re.DOTALL)
_HEAD, _PAGE = msgspec.json.Decoder(Head), msgspec.json.Decoder(Page)


def page_of(body: bytes) -> Page:
    """The page without the line breaks that Stripe puts into its answers, as a landed line can have
    none. Raises ValueError when it is no JSON, not UTF-8 or no list."""
    body.decode()
    broken = b"\n" in body or b"\r" in body
    return _PAGE.decode(msgspec.json.format(body, indent=-1) if broken else body)


def whole_characters(body: bytes) -> bytes:
    """JSON text with U+FFFD for each half of a character, as a text that was cut leaves it: no
    reader takes one, and its record would stop the stream for good."""
    return _ESCAPE.sub(lambda found: rb"\ufffd" if found[1] else found[0], body)


def head_of(thing: bytes | dict[str, object]) -> Head:
    """Of an object or its text. Raises FatalError when it is no object with an id: what cannot be
    told apart cannot land."""
    try:
        return _HEAD.decode(thing) if isinstance(thing, bytes) else msgspec.convert(thing, Head)
    except msgspec.ValidationError as error:  # says where and what, quotes nothing
        raise FatalError(f"Stripe gave an object that cannot be taken: {error}") from error


def id_of(item: Item) -> str:
    """As `head_of`, of an item of a page or of a list inside an object."""
    return head_of(bytes(item) if isinstance(item, msgspec.Raw) else item).id
