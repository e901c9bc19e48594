"""Webhook deliveries: REST-shaped payloads, signed, retried, without blocking the shop."""

import asyncio
import base64
import hashlib
import hmac
from collections import deque
from typing import Any
from uuid import uuid4

import orjson
import requests

from docker.common.clock import format_time
from docker.shopify.rest_shape import payload
from docker.shopify.service import Service

# seconds between attempts; Shopify retries 8 times over 4 hours, which no test waits for
RETRIES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
ANSWER_WITHIN = 5
KEPT = 1_000


def signature(secret: str, body: bytes) -> str:
    """`X-Shopify-Hmac-Sha256`: HMAC-SHA256 of the raw body, base64."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


class WebhookSender:
    """Turns a shop's announcements into deliveries to its subscriptions."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.log: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._tasks: set[asyncio.Task[None]] = set()

    def send_pending(self) -> None:
        """Starts the deliveries of what was announced since the last call."""
        events = self.service.events
        subscriptions = list(self.service.store.all("WebhookSubscription"))
        while events:
            topic, _, document = events.popleft()
            name = topic.upper().replace("/", "_")
            event = str(uuid4())
            for subscription in subscriptions:
                if subscription["topic"] == name:
                    self._start(subscription, topic, event, document)

    def _start(
        self, subscription: dict[str, Any], topic: str, event: str, document: dict[str, Any]
    ) -> None:
        content = payload(self.service.store, topic, document)
        if wanted := subscription["includeFields"]:
            content = {key: value for key, value in content.items() if key in wanted}
        body = orjson.dumps(content)
        settings = self.service.settings
        headers = {
            "Content-Type": "application/json",
            "X-Shopify-Topic": topic,
            "X-Shopify-Shop-Domain": settings.shop_domain,
            "X-Shopify-API-Version": subscription["apiVersion"]["handle"],
            "X-Shopify-Webhook-Id": str(uuid4()),
            "X-Shopify-Event-Id": event,
            "X-Shopify-Triggered-At": format_time(self.service.clock.now()),
            "X-Shopify-Hmac-Sha256": signature(settings.api_secret, body),
        }
        delivery = self._deliver(subscription["uri"], headers, body)
        task = asyncio.get_running_loop().create_task(delivery)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, uri: str, headers: dict[str, str], body: bytes) -> None:
        for attempt, pause in enumerate((*RETRIES, 0.0), 1):
            status = await asyncio.to_thread(_post, uri, headers, body)
            self.log.append({"uri": uri, "headers": headers, "attempt": attempt, "status": status})
            if 200 <= status < 300 or not pause:
                return
            await asyncio.sleep(pause)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _post(uri: str, headers: dict[str, str], body: bytes) -> int:
    """The answer's status; 0 when there was none."""
    try:
        return requests.post(uri, data=body, headers=headers, timeout=ANSWER_WITHIN).status_code
    except requests.RequestException:
        return 0
