"""Shopify's mandatory compliance webhooks: is it Shopify, and what is asked of whom?

Source: Shopify's docs, "Privacy law compliance": topics, payloads, 401 for a wrong signature.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

TOPICS = ("customers/redact", "customers/data_request", "shop/redact")


class RefusedError(Exception):
    """What the caller is answered; `status` is HTTP's."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Asked:
    """texts: the customer's email and phone, as Shopify knows them. orders: ids of orders that are
    the customer's, also where they name none. Both are empty for shop/redact."""

    topic: str
    shop: str
    customer_id: str
    texts: tuple[str, ...]
    orders: tuple[str, ...] = ()


def parse(body: bytes, headers: Mapping[str, Any], secret: str) -> Asked:
    """The request; RefusedError when it is not signed with the app's secret or not understood.

    headers: by any case, values plain or in lists, as Kestra's `trigger.headers` has them.
    """
    given = {name.lower(): _first(value) for name, value in headers.items()}
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    signature = given.get("x-shopify-hmac-sha256", "")
    if not hmac.compare_digest(base64.b64encode(digest), signature.encode()):
        raise RefusedError(401, "the signature is not that of SHOPIFY_API_SECRET over this body")
    topic = given.get("x-shopify-topic", "")
    if topic not in TOPICS:
        raise RefusedError(400, f"the topic is {topic[:60]!r}: this takes {', '.join(TOPICS)}")
    try:
        said: Any = orjson.loads(body)
        customer = _given(said.get("customer"), dict[str, Any]())
    except (orjson.JSONDecodeError, AttributeError) as error:
        raise RefusedError(400, "the body is no JSON object") from error
    number = str(customer.get("id") or "")
    if topic != "shop/redact" and not number.isdigit():
        raise RefusedError(400, "customer.id is missing")
    texts = tuple(str(customer[key]) for key in ("email", "phone") if customer.get(key))
    listed = said.get("orders_to_redact") or said.get("orders_requested")
    orders = tuple(str(order) for order in _given(listed, list[Any]()))
    return Asked(topic, str(said.get("shop_domain", "")), number, texts, orders)


def _given(value: Any, otherwise: Any) -> Any:
    """The value, if it is of that kind."""
    return value if isinstance(value, type(otherwise)) else otherwise


def _first(value: Any) -> str:
    return str(value[0] if isinstance(value, list) and value else value)
