"""Which records are a person's, and what is learned of the person from them.

A declared source says whose a record is in fields that we know. A database's and a dropped file's
columns have any name, and they may number people themselves: there what stands in them decides.
"""

import re
from itertools import islice
from typing import Any

from scripts.privacy.person import Person, digits, folded, remember, says, says_something
from scripts.privacy.record import (
    BUYER_IDS,
    customer_ids,
    full_names,
    leaves,
    names_order,
    objects,
    opened,
    plain,
)

# Stripe's objects whose ids lead to more of the person's (a dispute names its charge and no one),
# and the fields that name them.
ACCOUNTS = ("customer", "charge", "payment_intent")
ACCOUNT_IDS = frozenset(("id", "source", *ACCOUNTS))
# What a record's own address is called where nobody has declared it; of a plain key. It may stand
# in the place of a number, too.
OWN_EMAIL = re.compile(
    "(e?mail|(customer|user|buyer|contact)e?mail)(address)?|(customer|user)(id|name)?|login"
)
# What an email or a phone number of whom a record is about is called; a user's may be the staff's.
TEACHES = re.compile(
    "((customer|buyer|contact|receipt)?e?mail|(customer|buyer)?((tele|mobile)?phone|mobile))"
    "(address|number)?"
)
# Whose a record without a customer's id is: what an email and a whole name of its own are called.
WHOSE_EMAIL = re.compile("((customer|user|buyer|contact|receipt)?e?mail)(address)?")
WHOSE_NAME = re.compile("(customer|user|buyer|contact|recipient|cardholder|full|display)?name")
HOLDS_PERSON = frozenset(("phone", "email"))  # other objects with a name are items, say


def belongs(
    record: Any, person: Person, of_customer: bool, foreign: bool = False, of_order: bool = False
) -> bool:
    """Whether the record is the person's. People share phones and addresses, so another customer's
    record is never taken.
    of_customer: it is of a stream of customers, so that its own id counts.
    foreign: it is of a source whose columns nobody has declared.
    of_order: it is of a stream of orders. One version of theirs may have no customer: before the
    buyer was known, or once Shopify has deleted them.
    """
    if foreign:
        return _of_undeclared(record, person)
    return _of_declared(record, person, of_customer, of_order)


def _of_declared(record: Any, person: Person, of_customer: bool, of_order: bool) -> bool:
    """By customer id, and where it has none, by their order, their account at Stripe, or what was
    learned."""
    own = {digits(record.get("id"))} if of_customer else set[str]()
    if person.customer_id in own.union(customer_ids(record)):
        return True
    if own or any(customer_ids(record, BUYER_IDS)):
        return False
    if of_order and digits(record.get("id")) in person.orders:
        return True
    return _holds_number(record, person) or _says_who(record, person)


def _of_undeclared(record: Any, person: Person) -> bool:
    """By Shopify's number in any column. What such a source calls a customer's number may be its
    own: then only that number, or an address of the row's own, counts beside it."""
    ids = set(customer_ids(record))
    if person.customer_id in ids or _holds_number(record, person):
        return True
    values = [(key, value) for _, key, value in leaves(record)]
    if not ids:
        return _says_who(record, person) or any(
            person.number.search(str(value)) for _, value in values
        )
    return any(
        (digits(value) == person.customer_id and person.number.search(str(value)))
        or (OWN_EMAIL.fullmatch(plain(key)) and folded(str(value).strip()) in person.emails)
        for key, value in values
    )


def _holds_number(record: Any, person: Person) -> bool:
    """Whether a text in it holds JSON that names the customer by id."""
    return any(person.customer_id in customer_ids(part) for part in _inner(record))


def _says_who(record: Any, person: Person) -> bool:
    """Whether it names an account or order of theirs, or says what was learned of them. Households
    share a phone: by its number alone nothing is taken that says in full who else it is."""
    if not _says(record, person, person.texts):
        return False
    return not _is_anothers(record, person) or _says(record, person, person.texts - person.phones)


def _is_anothers(record: Any, person: Person) -> bool:
    """Whether it has an email and a whole name of its own, and neither is theirs."""
    emails: set[str] = set()
    names: set[str] = set()
    for holder in objects(record):
        texts = {plain(key): text for key, text in holder.items() if isinstance(text, str)}
        emails |= {
            folded(text.strip()) for key, text in texts.items() if WHOSE_EMAIL.fullmatch(key)
        }
        if HOLDS_PERSON & texts.keys():
            found = (text.strip() for key, text in texts.items() if WHOSE_NAME.fullmatch(key))
            names |= {*islice(full_names(holder), 1), *(text for text in found if " " in text)}
    told = person.named and bool(emails - {""}) and bool(names)
    theirs = emails & person.emails or any(person.is_called(name.split()[0]) for name in names)
    return told and not theirs


def _says(record: Any, person: Person, texts: set[str]) -> bool:
    return any(
        says(value, texts)
        or (key in ACCOUNT_IDS and str(value) in person.accounts)
        or (names_order(parent, key) and digits(value) in person.orders)
        for parent, key, value in leaves(record)
    ) or any(
        folded(name) in texts
        for whole in (record, *_inner(record))
        for holder in objects(whole)
        for name in full_names(holder)
    )


def _inner(record: Any) -> list[Any]:
    return [part for _, _, value in leaves(record) if (part := opened(value)) is not None]


def quotes(record: Any, person: Person) -> bool:
    """Whether a record that is not the person's holds an email address of theirs."""
    return any(says(value, person.emails) for _, _, value in leaves(record))


def learn(record: Any, person: Person, of_order: bool = False) -> None:
    """Remember the emails, phones and full names of a record that belongs to the person, and the
    record's own id where that leads to more at Stripe or, of_order, is an order's."""
    if record.get("object") in ACCOUNTS:
        person.accounts.add(str(record["id"]))
    if of_order:
        person.orders |= {digits(record[key]) for key in ("id", "name") if record.get(key)}
    for holder in objects(record):
        for key, value in holder.items():
            if TEACHES.fullmatch(plain(key)) and says_something(value):
                remember(value, person)
        for name in full_names(holder):
            remember(name, person)
