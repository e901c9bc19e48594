"""Shop, locations, the app's own installation, `node` and `nodes`."""

from typing import Any

from docker.shopify.execute import Context, resolves
from docker.shopify.listing import list_documents
from docker.shopify.pages import Page
from docker.shopify.search import Filter
from docker.shopify.store import gid_number, gid_type

SHOP_NUMBER = 68_000_000_001
LOCATION_FILTERS = {
    "name": Filter("text", lambda d: d["name"]),
    "active": Filter("text", lambda d: str(d["isActive"]).lower()),
    "created_at": Filter("time", lambda d: d["createdAt"]),
    "city": Filter("text", lambda d: d["address"].get("city")),
    "country": Filter("text", lambda d: d["address"].get("country")),
    "id": Filter("number", lambda d: gid_number(d["id"])),
    "legacy": Filter("text", lambda d: "false"),
    "": Filter("text", lambda d: d["name"]),
}


def shop_document(context: Context) -> dict[str, Any]:
    settings = context.service.settings
    now = context.service.clock.now().astimezone(context.service.zone)
    offset = now.utcoffset()
    minutes = int(offset.total_seconds() // 60) if offset else 0
    sign = "-" if minutes < 0 else "+"
    return {
        "id": f"gid://shopify/Shop/{SHOP_NUMBER}",
        "name": settings.shop_domain.partition(".")[0].replace("-", " ").title(),
        "email": "owner@example.com",
        "contactEmail": "owner@example.com",
        "shopOwnerName": "Local Owner",
        "myshopifyDomain": settings.shop_domain,
        "url": f"https://{settings.shop_domain}",
        "primaryDomain": {
            "id": f"gid://shopify/Domain/{SHOP_NUMBER}",
            "host": settings.shop_domain,
            "url": f"https://{settings.shop_domain}",
            "sslEnabled": True,
        },
        "currencyCode": settings.currency,
        "enabledPresentmentCurrencies": [settings.currency],
        "ianaTimezone": settings.timezone,
        "timezoneAbbreviation": now.tzname(),
        "timezoneOffset": f"{sign}{abs(minutes) // 60:02d}{abs(minutes) % 60:02d}",
        "timezoneOffsetMinutes": minutes,
        "plan": {
            "publicDisplayName": "Shopify Plus" if settings.plan == "plus" else "Shopify",
            "displayName": "Shopify Plus" if settings.plan == "plus" else "Shopify",
            "partnerDevelopment": True,
            "shopifyPlus": settings.plan in ("plus", "enterprise"),
        },
        "taxesIncluded": False,
        "taxShipping": False,
        "weightUnit": "KILOGRAMS",
        "unitSystem": "METRIC_SYSTEM",
        "orderNumberFormatPrefix": "#",
        "orderNumberFormatSuffix": "",
        "createdAt": "2024-01-01T00:00:00Z",
        "updatedAt": "2024-01-01T00:00:00Z",
        "checkoutApiSupported": True,
        "setupRequired": False,
        "shopAddress": {"countryCodeV2": "US", "country": "United States", "city": "New York"},
    }


@resolves("QueryRoot", "shop")
def shop(context: Context, _: Any, __: dict[str, Any]) -> Any:
    return shop_document(context)


@resolves("QueryRoot", "currentAppInstallation")
def current_app(context: Context, _: Any, __: dict[str, Any]) -> Any:
    return {
        "id": "gid://shopify/AppInstallation/1",
        "accessScopes": [
            {"handle": s, "description": s.replace("_", " ")}
            for s in sorted(context.service.scopes)
        ],
        "app": {"id": "gid://shopify/App/1", "title": "ecomm", "handle": "ecomm"},
    }


@resolves("QueryRoot", "location")
def location(context: Context, _: Any, arguments: dict[str, Any]) -> Any:
    if gid := arguments.get("id"):
        return context.store.get(gid)
    return next(context.store.all("Location"), None)


@resolves("QueryRoot", "locations")
def locations(context: Context, _: Any, arguments: dict[str, Any]) -> Page:
    inactive = arguments.get("includeInactive")
    return list_documents(
        context,
        "Location",
        arguments,
        LOCATION_FILTERS,
        {"NAME": lambda d: d["name"].lower()},
        zone=context.service.zone,
        keep=None if inactive else lambda d: d["isActive"],
    )


@resolves("QueryRoot", "node")
def node(context: Context, _: Any, arguments: dict[str, Any]) -> Any:
    gid = arguments["id"]
    return shop_document(context) if gid_type(gid) == "Shop" else context.store.get(gid)


@resolves("QueryRoot", "nodes")
def nodes(context: Context, _: Any, arguments: dict[str, Any]) -> Any:
    return [node(context, _, {"id": gid}) for gid in arguments["ids"]]
