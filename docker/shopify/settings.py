"""The only place of this service that reads the environment."""

import os
from dataclasses import dataclass
from pathlib import Path

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
    plan: str
    currency: str
    timezone: str
    shop_domain: str
    cache: Path
    scopes: frozenset[str]


def read_settings() -> Settings:
    """Raises SetupError with the name of the variable that is missing or wrong."""
    environment = dict(os.environ)
    plan = environment.get("SHOPIFY_PLAN", "plus")
    if plan not in PLANS:
        raise SetupError(f"SHOPIFY_PLAN is {plan!r}: use one of {', '.join(PLANS)}.")
    return Settings(
        access_token=require(environment, "SHOPIFY_ACCESS_TOKEN", "the Admin API access token"),
        api_secret=require(environment, "SHOPIFY_API_SECRET", "the secret that signs webhooks"),
        plan=plan,
        currency=environment.get("SHOP_CURRENCY", "USD"),
        timezone=environment.get("SHOP_TIMEZONE", "America/New_York"),
        shop_domain=environment.get("SHOP_DOMAIN", "local-shop.myshopify.com"),
        cache=cache_directory(environment),
        scopes=_scopes(environment.get("SHOPIFY_ACCESS_SCOPES", "")),
    )


def _scopes(text: str) -> frozenset[str]:
    """The granted access scopes, comma-separated; all that this service knows when not given."""
    return frozenset(filter(None, (part.strip() for part in text.split(",")))) or access.ALL


def cache_directory(environment: dict[str, str]) -> Path:
    """Where downloads are kept: ECOMM_CACHE, else the user's cache directory."""
    if chosen := environment.get("ECOMM_CACHE"):
        return Path(chosen)
    base = environment.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "ecomm"
