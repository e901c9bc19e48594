"""What is personal in a source's record, and the record without it.

Amounts, times, quantities and the ids of orders and items stay; so do province and country codes,
which say where tax was due and not who lives there. The customer's id becomes a token and an email
the token's address, so that counts of customers and of guests stay what they were.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import orjson


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Objects that are about a person: every text in them goes, whatever its key.
PERSONAL_OBJECTS = _words("""
customer defaultAddress default_address addresses addressesV2 shippingAddress shipping_address
billingAddress billing_address destination billing_details shipping shipping_details
customer_details collected_information client_details defaultEmailAddress defaultPhoneNumber
address payment_details paymentDetails metafields
""")
# Fields that are about a person wherever they stand.
PERSONAL_FIELDS = _words("""
first_name firstName last_name lastName displayName display_name email contact_email phone
emailAddress phoneNumber note notes note2 customAttributes custom_attributes note_attributes
receipt_email receiptEmail receipt_number customer_email customer_name customer_phone
customer_address browser_ip clientIp ip user_agent landing_site referring_site tags recipient
recipient_name address1 address2 street zip postal_code name_on_card description
statement_descriptor raw abandoned_checkout_url
abandonedCheckoutUrl invoiceUrl invoice_url receipt_url
""")
# What of a person's object is no more than a place for tax, a kind, or a time.
KEPT = _words("""
id province_code provinceCode province country_code countryCode countryCodeV2 country state
currency currencyCode created_at createdAt updated_at updatedAt numberOfOrders orders_count amount
total_spent marketingState object verified_email tax_exempt namespace key type
""")
# Fields that name the customer by id.
CUSTOMER_IDS = _words("customer_id customerId user_id shopify_customer_id")
# Fields that name an order, by id or by name.
ORDER_IDS = _words("order_id orderId shopify_order_id order_name orderName")
NAMES = ("first_name", "firstName", "last_name", "lastName", "displayName", "name")
GID = "gid://shopify/Customer/"
LEAST_TEXT = 5  # characters: shorter texts stand in too many others to be looked for


@dataclass
class Person:
    """customer_id: Shopify's digits. texts: emails, phones and full names, folded; what is learned
    of the person from one record finds the next. accounts: Stripe's ids of the customer. orders:
    ids and names of their orders. token: what stands for them from now on.
    """

    customer_id: str
    token: str
    texts: set[str] = field(default_factory=set[str])
    accounts: set[str] = field(default_factory=set[str])
    orders: set[str] = field(default_factory=set[str])

    @property
    def known(self) -> int:
        return len(self.texts) + len(self.accounts) + len(self.orders)

    @property
    def emails(self) -> set[str]:
        return {text for text in self.texts if "@" in text or "%40" in text}

    @property
    def address(self) -> str:
        """An address of a domain that can never exist (RFC 2606)."""
        return f"{self.token}@redacted.invalid"


def belongs(record: Any, person: Person, of_customer: bool) -> bool:
    """Whether the record is the person's: by customer id, and where it has none, by their account
    at Stripe, their order, or what was learned. People share phones and addresses, so another
    customer's record is never taken.
    of_customer: it is of a stream of customers, so that its own id counts."""
    ids = set(_customer_ids(record))
    if of_customer:
        ids.add(_digits(record.get("id")))
    if ids:
        return person.customer_id in ids
    return any(
        _says(value, person.texts)
        or (key in ("customer", "id") and str(value) in person.accounts)
        or (_names_order(parent, key) and _digits(value) in person.orders)
        for parent, key, value in _leaves(record)
    )


def quotes(record: Any, person: Person) -> bool:
    """Whether a record that is not the person's holds an email address of theirs."""
    return any(_says(value, person.emails) for _, _, value in _leaves(record))


def unquoted(value: Any, person: Person) -> Any:
    """The record with the person's email addresses replaced and nothing else."""
    if isinstance(value, dict):
        return {key: unquoted(part, person) for key, part in value.items()}
    if isinstance(value, list):
        return [unquoted(part, person) for part in value]
    return _replaced(value, person.emails, person.token) if isinstance(value, str) else value


