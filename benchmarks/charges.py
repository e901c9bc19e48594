"""Charges for the local Stripe: one real payment's, varied in all that differs between two sales.

Equal rows would compress a hundred to one, and a shop does not sell one cart a second all day: the
times follow a day's curve over three months.
"""

import random
import string
import time
from typing import Any

import requests

from benchmarks.services import Service

DAYS = 90
BATCH = 1000
FIRST = ("Ada", "Ben", "Chloé", "Dmitri", "Eun-ji", "Farah", "Göran", "Hana", "Inés", "Jonas")
LAST = ("Abara", "Berg", "Castro", "Dahl", "Eriksen", "Fontaine", "Gupta", "Haddad", "Ito")
STREETS = ("Elm Street", "Harbour Road", "Station Lane", "Rue du Port", "Alder Way", "Mill Hill")
CITIES = ("Springfield", "Portland", "Aurora", "Salem", "Clinton", "Georgetown", "Ashland")
ALPHABET = string.ascii_letters + string.digits

Record = dict[str, Any]


def fill(service: Service, key: str, count: int) -> set[str]:
    """`count` charges in the account, the youngest some minutes old; `charges:id` of
    each."""
    pattern = _pattern(service, key)
    now = int(time.time()) - 600
    draw = random.Random(1)
    times = sorted(now - _ago(draw) for _ in range(count))
    ids: set[str] = set()
    for start in range(0, count, BATCH):
        varied = [
            _varied(pattern, number, times[number], random.Random(number))
            for number in range(start, min(count, start + BATCH))
        ]
        service.admin("POST", "seed", {"kind": "charge", "objects": varied})
        ids |= {f"charges:{charge['id']}" for charge in varied}
    return ids


def _pattern(service: Service, key: str) -> Record:
    """A payment as the API itself makes it; its charge is replaced by the first varied one."""
    fields = {
        "amount": 1000,
        "currency": "usd",
        "payment_method": "pm_card_visa",
        "confirm": "true",
        "automatic_payment_methods[enabled]": "true",
        "automatic_payment_methods[allow_redirects]": "never",
        "shipping[name]": "x",
        "shipping[address][line1]": "x",
    }
    answer = requests.post(
        f"{service.url}/v1/payment_intents", data=fields, auth=(key, ""), timeout=60
    )
    answer.raise_for_status()
    listed = requests.get(f"{service.url}/v1/charges", auth=(key, ""), timeout=60).json()
    service.admin("POST", "reset")
    charge: Record = listed["data"][0]
    return charge


def _ago(draw: random.Random) -> int:
    """Seconds ago: any of the days, most in the afternoon."""
    return draw.randrange(DAYS) * 86400 + int(draw.triangular(0, 86400, 30000))


def _varied(pattern: Record, number: int, created: int, draw: random.Random) -> Record:
    amount = draw.randint(500, 40_000)
    name = f"{draw.choice(FIRST)} {draw.choice(LAST)}"
    email = f"{name.split()[0].lower()}.{draw.getrandbits(32):x}@example.com"
    address = {
        "city": draw.choice(CITIES),
        "country": "US",
        "line1": f"{draw.randint(1, 4000)} {draw.choice(STREETS)}",
        "line2": f"Apt {draw.randint(1, 90)}" if draw.random() < 0.3 else None,
        "postal_code": f"{draw.randrange(10000, 99999)}",
        "state": draw.choice(("OR", "IL", "NY", "TX", "WA")),
    }
    card = pattern["payment_method_details"]["card"]
    brand = draw.choice(("visa", "mastercard", "amex"))
    varied_card = card | {
        "brand": brand,
        "network": brand,
        "exp_month": draw.randint(1, 12),
        "exp_year": draw.randint(2027, 2034),
        "fingerprint": _token(draw, 16),
        "last4": f"{draw.randrange(10000):04d}",
        "amount_authorized": amount,
        "network_transaction_id": str(draw.randrange(10**14, 10**15)),
        "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
    }
    return pattern | {
        "id": f"ch_3{_token(draw, 23)}",
        "created": created,
        "amount": amount,
        "amount_captured": amount,
        "balance_transaction": f"txn_3{_token(draw, 23)}",
        "billing_details": pattern["billing_details"]
        | {"address": address, "email": email, "name": name},
        "customer": f"cus_{_token(draw, 14)}",
        "description": f"Order #{1000 + number}",
        "metadata": {
            "shopify_order_id": str(draw.randrange(10**12, 10**13)),
            "cart": f"{draw.getrandbits(128):032x}",
            "channel": draw.choice(("web", "pos", "app")),
            "note": " ".join(draw.choices(STREETS + CITIES + LAST, k=draw.randint(3, 20))),
        },
        "outcome": pattern["outcome"] | {"risk_score": draw.randint(1, 70)},
        "payment_intent": f"pi_3{_token(draw, 23)}",
        "payment_method": f"pm_{_token(draw, 24)}",
        "payment_method_details": {"card": varied_card, "type": "card"},
        "receipt_email": email,
        "receipt_url": f"https://pay.stripe.com/receipts/payment/{_token(draw, 120)}",
        "shipping": pattern["shipping"] | {"name": name, "address": address},
    }


def _token(draw: random.Random, length: int) -> str:
    return "".join(draw.choices(ALPHABET, k=length))
