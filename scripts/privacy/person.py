"""Who a person is: what is known of them, and whether a text says it."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import quote, unquote

WORD = re.compile(r"\w+")
LEAST_TEXT = 5  # characters: shorter texts stand in too many others to be looked for
# A phone number's last digits: all of a national number of North America, and enough of any other.
NUMBER_DIGITS = 10
# What countries' numbers begin with (ITU-T E.164) where they are written for the world. Behind it,
# and at home, may stand a zero that nobody writes in the other way: +33 (0)6 12.., 06 12...
WORLD = re.compile(
    r"(?:\+|00)0*(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3})"
)
LEAST_DIGITS = 9  # of fewer, others have the same
DIALLED = re.compile(r"\d[\d ()./\u00a0-]{7,}\d")
# Where an address begins and ends: ann@home.com is neither joann@home.com nor ann@home.com.br, but
# stands in ann@home.com.csv. In a link signs are written %3D, of which three belong to an address,
# in JSON within a text \n and \u003c.
BEFORE = r"(?:(?<![\w.+-])|(?<=%(?!2[bde])[\da-f]{2})|(?<=\\[nrt])|(?<=\\u[\da-f]{4}))"
BEHIND = r"(?![a-z\d]|\.[a-z]{2}(?![a-z\d]))"
BETWEEN = r"[\s,;|+\"]+"  # of a name's two parts
LINKS = 2  # in each other: as deep as a page's address is passed on
PUNCTUATION = str.maketrans("", "", " ()-./\u00a0")  # of written phone numbers


@dataclass
class Person:
    """customer_id: Shopify's digits. texts: emails, phones and full names, folded; what is learned
    of the person from one record finds the next. accounts: Stripe's ids of the customer and of what
    they paid. orders: ids and names of their orders. token: what stands for them from now on.
    """

    customer_id: str
    token: str
    texts: set[str] = field(default_factory=set[str])
    accounts: set[str] = field(default_factory=set[str])
    orders: set[str] = field(default_factory=set[str])

    @classmethod
    def asked(cls, customer_id: str, texts: Iterable[str], orders: Iterable[str] = ()) -> "Person":
        """Whom a request names, by what it says of them; the token comes with the work."""
        person = cls(customer_id, "", orders=set(orders))
        for text in texts:
            remember(text, person)
        return person

    @property
    def known(self) -> int:
        return len(self.texts) + len(self.accounts) + len(self.orders)

    @property
    def emails(self) -> set[str]:
        return {text for text in self.texts if "@" in text or "%40" in text}

    @property
    def phones(self) -> set[str]:
        return {text for text in self.texts - self.emails if text[-1].isdigit()}

    @property
    def named(self) -> bool:
        return bool(self.texts - self.emails - self.phones)

    @property
    def number(self) -> re.Pattern[str]:
        """Finds their number in a text; nothing when it is so short that others have the same."""
        alone = rf"(?<!\d){self.customer_id}(?!\d)"
        return re.compile(alone if len(self.customer_id) >= LEAST_DIGITS else "(?!)")

    def is_called(self, text: str) -> bool:
        """Whether it is a name of theirs, or a part or initials of one."""
        names = [text for text in self.texts if not any(c.isdigit() or c == "@" for c in text)]
        known = {word for name in names for word in WORD.findall(name)}
        words = WORD.findall(folded(text))
        return bool(words) and all(
            word in known or (len(word) == 1 and any(name.startswith(word) for name in known))
            for word in words
        )

    @property
    def address(self) -> str:
        """An address of a domain that can never exist (RFC 2606)."""
        return f"{self.token}@redacted.invalid"


def remember(value: Any, person: Person) -> None:
    """An email also as it stands in a link's query, a phone number as it is dialled at home."""
    if not isinstance(value, str) or len(value.strip()) < LEAST_TEXT:
        return
    text = folded(value.strip())
    person.texts.add(text)
    if "@" in text:
        person.texts.add(quote(text, safe="").lower())
        return
    number = text.translate(PUNCTUATION)
    if number.removeprefix("+").isdigit() and len(number) >= LEAST_DIGITS:
        home = WORLD.sub("", number, count=1).lstrip("0")
        known = home if len(home) >= LEAST_DIGITS else number.removeprefix("+")
        person.texts.add(known[-NUMBER_DIGITS:])


def says_something(value: Any) -> bool:
    """Whether it is an email or a phone number, and not `unknown` or 000-000-0000, which stand in
    the records of all of whom nothing is known."""
    return isinstance(value, str) and ("@" in value or len(set(re.findall(r"\d", value))) > 2)


def says(value: Any, texts: set[str]) -> bool:
    """Also in a link within a link, where signs are written twice over."""
    if not isinstance(value, str):
        return False
    plain = folded(value)
    for _ in range(1 + LINKS):
        if _says(plain, texts):
            return True
        if "%" not in plain or (read := folded(unquote(plain))) == plain:
            return False
        plain = read
    return False


def _says(plain: str, texts: set[str]) -> bool:
    if any(sign(text) in plain and alone(text).search(plain) for text in texts):
        return True
    found = [number for number in DIALLED.findall(plain) if not number.isdigit()]  # else: an id
    dialled = [number.translate(PUNCTUATION) for number in found]
    return any(text in number for number in dialled for text in texts)


@cache
def sign(text: str) -> str:
    """Stands wherever `alone` finds the text; is looked for first, because that is quick."""
    words = WORD.findall(text)
    return text if not words or any(c.isdigit() or c in "@%" for c in text) else words[0]


@cache
def alone(text: str) -> re.Pattern[str]:
    """Finds an address, phone number or name that is not a part of another one. Of a number the
    country's may stand before it. A name's parts may be columns of a CSV or words of a link."""
    escaped = re.escape(text)
    if "@" in text or "%40" in text:
        escaped = BEFORE + escaped + BEHIND
    elif text[-1].isdigit():
        escaped = rf"{escaped}(?!\d)"
    else:
        escaped = rf"(?<!\w){BETWEEN.join(map(re.escape, text.split()))}(?!\w)"
    return re.compile(escaped, re.IGNORECASE)


def folded(text: str) -> str:
    """The same for texts that a person reads as the same: upper and lower case, accents as signs of
    their own or left out."""
    if text.isascii():
        return text.lower()
    signs = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in signs if not unicodedata.combining(sign))


def digits(value: Any) -> str:
    """`gid://shopify/Customer/1` and 1 are both '1'."""
    return re.split(r"[/?]", str(value))[-1] if value is not None else ""