def learn(record: Any, person: Person, of_order: bool = False) -> None:
    """Remember the emails, phones and full names of a record that belongs to the person, and the
    record's own id where that is an account at Stripe or, of_order, an order."""
    if record.get("object") == "customer":
        person.accounts.add(str(record["id"]))
    if of_order:
        person.orders |= {_digits(record[key]) for key in ("id", "name") if record.get(key)}
    for holder in _objects(record):
        for key in ("email", "emailAddress", "receipt_email", "phone", "phoneNumber"):
            _remember(holder.get(key), person)
        first = holder.get("first_name") or holder.get("firstName")
        last = holder.get("last_name") or holder.get("lastName")
        if isinstance(first, str) and isinstance(last, str):
            for name in (f"{first} {last}", f"{last} {first}", f"{last}, {first}"):
                _remember(name, person)


def masked(record: Any, person: Person, of_customer: bool) -> Any:
    """The record without the person."""
    given = dict(record)
    if of_customer:
        given["id"] = _masked_id(record.get("id"), person)
    if of_customer or record.get("object") == "customer":  # Shopify's or Stripe's
        given |= {name: None for name in NAMES if name in given}
    return {key: _mask(key, value, person, inside=False) for key, value in given.items()}


def _mask(key: str, value: Any, person: Person, inside: bool) -> Any:
    if isinstance(value, dict):
        within = inside or key in PERSONAL_OBJECTS
        return {name: _mask(name, part, person, within) for name, part in value.items()}
    if isinstance(value, list):
        if key in PERSONAL_FIELDS:
            return []
        return [_mask(key, part, person, inside or key in PERSONAL_OBJECTS) for part in value]
    if value is None or isinstance(value, bool):
        return value
    if key == "customer" or key in CUSTOMER_IDS or (key == "id" and inside):
        return _masked_id(value, person)
    if "email" in key.lower() and isinstance(value, str):
        return person.address
    flat = isinstance(value, str) and key in PERSONAL_OBJECTS  # a dropped row's column
    if flat or key in PERSONAL_FIELDS or (inside and key not in KEPT):
        return None
    if not isinstance(value, str):
        return value
    inner = _json(value)
    if inner is not None:
        return orjson.dumps(_mask(key, inner, person, inside)).decode()
    return _without(value, person)


def _json(text: str) -> Any:
    """The object or list that a text holds as JSON (a receipt, a column of a database); None when
    it holds none."""
    if text[:1] not in ("{", "["):
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _masked_id(value: Any, person: Person) -> Any:
    if _digits(value) != person.customer_id:
        return value  # a Stripe customer's own id, an address's id
    text = str(value)
    return text[: len(text) - len(person.customer_id)] + person.token


def _without(text: str, person: Person) -> str:
    text = _replaced(text, person.texts, person.token)
    return text.replace(GID + person.customer_id, GID + person.token)


def _replaced(text: str, parts: set[str], token: str) -> str:
    """A text that says a part in letters that no pattern finds (another composition, a letter that
    folds into two) is replaced whole."""
    plain = folded(text)
    for part in sorted((part for part in parts if part in plain), key=len, reverse=True):
        text = re.sub(re.escape(part), token, text, flags=re.IGNORECASE)
    return token if _says(text, parts) else text


def _says(value: Any, texts: set[str]) -> bool:
    if not isinstance(value, str):
        return False
    plain = folded(value)
    return any(text in plain for text in texts)


def folded(text: str) -> str:
    """The same for texts that a person reads as the same: upper and lower case, accents as signs of
    their own or left out."""
    if text.isascii():
        return text.lower()
    signs = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in signs if not unicodedata.combining(sign))


def _customer_ids(record: Any) -> Iterator[str]:
    for parent, key, value in _leaves(record):
        named = key in CUSTOMER_IDS or (key == "id" and parent == "customer")
        if named or str(value).startswith(GID):
            yield _digits(value)


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


def _remember(value: Any, person: Person) -> None:
    """Also as an address stands in a link's query."""
    if isinstance(value, str) and len(value.strip()) >= LEAST_TEXT:
        text = folded(value.strip())
        person.texts.add(text)
        if "@" in text:
            person.texts.add(quote(text, safe="").lower())


def _digits(value: Any) -> str:
    """`gid://shopify/Customer/1` and 1 are both '1'."""
    return re.split(r"[/?]", str(value))[-1] if value is not None else ""
