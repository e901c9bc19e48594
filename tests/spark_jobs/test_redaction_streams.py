"""A person's record of any stream is found and masked; nothing here needs the lake."""

import pytest
from stream_records import BORN, CUSTOMER, EMAIL, NAME, SHOPIFY, STRIPE

from scripts.privacy.landing import CUSTOMER_STREAMS
from scripts.privacy.mask import masked
from scripts.privacy.person import Person
from scripts.privacy.theirs import belongs, learn

NUMBER = CUSTOMER["id"].rsplit("/")[-1]
CANARIES = [*NAME.lower().split(), EMAIL, BORN, NUMBER, "birdville"]
RECORDS = {("shopify", name): record for name, record in SHOPIFY.items()}
RECORDS |= {("stripe", name): record for name, record in STRIPE.items()}
NAMED_BY_STRIPE = {"id": "cus_1", "object": "customer", "name": "C. Vogelsang", "email": EMAIL}
RECORDS[("stripe", "customers")] = NAMED_BY_STRIPE


def canaries(record: dict) -> list[str]:
    return [canary for canary in CANARIES if canary in str(record).lower()]


@pytest.mark.parametrize("stream", RECORDS, ids=".".join)
def test_whoever_stands_in_a_record_is_masked(stream: tuple[str, str]) -> None:
    """By the customer's id, or by what a draft order has taught."""
    person = Person(NUMBER, "redacted-token")
    learn(SHOPIFY["draft_orders"], person)
    record, of_customer = RECORDS[stream], stream in CUSTOMER_STREAMS
    if canaries(record):
        assert belongs(record, person, of_customer)
        record = masked(record, person, of_customer)
    assert canaries(record) == []


def test_a_masked_metafield_is_still_a_metafield() -> None:
    record = SHOPIFY["customer_metafields"]
    (field,) = masked(record, Person(NUMBER, "token"), of_customer=True)["metafields"]["nodes"]
    (former,) = record["metafields"]["nodes"]
    assert field == former | {"value": None}
