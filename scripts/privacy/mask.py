"""What is personal in a source's record, and the record without it.

Amounts, times, quantities and the ids of orders and items stay; so do province and country codes,
which say where tax was due and not who lives there. The customer's id becomes a token and an email
the token's address, so that counts of customers and of guests stay what they were.
"""

import re
from functools import cache
from typing import Any
from urllib.parse import unquote

import orjson

from scripts.privacy.person import Person, alone, digits, folded, says, sign
from scripts.privacy.record import CUSTOMER_IDS, GID, ORDER_IDS, opened


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Objects that are about a person: every text in them goes, whatever its key.
PERSONAL_OBJECTS = _words("""
customer defaultAddress default_address addresses addressesV2 shippingAddress shipping_address
billingAddress billing_address destination billing_details shipping shipping_details
customer_details collected_information client_details defaultEmailAddress defaultPhoneNumber
address payment_details paymentDetails metafields metafield customer_address customer_shipping
evidence metadata custom_fields wallet payer_details owner recipient recipientAttributes recovery
dob previous_attributes customer_tax_ids tax_ids localizedFields localizationExtensions
destination_location
""")
# Fields that are about a person wherever they stand.
PERSONAL_FIELDS = _words("""
displayName display_name email contact_email emailAddress note note2 customAttributes
custom_attributes note_attributes properties receipt_email receiptEmail receipt_number
customer_email user_agent landing_site referring_site tags name_on_card description
statement_descriptor raw abandoned_checkout_url abandonedCheckoutUrl invoiceUrl invoice_url
receipt_url order_status_url statusPageUrl hosted_invoice_url invoice_pdf footer cashtag
access_activity_log instructions signed_by
""")
# What people's fields are called where nobody has declared them: a dropped file's columns, a
# database's, Stripe's many ways to pay (`recipient_phone`, `customer_purchase_ip`, `lastName`).
_PARTS = _words(r"""
[a-z]*address(line)?\d? street line[12] city zip(code)? postal(code)? postcode latitude longitude
lat lng lon house_?n(o|r|umber) apartment (home|work|cell|mobile|tele)?phone((_?n)(o|r|umber))? tel
mobile(number)? cell fax ip login notes? birthday birthdate birth dob gender ssn passport iban last4
fingerprint payer recipient cardholder holder consignee addressee receiver attn cpf
(tax|vat)_?(ids?|n(o|r|umber))
(ship|bill|sold|deliver)_?to(?!_?(country|province|state))
""")
_WHOSE_NAME = _words("""
first last sur full given family middle nick verified preferred customer buyer contact user
""")
PERSONAL_KEY = re.compile(rf"(^|_)({'|'.join(_PARTS)}|({'|'.join(_WHOSE_NAME)})_?name)(_|$)")
# Stripe's older ways to pay have the person's name and address among their own fields.
PERSONAL_KINDS = ("card", "bank_account", "source")
# What of a person's object is no more than a place for tax, a kind, or a time.
KEPT = ORDER_IDS | _words("""
id province_code provinceCode province country_code countryCode countryCodeV2 country state
currency currencyCode created_at createdAt updated_at updatedAt numberOfOrders orders_count amount
total_spent marketingState object verified_email tax_exempt namespace key type
""")
QUERY = re.compile(r"(?<=[?&])([^?&=#\s]+)=[^&#\s]+")  # of a link
AMOUNT = re.compile(r"-?\d+([.,]\d+)?")
NAMES = ("first_name", "firstName", "last_name", "lastName", "displayName", "name")


def masked(record: Any, person: Person, of_customer: bool) -> Any:
    """The record without the person."""
    called = [
        key
        for key, value in record.items()
        if key.lower().endswith("name") and isinstance(value, str) and person.is_called(value)
    ]
    given = {**record, **dict.fromkeys(called)}
    if of_customer:
        given["id"] = _masked_id(record.get("id"), person)
        given |= {name: None for name in NAMES if name in given}
    return _mask("", given, person, inside=False)


