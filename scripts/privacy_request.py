"""Take one of Shopify's compliance webhooks: `python -m scripts.privacy_request --body FILE`.

The headers come in --headers, as JSON in base64. Outputs tell Kestra what to answer and what to
start; who the customer is beyond the id stays in the bucket.
"""

import argparse
import logging
from base64 import b64decode
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import orjson
from kestra import Kestra

from scripts import settings
from scripts.alerts import slack
from scripts.errors import run_command
from scripts.landing.claims import claim, holds
from scripts.landing.store import Store
from scripts.privacy.report import report
from scripts.privacy.request import ask
from scripts.privacy.shop import domains
from scripts.privacy.shopify import Asked, RefusedError, parse

log = logging.getLogger(__name__)
# Shopify sends again what was not answered within five seconds.
REMEMBERED = timedelta(days=1)
STALE = timedelta(minutes=10)  # after that a process that has not ended has died


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--body", required=True, type=Path)
    parser.add_argument("--headers", required=True)
    given = parser.parse_args()
    secret, body = settings.shopify_api_secret(), given.body.read_bytes()
    try:
        asked = parse(body, orjson.loads(b64decode(given.headers)), secret)
        _once(Store(settings.s3()), sha256(body).hexdigest(), asked)
    except RefusedError as error:
        log.warning("refused with %d: %s", error.status, error)
        Kestra.outputs({"status": error.status, "message": str(error), "redact": False})


def _once(store: Store, name: str, asked: Asked) -> None:
    """Act on a body unless that was done within a day. Only what was answered counts as done: a
    process that failed or died leaves the request to the next one that is sent."""
    place = f"state/privacy/requests/{name}"
    if holds(store, f"{place}/done", REMEMBERED):
        return _answer("this request has been taken already", asked, redact=False)
    mine = claim(store, f"{place}/working", STALE)
    if mine is None:
        raise RefusedError(503, "this request is being worked on: send it again in ten minutes")
    try:
        _answer(_act(store, asked), asked, redact=asked.topic == "customers/redact")
        claim(store, f"{place}/done", REMEMBERED)
    finally:
        store.delete([mine])


def _answer(message: str, asked: Asked, redact: bool) -> None:
    said = {"status": 200, "message": message, "redact": redact, "customer": asked.customer_id}
    Kestra.outputs(said)


def _act(store: Store, asked: Asked) -> str:
    # An app has one address for all its shops; ids are Shopify's, but an email of another shop's
    # customer may be that of a guest of this one, who asked for nothing.
    pulled = domains(store)
    texts = asked.texts if not pulled or asked.shop in pulled else ()
    if asked.topic == "customers/redact":
        ask(store, asked.customer_id, texts, asked.orders)
        return "the customer is being redacted"
    if asked.topic == "customers/data_request":
        key, count = report(store, asked.customer_id, texts, asked.orders)
        text = (
            f"Shopify passes on a customer's data request: {count} records are in "
            f"s3://{store.bucket}/{key}. Hand them over within 30 days, then delete the file."
        )
    else:
        text = (
            f"Shopify asks to delete all of the shop {asked.shop} (shop/redact). There is no way "
            f"back, so a person must start it within 30 days: `make redact SHOP={asked.shop}`, or "
            f"the flow ecomm.privacy/redact_shop."
        )
    slack.post(settings.slack_webhook_url(), {"text": slack.escape(text)})
    return "the shop's owner is told"


if __name__ == "__main__":
    run_command(main)
