"""A bucket is one shop's and one account's."""

import pytest

from scripts.errors import FatalError
from scripts.landing.owner import check_owner
from scripts.landing.store import Store


def test_the_first_pull_says_whose_the_data_are(store: Store) -> None:
    for _ in range(2):
        check_owner(store, "shopify", "gid://shopify/Shop/1", "old.myshopify.com")
    check_owner(store, "stripe", "acct_1 test", "acct_1 in test mode")
    # A shop may change its domain, and is the same.
    check_owner(store, "shopify", "gid://shopify/Shop/1", "new.myshopify.com")
    with pytest.raises(FatalError) as refused:
        check_owner(store, "shopify", "gid://shopify/Shop/2", "other.myshopify.com")
    assert str(refused.value) == (
        f"s3://{store.bucket} holds shopify data of old.myshopify.com, and the key is of "
        "other.myshopify.com: take another S3_BUCKET (`make clean` empties the local one)"
    )