def unquoted(value: Any, person: Person) -> Any:
    """The record with the person's email addresses replaced and nothing else."""
    if isinstance(value, dict):
        return {key: unquoted(part, person) for key, part in value.items()}
    if isinstance(value, list):
        return [unquoted(part, person) for part in value]
    return _replaced(value, person.emails, person.token) if isinstance(value, str) else value


def forgotten(value: Any, person: Person) -> Any:
    """A document of ours without the person's addresses and number, in names of fields too."""
    if isinstance(value, dict):
        return {forgotten(key, person): forgotten(part, person) for key, part in value.items()}
    if isinstance(value, list):
        return [forgotten(part, person) for part in value]
    if not isinstance(value, str):
        return value
    return _numberless(unquoted(value, person), person)


def _mask(key: str, value: Any, person: Person, inside: bool) -> Any:
    """inside: within an object that is about the person."""
    if isinstance(value, dict):
        within = inside or key in PERSONAL_OBJECTS or value.get("object") in PERSONAL_KINDS
        names = NAMES if value.get("object") == "customer" else ()  # Stripe's, also in an event
        return {
            name: None if name in names else _mask(name, part, person, within)
            for name, part in value.items()
        }
    if isinstance(value, list):
        if key in PERSONAL_FIELDS:
            return []
        return [_mask(key, part, person, inside or key in PERSONAL_OBJECTS) for part in value]
    if value is None or isinstance(value, bool):
        return value
    names_whom = key == "customer" or key in CUSTOMER_IDS or (key == "id" and inside)
    if names_whom and opened(value) is None:
        return _masked_id(value, person)
    if "email" in key.lower() and isinstance(value, str):
        return person.address
    flat = isinstance(value, str) and key in PERSONAL_OBJECTS  # a dropped row's column
    if key == "shipping" and AMOUNT.fullmatch(str(value)):
        return value  # what it cost
    if flat or _is_personal(key) or (inside and key not in KEPT):
        return None
    if not isinstance(value, str):
        return person.token if person.number.fullmatch(str(value)) else value
    inner = opened(value)
    if inner is not None:
        return orjson.dumps(_mask(key, inner, person, inside)).decode()
    return _without(_unasked(value, person), person)


def _unasked(link: str, person: Person) -> str:
    """A link without what its query's personal fields say (`checkout[first_name]`)."""

    def impersonal(part: re.Match[str]) -> str:
        name = re.sub(r"\W+", "_", unquote(part[1]))
        personal = "email" in name.lower() or _is_personal(name)
        return f"{part[1]}={person.token}" if personal else part[0]

    return QUERY.sub(impersonal, link)


@cache
def _is_personal(key: str) -> bool:
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).lower()
    return key in PERSONAL_FIELDS or snake in PERSONAL_FIELDS or bool(PERSONAL_KEY.search(snake))


def _masked_id(value: Any, person: Person) -> Any:
    """What is no number of theirs stays (a Stripe customer's own id, an address's id), but in a
    column of that name may stand a name or an email."""
    if digits(value) != person.customer_id:
        if not isinstance(value, str):
            return value
        named = " " in value.strip() or person.is_called(value)
        return person.token if named else _without(value, person)
    text = str(value)
    return text[: len(text) - len(person.customer_id)] + person.token


def _without(text: str, person: Person) -> str:
    return _numberless(_replaced(text, person.texts, person.token), person)


def _numberless(text: str, person: Person) -> str:
    text = re.sub(rf"{GID}{person.customer_id}(?!\d)", GID + person.token, text)
    return person.number.sub(person.token, text)


def _replaced(text: str, parts: set[str], token: str) -> str:
    """A text that says a part in letters that no pattern finds (another composition, a letter that
    folds into two, a phone number with signs) is replaced whole."""
    plain = folded(text)
    for part in sorted((part for part in parts if sign(part) in plain), key=len, reverse=True):
        text = alone(part).sub(token, text)
    return token if says(text, parts) else text
