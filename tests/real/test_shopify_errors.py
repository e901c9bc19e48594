"""Recorded errors of real stores, replayed on an empty local shop.

Every recorded request that was answered with errors or user errors is sent again. What the local
shop offers has to answer the same; the exceptions are listed with their reason.
"""

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from shopify_replay import CAPTURES, errors_of, recordings

from docker.shopify import schema
from docker.shopify.api import Api

pytestmark = pytest.mark.skipif(not CAPTURES.exists(), reason=f"no captures at {CAPTURES}")

NEEDS_STATE = "the recorded object is not in an empty shop (replayed by hand where supported)"
DIFFERENT = {
    "bulk-operation-run-query-operation-in-progress.json": NEEDS_STATE,
    "bulk-operation-status-catalog-cancel.json": NEEDS_STATE,
    "customer-delete-blocked-by-orders.json": NEEDS_STATE,
    "fulfillment-create-name.json": NEEDS_STATE,
    "fulfillment-create-preconditions.json": NEEDS_STATE,
    "order-management-cleanup.json": NEEDS_STATE,
    "orderMarkAsPaid-snapshot-staging.json": NEEDS_STATE,
    "orderUpdate-input-validation.json": NEEDS_STATE,
    "refund-create-transactions-validation.json": NEEDS_STATE,
    "inventory-activate-on-hand.json": NEEDS_STATE,
    "order-create-validation-matrix-extended.json": "recorded with numbers in the field path, "
    "which the schema types as strings",
    "bulk-operation-run-mutation-client-identifier-validation.json": "Shopify also reports the "
    "variable of an unknown argument as unused",
    "draft-order-complete-invalid-payment-gateway.json": NEEDS_STATE,
    "return-decline-request-validation.json": "the schema lists an enum's values in another order "
    "than the error does",
    "fulfillment-order-lifecycle.json": "a store whose app lacks the scope read_apps",
}


def test_recorded_errors_are_answered_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHOPIFY_ACCESS_TOKEN", "t")
    monkeypatch.setenv("SHOPIFY_API_SECRET", "s")
    monkeypatch.setenv("SHOPIFY_PLAN", "enterprise")
    monkeypatch.setenv("SHOP_CURRENCY", "CAD")
    counts: Counter[str] = Counter()
    same: Counter[str] = Counter()
    unexpected: list[str] = []

    async def replay() -> None:
        api = Api(tmp_path)
        file = ""
        for recorded in recordings():
            expected = errors_of(recorded.answer)
            if not expected:
                continue
            if recorded.file != file:
                api.reset()
                file = recorded.file
            version = schema.supported_version(recorded.version)
            api.service.version, api.bucket.level = version, api.bucket.size
            answer = errors_of(api.execute(version, recorded.query, recorded.variables, None))
            if "NOT_SUPPORTED_LOCALLY" in str(answer):
                counts["not offered"] += 1
            elif answer == expected:
                counts["same"] += 1
                same[recorded.file] += 1
            else:
                counts["different"] += 1
                if recorded.file not in DIFFERENT:
                    unexpected.append(f"{recorded.file} {recorded.step}: {answer} != {expected}")

    asyncio.run(replay())
    with capsys.disabled():
        print(f"\nrecorded errors replayed: {dict(counts)}")
        for name, count in sorted(same.items()):
            print(f"  same  {count:3}  {name}")
        for name, reason in DIFFERENT.items():
            print(f"  not        {name}: {reason}")
    assert not unexpected, "\n".join(unexpected)
    assert counts["same"] >= 45
