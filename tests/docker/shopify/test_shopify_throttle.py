import pytest

from docker.shopify import throttle
from docker.shopify.throttle import Bucket


def test_the_bucket_drains_refuses_and_refills(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(throttle.time, "monotonic", lambda: now[0])
    bucket = Bucket(rate=100, size=2000)
    bucket.seen = now[0]
    assert bucket.take(1500)
    assert not bucket.take(501)
    assert bucket.take(500)
    now[0] += 3
    assert bucket.status() == {
        "maximumAvailable": 2000.0,
        "currentlyAvailable": 300,
        "restoreRate": 100.0,
    }
    bucket.give_back(50)
    assert bucket.status()["currentlyAvailable"] == 350
    now[0] += 1000
    assert bucket.status()["currentlyAvailable"] == 2000
