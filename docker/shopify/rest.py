"""The few REST Admin paths that ShopifyAPI and existing connectors ask for."""

from bisect import bisect_left
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from docker.common.clock import format_time, parse_time
from docker.shopify.api import Api
from docker.shopify.execute import Context
from docker.shopify.pages import decode_cursor, encode_cursor
from docker.shopify.reads.shop import SHOP_NUMBER, shop_document
from docker.shopify.rest_shape import customer as customer_shape
from docker.shopify.rest_shape import order as order_shape
from docker.shopify.store import gid_number

Refuse = Callable[[Request, dict[str, str]], Response | None]
Respond = Callable[..., Response]
MAX_LIMIT = 250


def rest_routes(api: Api, refuse: Refuse, respond: Respond) -> list[Route]:
    """shop, access scopes, orders and customers (by update time, Link pages), deletion events."""

    def checked(answer: Callable[[Request], Response]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            return refuse(request, {}) or answer(request)

        return endpoint

    def shop(_: Request) -> Response:
        return respond({"shop": _shop(api)})

    def scopes(_: Request) -> Response:
        return respond({"access_scopes": [{"handle": s} for s in sorted(api.service.scopes)]})

    def orders(request: Request) -> Response:
        documents, link = _page(api, request, "Order")
        body = {"orders": [order_shape(api.service.store, d) for d in documents]}
        return respond(body, 200, {"link": link} if link else None)

    def customers(request: Request) -> Response:
        documents, link = _page(api, request, "Customer")
        body = {"customers": [customer_shape(d) for d in documents]}
        return respond(body, 200, {"link": link} if link else None)

    def events(request: Request) -> Response:
        return respond({"events": _events(api, request.query_params)})

    return [
        Route("/admin/api/{version}/shop.json", checked(shop)),
        Route("/admin/oauth/access_scopes.json", checked(scopes)),
        Route("/admin/api/{version}/orders.json", checked(orders)),
        Route("/admin/api/{version}/customers.json", checked(customers)),
        Route("/admin/api/{version}/events.json", checked(events)),
    ]


def _shop(api: Api) -> dict[str, Any]:
    shop = shop_document(Context(api.service.store, {}, api.service))
    return {
        "id": SHOP_NUMBER,
        "name": shop["name"],
        "email": shop["email"],
        "domain": shop["myshopifyDomain"],
        "myshopify_domain": shop["myshopifyDomain"],
        "currency": shop["currencyCode"],
        "iana_timezone": shop["ianaTimezone"],
        "country_code": "US",
        "plan_name": "shopify_plus" if api.service.settings.plan == "plus" else "basic",
        "created_at": shop["createdAt"],
        "updated_at": shop["updatedAt"],
    }


def _page(api: Api, request: Request, kind: str) -> tuple[list[Any], str | None]:
    """Objects by ascending update time from `updated_at_min`, or from a `page_info` cursor."""
    query = request.query_params
    limit = min(MAX_LIMIT, int(query.get("limit", 50)))
    store = api.service.store
    by_id = query.get("order", "").startswith("id") or "since_id" in query
    entries = store.entries(kind, "id" if by_id else "updatedAt")
    start = 0
    value: str | int
    if cursor := query.get("page_info"):
        number, text = decode_cursor(cursor)
        by_id = text.isdigit()  # it alone tells the order: a next page is asked for by nothing else
        if by_id:
            entries = store.entries(kind, "id")
        start = bisect_left(entries, (int(text) if by_id else text, number + 1))
    elif "since_id" in query:
        start = bisect_left(entries, (int(query["since_id"]) + 1, 0))
    elif moment := query.get("updated_at_min"):
        start = bisect_left(entries, (format_time(parse_time(moment)), 0))
    end, moment = len(entries), query.get("updated_at_max")
    if moment and not by_id:
        end = bisect_left(entries, (format_time(parse_time(moment)) + "~", 0))
    window = entries[start : min(end, start + limit)]
    documents = [store.by_number(kind, number) for _, number in window]
    if not window or start + limit >= end:
        return documents, None
    value, number = window[-1]
    more = {"limit": limit, "page_info": encode_cursor(number, value)}
    if moment:
        more["updated_at_max"] = moment
    return documents, f'<{request.url.replace(query=urlencode(more))}>; rel="next"'


def _events(api: Api, query: Any) -> list[dict[str, Any]]:
    found = []
    since = query.get("created_at_min")
    floor = format_time(parse_time(since)) if since else ""
    verb, kinds = query.get("verb"), [k for k in query.get("filter", "").split(",") if k]
    for event in api.service.store.all("BasicEvent"):
        kind = event["subjectType"].title()
        if event["createdAt"] < floor or (verb and verb != event["action"]):
            continue
        if not kinds or kind in kinds:
            found.append(
                {
                    "id": gid_number(event["id"]),
                    "subject_id": gid_number(event["subjectId"]),
                    "subject_type": kind,
                    "verb": event["action"],
                    "message": event["message"],
                    "author": event["author"],
                    "created_at": event["createdAt"],
                }
            )
    return found[: int(query.get("limit", MAX_LIMIT))]
