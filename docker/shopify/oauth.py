"""The client credentials grant: an app of the Dev Dashboard is given a token that lives for a day.

shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant.
A token says itself until when it is good, so that one outlives a restart as Shopify's do.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from docker.shopify.settings import Settings

LIVES = 86_399  # seconds; what Shopify says
PREFIX = "shpat_"
EXPIRY = 8  # hexadecimal digits


def grant(settings: Settings, asked: Mapping[str, Any], now: datetime) -> tuple[str, str]:
    """("", token), or an OAuth error and its description."""
    given = {name: str(asked.get(name) or "") for name in ("client_id", "client_secret")}
    if asked.get("grant_type") != "client_credentials":
        return "unsupported_grant_type", "grant_type has to be client_credentials"
    if not settings.client_id or given["client_id"] != settings.client_id:
        name = given["client_id"]
        return "invalid_request", f"Could not find Shopify API application with api_key {name}"
    if not hmac.compare_digest(given["client_secret"].encode(), settings.api_secret.encode()):
        return "invalid_client", "The client secret is wrong"
    return "", _token(settings, int(now.timestamp()) + LIVES)


def accepts(settings: Settings, token: str, now: datetime) -> bool:
    """Whether the shop takes the token: the one of its settings, or one that was granted."""
    if hmac.compare_digest(token.encode(), settings.access_token.encode()):
        return True
    try:
        until = int(token.removeprefix(PREFIX)[:EXPIRY], 16)
    except ValueError:
        return False
    granted = hmac.compare_digest(token.encode(), _token(settings, until).encode())
    return bool(settings.client_id) and granted and now.timestamp() < until


def _token(settings: Settings, until: int) -> str:
    said = f"{settings.client_id} {until}".encode()
    signed = hmac.new(settings.api_secret.encode(), said, hashlib.sha256).hexdigest()
    return f"{PREFIX}{until:0{EXPIRY}x}{signed[: 32 - EXPIRY]}"
