"""customerCreate, customerSet, customerUpdate, customerDelete."""

import re
from typing import Any

from docker.shopify.errors import UserError
from docker.shopify.execute import Context
from docker.shopify.reads.customers import find_by
from docker.shopify.service import (
    Arguments,
    announce,
    create,
    existing,
    mutation,
    now,
    record_deletion,
    save,
)
from docker.shopify.store import Document
from docker.shopify.writes.metafields import set_metafields

PLAIN = ("firstName", "lastName", "note", "taxExempt", "locale", "multipassIdentifier")
EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s.]+$")
MAX_TAG = 255


def address(context: Context, given: dict[str, Any], owner: str = "MailingAddress") -> Document:
    """A mailing address with its derived fields."""
    out = {k: v for k, v in given.items() if k not in ("id", "countryCode")}
    code = given.get("countryCode")
    names = {"US": "United States", "CA": "Canada", "GB": "United Kingdom", "DE": "Germany"}
    out["country"] = given.get("country") or names.get(code or "", code)
    out["countryCodeV2"] = code
    out["name"] = " ".join(filter(None, (given.get("firstName"), given.get("lastName")))) or None
    area = [given.get("city"), given.get("provinceCode"), out["country"]]
    out["formattedArea"] = ", ".join(filter(None, area))
    out["id"] = f"{context.store.next_id('MailingAddress')}?model_name={owner}"
    return out


def _normal_phone(phone: str | None) -> str | None:
    return "+" + re.sub(r"\D", "", phone) if phone else None


def _check(context: Context, given: dict[str, Any], known: Document | None) -> None:
    email = given.get("email")
    if email:
        if not EMAIL.match(email.strip()):
            raise UserError(["email"], "Email is invalid", "INVALID")
        other = find_by(context, "email", email)
        if other and other is not known:
            raise UserError(["email"], "Email has already been taken", "TAKEN")
    if given.get("phone"):
        phone = _normal_phone(given["phone"]) or ""
        if len(phone) < 8:
            raise UserError(["phone"], "Phone is invalid", "INVALID")
        other = find_by(context, "phone", phone)
        if other and other is not known:
            raise UserError(["phone"], "Phone has already been taken", "TAKEN")
    for tag in given.get("tags") or ():
        if len(tag) > MAX_TAG:
            message = f"Tags is too long (maximum is {MAX_TAG} characters)"
            raise UserError(["tags"], message, "TOO_LONG")


def new_customer(context: Context, given: dict[str, Any]) -> Document:
    """A customer that `fill` has still to fill and `save` to keep."""
    currency = context.service.settings.currency
    customer = create(context, "Customer", state="DISABLED", tags=[], addressesV2=[], metafields=[])
    customer |= {
        "email": None,
        "phone": None,
        "numberOfOrders": "0",
        "amountSpent": f"0.0 {currency}",
        "verifiedEmail": True,
        "taxExempt": False,
        "taxExemptions": [],
        "locale": "en",
        "productSubscriberStatus": "NEVER_SUBSCRIBED",
        "lifetimeDuration": "less than a minute",
        "_orders": [],
        "_consent": {
            "marketingState": "NOT_SUBSCRIBED",
            "marketingOptInLevel": "SINGLE_OPT_IN",
            "marketingUpdatedAt": None,
        },
    }
    fill(context, customer, given)
    return customer


def fill(context: Context, customer: Document, given: dict[str, Any]) -> None:
    customer.update({name: given[name] for name in PLAIN if name in given})
    if "email" in given:
        customer["email"] = (given["email"] or "").strip() or None
    if "phone" in given:
        customer["phone"] = _normal_phone(given["phone"])
    if "tags" in given:
        unique = {t.strip().lower(): t.strip() for t in given["tags"] or []}
        customer["tags"] = sorted(unique.values())
    if "addresses" in given:
        customer["addressesV2"] = [address(context, a) for a in given["addresses"] or []]
    if consent := given.get("emailMarketingConsent"):
        customer["_consent"] = {
            "marketingState": consent["marketingState"],
            "marketingOptInLevel": consent.get("marketingOptInLevel") or "SINGLE_OPT_IN",
            "marketingUpdatedAt": consent.get("consentUpdatedAt") or now(context),
        }
    set_metafields(context, customer, given.get("metafields") or [])


@mutation("customerCreate", "customer")
def customer_create(context: Context, arguments: Arguments) -> dict[str, Any]:
    given = arguments["input"]
    if given.get("id"):
        raise UserError(["id"], "Cannot specify ID on creation")
    if not any(given.get(name) for name in ("email", "phone", "firstName", "lastName")):
        message = "A name, phone number, or email address must be present"
        raise UserError(None, message, "INVALID")
    _check(context, given, None)
    customer = new_customer(context, given)
    save(context, customer, "customers/create")
    return {"customer": customer}


@mutation("customerUpdate", "customer")
def customer_update(context: Context, arguments: Arguments) -> dict[str, Any]:
    given = arguments["input"]
    customer = existing(
        context, given.get("id") or "", "Customer", ["id"], "Customer does not exist"
    )
    _check(context, given, customer)
    fill(context, customer, given)
    save(context, customer, "customers/update")
    return {"customer": customer}


@mutation("customerSet", "customer")
def customer_set(context: Context, arguments: Arguments) -> dict[str, Any]:
    given = arguments["input"]
    identifier = arguments.get("identifier") or {}
    known = None
    if gid := identifier.get("id") or given.get("id"):
        known = existing(context, gid, "Customer", ["input"], "Resource matching the identifier "
                         "was not found.", "NOT_FOUND")  # fmt: skip
    elif email := identifier.get("email"):
        known = find_by(context, "email", email)
    elif phone := identifier.get("phone"):
        known = find_by(context, "phone", _normal_phone(phone) or "")
    _check(context, given, known)
    customer = known or new_customer(context, {})
    fill(context, customer, given)
    save(context, customer, "customers/update" if known else "customers/create")
    return {"customer": customer}


@mutation("customerDelete", "deletedCustomerId")
def customer_delete(context: Context, arguments: Arguments) -> dict[str, Any]:
    gid = arguments["input"]["id"]
    customer = existing(context, gid, "Customer", ["id"], "Customer can't be found")
    if customer["_orders"]:
        message = "Customer can’t be deleted because they have associated orders"
        raise UserError(["id"], message)
    context.store.delete(gid)
    record_deletion(context, customer, "CUSTOMER")
    announce(context, "customers/delete", {"id": gid})
    return {"deletedCustomerId": gid, "shop": None}
