"""Who a person is in the sources' records: what is learned of them, which records are theirs."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import orjson

# Fields that name the customer by id.
CUSTOMER_IDS = frozenset(("customer_id", "customerId", "user_id", "shopify_customer_id"))
# Fields that name an order, by id or by name.
ORDER_IDS = frozenset(("order_id", "orderId", "shopify_order_id", "order_name", "orderName"))
# Stripe's objects whose ids lead to more of the person's (a dispute names its charge and no one),
# and the fields that name them.
ACCOUNTS = ("customer", "charge", "payment_intent")
ACCOUNT_IDS = frozenset(("id", "source", *ACCOUNTS))
GID = "gid://shopify/Customer/"
# What a record's own address, and a name in two parts, is called where nobody has declared it; of a
# key in lower case without `_`.
OWN_EMAIL = re.compile("(e?mail|(customer|user|buyer|contact)e?mail)(address)?")
WORD = re.compile(r"\w+")
FIRST_NAME = ("firstname", "givenname")
LAST_NAME = ("lastname", "familyname", "surname")
LEAST_TEXT = 5  # characters: shorter texts stand in too many others to be looked for
# A phone number's last digits: all of a national number, however its country is written before it.
NUMBER_DIGITS = 10
LEAST_DIGITS = 9  # of fewer, others have the same
DIALLED = re.compile(r"\d[\d ()./\u00a0-]{7,}\d")
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
    def asked(cls, customer_id: str, texts: Iterable[str]) -> "Person":
        """Whom a request names, by what it says of them; the token comes with the work."""
        person = cls(customer_id, "")
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


def belongs(
    record: Any, person: Person, of_customer: bool, foreign: bool = False, of_order: bool = False
) -> bool:
    """Whether the record is the person's: by customer id, and where it has none, by their account
    at Stripe, their order, or what was learned. People share phones and addresses, so another
    customer's record is never taken.
    of_customer: it is of a stream of customers, so that its own id counts.
    foreign: it is a database's or a dropped file's. Their columns have any name, so Shopify's
    number counts in each; they may number people themselves, so of a row with the person's email
    such a number says nothing.
    of_order: it is of a stream of orders. One version of theirs may have no customer: before the
    buyer was known, or once Shopify has deleted them.
    """
    ids = set(_customer_ids(record))
    if of_customer:
        ids.add(digits(record.get("id")))
    if person.customer_id in ids:
        return True
    if ids and not foreign:
        return False
    inner = [part for _, _, value in _leaves(record) if (part := opened(value)) is not None]
    if any(person.customer_id in _customer_ids(part) for part in inner):
        return True
    if ids:
        return any(
            (digits(value) == person.customer_id and person.number.search(str(value)))
            or (OWN_EMAIL.fullmatch(_plain(key)) and folded(str(value).strip()) in person.emails)
            for _, key, value in _leaves(record)
        )
    if of_order and digits(record.get("id")) in person.orders:
        return True
    return any(
        says(value, person.texts)
        or (key in ACCOUNT_IDS and str(value) in person.accounts)
        or (_names_order(parent, key) and digits(value) in person.orders)
        or (foreign and person.number.search(str(value)))
        for parent, key, value in _leaves(record)
    ) or any(
        folded(name) in person.texts
        for whole in (record, *inner)
        for holder in _objects(whole)
        for name in _full_names(holder)
    )


def quotes(record: Any, person: Person) -> bool:
    """Whether a record that is not the person's holds an email address of theirs."""
    return any(says(value, person.emails) for _, _, value in _leaves(record))


def learn(record: Any, person: Person, of_order: bool = False) -> None:
    """Remember the emails, phones and full names of a record that belongs to the person, and the
    record's own id where that leads to more at Stripe or, of_order, is an order's."""
    if record.get("object") in ACCOUNTS:
        person.accounts.add(str(record["id"]))
    if of_order:
        person.orders |= {digits(record[key]) for key in ("id", "name") if record.get(key)}
    for holder in _objects(record):
        for key in ("email", "emailAddress", "receipt_email", "phone", "phoneNumber"):
            remember(holder.get(key), person)
        for name in _full_names(holder):
            remember(name, person)


def remember(value: Any, person: Person) -> None:
    """An email also as it stands in a link's query, a phone number also as its digits."""
    if not isinstance(value, str) or len(value.strip()) < LEAST_TEXT:
        return
    text = folded(value.strip())
    person.texts.add(text)
    if "@" in text:
        person.texts.add(quote(text, safe="").lower())
        return
    number = text.translate(PUNCTUATION).removeprefix("+")
    if number.isdigit() and len(number) >= LEAST_DIGITS:
        person.texts.add(number[-NUMBER_DIGITS:])


def says(value: Any, texts: set[str]) -> bool:
    if not isinstance(value, str):
        return False
    plain = folded(value)
    if any(text in plain for text in texts):
        return True
    dialled = [found.translate(PUNCTUATION) for found in DIALLED.findall(plain)]
    return any(text in number for number in dialled for text in texts)


def folded(text: str) -> str:
    """The same for texts that a person reads as the same: upper and lower case, accents as signs of
    their own or left out."""
    if text.isascii():
        return text.lower()
    signs = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in signs if not unicodedata.combining(sign))


def opened(value: Any) -> Any:
    """The object or list that a text holds as JSON (a receipt, a column of a database); None when
    it holds none."""
    if not isinstance(value, str) or value[:1] not in ("{", "["):
        return None
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return None


def digits(value: Any) -> str:
    """`gid://shopify/Customer/1` and 1 are both '1'."""
    return re.split(r"[/?]", str(value))[-1] if value is not None else ""


def _customer_ids(record: Any) -> Iterator[str]:
    for parent, key, value in _leaves(record):
        named = key in CUSTOMER_IDS or (key == "id" and parent == "customer")
        if named or str(value).startswith(GID):
            yield digits(value)


def _full_names(holder: dict[str, Any]) -> Iterator[str]:
    """As people write a name that an object has in two parts."""
    parts = {_plain(key): part for key, part in holder.items() if isinstance(part, str)}
    first = next((parts[key] for key in FIRST_NAME if parts.get(key)), "").strip()
    last = next((parts[key] for key in LAST_NAME if parts.get(key)), "").strip()
    if first and last:
        yield from (f"{first} {last}", f"{last} {first}", f"{last}, {first}")


def _plain(key: str) -> str:
    return key.lower().replace("_", "")


def _names_order(parent: str, key: str) -> bool:
    return key in ORDER_IDS or (key == "id" and parent == "order")


def _leaves(value: Any, key: str = "", parent: str = "") -> Iterator[tuple[str, str, Any]]:
    """(key of the object around it, key, value) of every scalar."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _leaves(part, name, key)
    elif isinstance(value, list):
        for part in value:
            yield from _leaves(part, key, parent)
    elif value is not None:
        yield parent, key, value


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for part in value.values():
            yield from _objects(part)
    elif isinstance(value, list):
        for part in value:
            yield from _objects(part)
