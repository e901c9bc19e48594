"""The only place of this service that reads the environment."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from docker.common.server import SetupError, require
from docker.shopify import access

# plan: (points restored a second, bucket size); Shopify's documented rates of the GraphQL Admin
# API, and its bucket of 20 seconds' worth (2,000 on a standard plan, as every capture shows)
PLANS = {
    "standard": (100, 2_000),
    "advanced": (200, 4_000),
    "plus": (1_000, 20_000),
    "enterprise": (2_000, 40_000),
}


@dataclass(frozen=True)
class Settings:
    access_token: str
    api_secret: str
    client_id: str  # "": no app of the Dev Dashboard
    plan: str
    currency: str
    timezone: str
    shop_domain: str
    cache: Path
    scopes: frozenset[str]


def read_settings() -> Settings:
    """Raises SetupError with the name of the variable that is missing or wrong."""
    environment = dict(os.environ)
    plan = environment.get("SHOPIFY_PLAN") or "plus"
    if plan not in PLANS:
        raise SetupError(f"SHOPIFY_PLAN is {plan!r}: use one of {', '.join(PLANS)}.")
    return Settings(
        access_token=require(environment, "SHOPIFY_ACCESS_TOKEN", "the Admin API access token"),
        api_secret=require(environment, "SHOPIFY_API_SECRET", "the secret that signs webhooks"),
        client_id=environment.get("SHOPIFY_CLIENT_ID", "").strip(),
        plan=plan,
        currency=_currency(environment.get("SHOP_CURRENCY") or "USD"),
        timezone=_timezone(environment.get("SHOP_TIMEZONE") or "America/New_York"),
        shop_domain=environment.get("SHOP_DOMAIN") or "local-shop.myshopify.com",
        cache=cache_directory(environment),
        scopes=_scopes(environment.get("SHOPIFY_ACCESS_SCOPES", "")),
    )


def _currency(code: str) -> str:
    if not re.fullmatch("[A-Z]{3}", code):
        raise SetupError(f"SHOP_CURRENCY is {code!r}: give it an ISO 4217 code, like EUR.")
    return code


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:  # a folder's name is an OSError
        raise SetupError(
            f"SHOP_TIMEZONE is {name!r}: give it an IANA name, like Europe/Berlin."
        ) from error
    return name


def _scopes(text: str) -> frozenset[str]:
    """The granted access scopes, comma-separated; all that this service knows when not given."""
    return frozenset(filter(None, (part.strip() for part in text.split(",")))) or access.ALL


def cache_directory(environment: dict[str, str]) -> Path:
    """Where downloads are kept: ECOMM_CACHE, else the user's cache directory."""
    if chosen := environment.get("ECOMM_CACHE"):
        return Path(chosen)
    base = environment.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "ecomm"
