"""The access token that every call carries: a given one, or an app's own, good for a day.

shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant
"""

import threading
from typing import Any

import requests

from scripts.errors import FatalError, RetriableError
from scripts.settings import App, Shopify, is_token
from scripts.shopify.passing import passing_error

TIMEOUT = (10, 30)  # connect, read: seconds
SHOWN = 200  # characters of a refusal


class Token:
    """Of one shop; threads may share it."""

    def __init__(self, settings: Shopify, http: requests.Session) -> None:
        self._credential, self._http = settings.credential, http
        self._address = f"{settings.url}/admin/oauth/access_token"
        self._lock = threading.Lock()
        self._value = ""
        self._taken = False  # the shop has accepted it

    def value(self) -> str:
        """FatalError: the shop gives none; RetriableError: it may at another time."""
        if isinstance(self._credential, str):
            return self._credential
        with self._lock:
            if not self._value:
                self._value, self._taken = self._ask(self._credential), False
            return self._value

    def has_ended(self, value: str) -> bool:
        """Whether the token that the shop refuses was good before; `value` is then another one."""
        with self._lock:
            if value == self._value and self._taken:
                self._value = ""
            return isinstance(self._credential, App) and value != self._value

    def was_taken(self, value: str) -> None:
        with self._lock:
            self._taken = self._taken or value == self._value

    def _ask(self, app: App) -> str:
        asked = {
            "grant_type": "client_credentials",
            "client_id": app.client_id,
            "client_secret": app.client_secret,
        }
        try:
            answer = self._http.post(
                self._address, data=asked, timeout=TIMEOUT, allow_redirects=False
            )
        except requests.RequestException as error:
            raise RetriableError(
                f"Shopify could not be asked for a token: {type(error).__name__}"
            ) from error
        if passing := passing_error(answer):
            raise passing
        said = _object(answer)
        token = said.get("access_token")
        if answer.status_code == 200 and isinstance(token, str) and is_token(token):
            return token
        raise FatalError(
            f"Shopify gives no token ({_reason(answer.status_code, said)}): check SHOPIFY_URL, "
            "SHOPIFY_CLIENT_ID and SHOPIFY_API_SECRET; the app has to be installed in the shop, "
            "and both have to belong to one organization"
        )


def _object(answer: requests.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except requests.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def _reason(status: int, said: dict[str, Any]) -> str:
    told = [str(said[name]) for name in ("error", "error_description") if said.get(name)]
    return (": ".join(told) or str(status))[:SHOWN]
