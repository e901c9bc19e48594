"""Synthetic shoppers: the same number is always the same person."""

import random
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

FIRST = [
    "Ava",
    "Noah",
    "Mia",
    "Liam",
    "Zoë",
    "Ethan",
    "Priya",
    "Mateo",
    "Chloé",
    "Lucas",
    "Aisha",
    "Owen",
    "Ines",
    "Kai",
    "Nora",
    "Jonas",
    "Mei",
    "Omar",
    "Ruth",
    "Diego",
    "Hana",
    "Felix",
    "Leila",
    "Theo",
    "Sofía",
    "Ivan",
    "Grace",
    "Tariq",
    "Elsa",
    "Marcus",
]
LAST = [
    "Nguyen",
    "Smith",
    "García",
    "Okafor",
    "Müller",
    "Rossi",
    "Kim",
    "Johnson",
    "Silva",
    "Cohen",
    "Novak",
    "Haddad",
    "Tanaka",
    "Larsen",
    "Dubois",
    "O’Neil",
    "Kowalski",
    "Patel",
    "Brown",
    "Andersson",
    "Moreau",
    "Costa",
    "Walker",
    "Schmidt",
    "Ferrari",
]
# (province, city, zip, sales tax rate): rates of 2026, rounded, for a believable shop.
PLACES = (
    ("NY", "New York", "10001", "0.08875"),
    ("MA", "Boston", "02108", "0.0625"),
    ("CA", "Oakland", "94607", "0.1025"),
    ("TX", "Austin", "78701", "0.0825"),
    ("OR", "Portland", "97201", "0"),
    ("WA", "Seattle", "98101", "0.1035"),
    ("CO", "Denver", "80202", "0.0881"),
    ("VT", "Burlington", "05401", "0.07"),
)


@dataclass(frozen=True)
class Person:
    key: str
    first_name: str
    last_name: str
    email: str
    province: str
    city: str
    zip: str
    tax_rate: Decimal


def person(seed: int, joined: date, number: int) -> Person:
    """The `number`th new customer of a day. Addresses are on example.com (RFC 2606)."""
    key = f"{joined:%Y%m%d}-{number}"
    dice = random.Random(f"{seed}/person/{key}")
    province, city, postcode, rate = dice.choice(PLACES)
    return Person(
        key=key,
        first_name=dice.choice(FIRST),
        last_name=dice.choice(LAST),
        email=f"shopper.{seed}.{key}@example.com",
        province=province,
        city=city,
        zip=postcode,
        tax_rate=Decimal(rate),
    )
