"""The request rate, used and not hit: in simulated time, and on the local Stripe at its limit."""

import heapq
import itertools
import time
from pathlib import Path

import pytest
from local_service import running
from stripe_account import BY_NAME, MemoryStore, run, seed

from docker.stripe.limits import Bucket
from scripts import settings
from scripts.errors import FatalError
from scripts.settings import Stripe
from scripts.stripe import client as client_module
from scripts.stripe.client import Client
from scripts.stripe.limiter import PAUSE_SECONDS, SHARE, Limiter

KEY = "_".join(("sk", "test", "limiter" * 3))


def simulate(permitted: int, others: float, requests: int, workers: int) -> tuple[float, float]:
    """(share of what others leave that is achieved, share of requests throttled), at 100 ms.

    Workers ask, wait for their turn and for the answer of a bucket that holds one second's worth.
    """
    now, last, succeeded, throttled = 0.0, 0.0, 0, 0
    limiter = Limiter(25, 100, now=lambda: now, sleep=lambda seconds: sleeps.append(seconds))
    bucket = Bucket(permitted, float(permitted), 0.0)
    sleeps: list[float] = []
    order = itertools.count()
    agenda: list[tuple[float, int, bool | None]] = [(0.0, next(order), None)] * workers
    while succeeded < requests:
        now, _, answer = heapq.heappop(agenda)
        if answer is True:
            limiter.succeeded("GET /v1/charges")
            succeeded += 1
        elif answer is False:
            limiter.throttled("GET /v1/charges", "endpoint-rate", PAUSE_SECONDS)
            throttled += 1
        one, every = limiter.paces("GET /v1/charges")
        turn = max(one.next_at, every.next_at)
        if turn > now:
            heapq.heappush(agenda, (turn, next(order), None))
            continue
        limiter.wait("GET /v1/charges")
        bucket.refill(now)
        bucket.tokens -= others * (now - last)
        last = now
        admitted = bucket.tokens >= 1
        bucket.tokens -= admitted
        heapq.heappush(agenda, (now + 0.1, next(order), admitted))
    assert sleeps == []
    return succeeded / now / (permitted - others), throttled / (succeeded + throttled)


@pytest.mark.parametrize("workers", [3, 4, 8])
def test_the_documented_rate_is_used_without_a_single_429(workers: int) -> None:
    achieved, throttled = simulate(25, 0, 2000, workers)
    assert SHARE - 0.01 <= achieved <= SHARE + 0.01
    assert throttled == 0


@pytest.mark.parametrize("requests", [1000, 3000])
@pytest.mark.parametrize(("permitted", "others"), [(10, 0), (25, 10), (25, 20), (15, 0)])
def test_less_than_is_documented_is_found_out(permitted: int, others: float, requests: int) -> None:
    achieved, throttled = simulate(permitted, others, requests, 8)
    assert achieved >= 0.9
    assert throttled <= 0.01


def test_a_429_holds_everybody_back_for_as_long_as_it_says() -> None:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    limiter = Limiter(25, 100, now=lambda: now[0], sleep=sleep)
    limiter.wait("GET /v1/charges")
    limiter.throttled("GET /v1/charges", "endpoint-rate", 3.0)
    limiter.wait("GET /v1/refunds")
    assert now[0] < 1
    limiter.wait("GET /v1/charges")
    assert now[0] >= 3
    limiter.throttled("GET /v1/charges", "global-rate", 5.0)
    limiter.wait("GET /v1/refunds")
    assert now[0] >= 8


def test_the_pace_comes_back_and_never_passes_what_is_documented() -> None:
    limiter = Limiter(25, 100)
    limiter.throttled("GET /v1/charges", "endpoint-rate", 0.0)
    slow, _ = limiter.paces("GET /v1/charges")
    assert slow.permitted < 25
    for _ in range(1000):
        limiter.succeeded("GET /v1/charges")
    assert slow.permitted == 25


def test_a_pull_uses_the_local_stripe_s_own_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """25 requests/s at 100 ms an answer; the counters are the service's."""
    monkeypatch.setattr(client_module, "PAGE", 10)
    monkeypatch.setattr("scripts.stripe.plan.LEAST_ROWS", 50)
    monkeypatch.setattr("scripts.stripe.plan.LEAST_SECONDS", 0)
    with running("stripe", tmp_path, {"STRIPE_API_KEY": KEY}) as service:
        now = int(time.time())
        charges = [{"created": now - 3600 - 60 * n} for n in range(1500)]
        seed(service, BY_NAME["charges"], charges)
        service.admin("POST", "faults", {"match": "GET", "kind": "slow", "delay_seconds": 0.1})
        client = Client(Stripe(KEY, service.url))
        assert run(client, MemoryStore(), BY_NAME["charges"]).landed == 1500
        traffic = service.admin("GET", "traffic")["GET /v1/charges"]
    assert traffic["admitted"] > 150
    assert traffic["throttled"] <= traffic["admitted"] / 100
    seconds = traffic["last_at"] - traffic["first_at"]
    assert (traffic["admitted"] - 1) / seconds >= 0.9 * 25


@pytest.mark.parametrize("given", ["0", "-1", "fast"])
def test_a_permitted_rate_is_a_whole_number(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("STRIPE_API_KEY", KEY)
    monkeypatch.setenv("STRIPE_REQUESTS_PER_SECOND", given)
    with pytest.raises(FatalError, match="STRIPE_REQUESTS_PER_SECOND"):
        settings.stripe()


def test_the_permitted_rate_is_the_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_API_KEY", KEY)
    monkeypatch.delenv("STRIPE_REQUESTS_PER_SECOND", raising=False)
    assert settings.stripe().requests_per_second == 25
    monkeypatch.setenv("STRIPE_REQUESTS_PER_SECOND", "100")
    assert settings.stripe().requests_per_second == 100
