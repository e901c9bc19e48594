"""Draft orders, abandoned checkouts, discounts, gift cards, markets, price lists: plain lists."""

from dataclasses import dataclass
from typing import Any

from docker.shopify.execute import Context, resolves
from docker.shopify.listing import by_id, count_documents, list_documents
from docker.shopify.pages import Page
from docker.shopify.reads.orders import counted
from docker.shopify.search import Filter
from docker.shopify.store import Document, gid_number

CREATED = {"created_at": Filter("time", lambda d: d["createdAt"])}
UPDATED = {"updated_at": Filter("time", lambda d: d["updatedAt"])}
IDS = {"id": Filter("number", lambda d: gid_number(d["id"]))}
STATUS = {"status": Filter("text", lambda d: d.get("status"))}
TITLE = {"title": Filter("prefix", lambda d: d["discount"].get("title"))}
KINDS = {"type": Filter("text", lambda d: d["discount"]["__typename"])}
BALANCE = {"balance_status": Filter("text", lambda d: d.get("_balanceStatus"))}
STATES = {"recovery_state": Filter("text", lambda d: d.get("_recoveryState"))}


@dataclass(frozen=True)
class Listed:
    """A root list, the type that it holds, what it is searched by, and its count."""

    root: str
    kind: str
    filters: dict[str, Filter]
    count: str | None = None


# the search fields of the official schema that matter to readers; price lists are not searched
LISTS = (
    Listed("draftOrders", "DraftOrder", CREATED | UPDATED | IDS | STATUS, "draftOrdersCount"),
    Listed(
        "abandonedCheckouts",
        "AbandonedCheckout",
        CREATED | UPDATED | IDS | STATUS | STATES,
        "abandonedCheckoutsCount",
    ),
    Listed(
        "discountNodes",
        "DiscountNode",
        CREATED | UPDATED | IDS | TITLE | KINDS,
        "discountNodesCount",
    ),
    Listed("giftCards", "GiftCard", CREATED | IDS | STATUS | BALANCE, "giftCardsCount"),
    Listed("markets", "Market", IDS | STATUS),
    Listed("priceLists", "PriceList", {}),
)


def _register(listed: Listed) -> None:
    @resolves("QueryRoot", listed.root)
    def page(context: Context, _: Any, arguments: dict[str, Any]) -> Page:
        zone = context.service.zone
        return list_documents(context, listed.kind, arguments, listed.filters, zone=zone)

    if listed.count:

        @resolves("QueryRoot", listed.count)
        def count(context: Context, _: Any, arguments: dict[str, Any]) -> Any:
            text, zone = arguments.get("query"), context.service.zone
            found = count_documents(context, listed.kind, text, listed.filters, zone)
            return counted(found, arguments)


for _listed in LISTS:
    _register(_listed)
by_id("draftOrder", "discountNode", "giftCard", "market", "priceList")


@resolves("DiscountNode", "discount")
def discount(context: Context, source: Document, _: dict[str, Any]) -> Any:
    """The discount itself; its times are its node's."""
    times = {"createdAt": source["createdAt"], "updatedAt": source["updatedAt"]}
    return times | source["discount"]
