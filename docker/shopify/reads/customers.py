"""Customers."""

from typing import Any

from docker.shopify.execute import Context, resolves
from docker.shopify.listing import by_id, count_documents, list_documents, search_of
from docker.shopify.pages import Page, list_page
from docker.shopify.reads.orders import ORDER_FILTERS, counted
from docker.shopify.search import Filter
from docker.shopify.store import Document, gid_number

CUSTOMER_FILTERS = {
    "customer_date": Filter("time", lambda d: d["createdAt"]),
    "updated_at": Filter("time", lambda d: d["updatedAt"]),
    "id": Filter("number", lambda d: gid_number(d["id"])),
    "email": Filter("text", lambda d: d.get("email")),
    "phone": Filter("text", lambda d: d.get("phone")),
    "first_name": Filter("text", lambda d: d.get("firstName")),
    "last_name": Filter("text", lambda d: d.get("lastName")),
    "tag": Filter("text", lambda d: d["tags"]),
    "tag_not": Filter("absent", lambda d: d["tags"]),
    "state": Filter("text", lambda d: d["state"]),
    "country": Filter("text", lambda d: [a.get("country") for a in d["addressesV2"]]),
    "orders_count": Filter("number", lambda d: d["numberOfOrders"]),
    "total_spent": Filter("number", lambda d: d["amountSpent"].partition(" ")[0]),
    "": Filter("prefix", lambda d: [d.get("email"), d.get("firstName"), d.get("lastName")]),
}
CUSTOMER_SORTS = {
    "NAME": lambda d: f"{d.get('lastName') or ''} {d.get('firstName') or ''}".lower(),
}
# customersCount searches by fewer fields than customers does, as recorded
COUNT_FILTERS = {
    "created_at": Filter("time", lambda d: d["createdAt"]),
    "updated_at": CUSTOMER_FILTERS["updated_at"],
    "id": CUSTOMER_FILTERS["id"],
}


@resolves("QueryRoot", "customers")
def customers(context: Context, _: Any, arguments: dict[str, Any]) -> Page:
    zone = context.service.zone
    return list_documents(
        context, "Customer", arguments, CUSTOMER_FILTERS, CUSTOMER_SORTS, zone=zone
    )


@resolves("QueryRoot", "customersCount")
def customers_count(context: Context, _: Any, arguments: dict[str, Any]) -> Any:
    text, zone = arguments.get("query"), context.service.zone
    count = count_documents(context, "Customer", text, COUNT_FILTERS, zone)
    return counted(count, arguments)


by_id("customer")


@resolves("QueryRoot", "customerByIdentifier")
def by_identifier(context: Context, _: Any, arguments: dict[str, Any]) -> Any:
    identifier = arguments["identifier"]
    if gid := identifier.get("id"):
        return context.store.get(gid)
    for given, kept in (("emailAddress", "email"), ("phoneNumber", "phone")):
        if wanted := identifier.get(given):
            return find_by(context, kept, wanted)
    return None


def find_by(context: Context, field: str, wanted: str) -> Document | None:
    """The customer with this e-mail address or telephone number."""
    return context.store.find("Customer", field, wanted)


@resolves("Customer", "displayName")
def display_name(context: Context, source: Document, _: dict[str, Any]) -> str:
    names = " ".join(filter(None, (source.get("firstName"), source.get("lastName"))))
    return names or source.get("email") or source.get("phone") or ""


@resolves("Customer", "defaultAddress")
def default_address(context: Context, source: Document, _: dict[str, Any]) -> Any:
    return source["addressesV2"][0] if source["addressesV2"] else None


@resolves("Customer", "addresses")
def addresses(context: Context, source: Document, arguments: dict[str, Any]) -> Any:
    return source["addressesV2"][: arguments.get("first", 250)]


@resolves("Customer", "defaultEmailAddress")
def email_address(context: Context, source: Document, _: dict[str, Any]) -> Any:
    if not source.get("email"):
        return None
    return source["_consent"] | {"emailAddress": source["email"], "validFormat": True}


@resolves("Customer", "defaultPhoneNumber")
def phone_number(context: Context, source: Document, _: dict[str, Any]) -> Any:
    number = source.get("phone")
    return {"phoneNumber": number, "marketingState": "NOT_SUBSCRIBED"} if number else None


@resolves("Customer", "orders")
def customer_orders(context: Context, source: Document, arguments: dict[str, Any]) -> Page:
    found = [d for gid in source["_orders"] if (d := context.store.get(gid))]
    search = search_of(context, arguments.get("query"), ORDER_FILTERS, context.service.zone)
    if search and search.matches:
        found = [d for d in found if search.matches(d)]
    return list_page(found, arguments, context.unlimited)


@resolves("Customer", "lastOrder")
def last_order(context: Context, source: Document, _: dict[str, Any]) -> Any:
    return source["_orders"][-1] if source["_orders"] else None


@resolves("Customer", "canDelete")
def can_delete(context: Context, source: Document, _: dict[str, Any]) -> bool:
    return not source["_orders"]
