"""Returns of orders."""

from typing import Any

from docker.shopify.execute import Context, resolves
from docker.shopify.listing import by_id
from docker.shopify.pages import Page, list_page
from docker.shopify.search import Filter, compile_search
from docker.shopify.store import Document

RETURN_FILTERS = {"status": Filter("text", lambda d: d["status"])}


by_id("return")


@resolves("Order", "returns")
def returns(context: Context, source: Document, arguments: dict[str, Any]) -> Page:
    found = [d for gid in source.get("_returns", ()) if (d := context.store.get(gid))]
    if text := arguments.get("query"):
        search = compile_search(text, RETURN_FILTERS, context.service.zone)
        found = [d for d in found if search.matches is None or search.matches(d)]
    return list_page(found, arguments, context.unlimited)


@resolves("Return", "totalQuantity")
def total_quantity(context: Context, source: Document, _: dict[str, Any]) -> int:
    return sum(line.get("quantity", 0) for line in source.get("returnLineItems", ()))
