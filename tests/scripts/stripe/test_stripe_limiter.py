"""The request rate, used and not hit: in simulated time, and on the local Stripe at its limit."""

import heapq
import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from local_service import running
from stripe_account import BY_NAME, MemoryStore, run, seed

from docker.stripe.limits import Bucket
from scripts import settings
from scripts.errors import FatalError
from scripts.settings import Stripe
from scripts.stripe import client as client_module
from scripts.stripe.client import WORKERS, Client
from scripts.stripe.limiter import PAUSE_SECONDS, SHARE, Limiter

KEY = "_".join(("sk", "test", "limiter" * 3))


@dataclass(frozen=True)
class Found:
    """Of a simulation: requests/s that succeeded, and the share of requests throttled."""

    rate: float
    throttled: float


def simulate(
    permitted: int,
    requests: int,
    workers: int = 8,
    others: float = 0,
    seconds: float = 0.1,
    pause: float = PAUSE_SECONDS,
    refuses: tuple[float, float] = (0, 0),
) -> Found:
    """Workers ask, wait for their turn and `seconds` for the answer of a bucket that holds one
    second's worth. pause: what a 429 asks for. refuses: between these times all are throttled.
    """
    now, last, succeeded, throttled = 0.0, 0.0, 0, 0
    limiter = Limiter(25, 100, now=lambda: now, sleep=lambda seconds: sleeps.append(seconds))
    bucket = Bucket(permitted, float(permitted), 0.0)
    sleeps: list[float] = []
    order = itertools.count()
    agenda: list[tuple[float, int, bool | None, float]] = [(0.0, next(order), None, 0.0)] * workers
    while succeeded < requests:
        now, _, answer, sent = heapq.heappop(agenda)
        if answer is True:
            limiter.succeeded("GET /v1/charges")
            succeeded += 1
        elif answer is False:
            limiter.throttled("GET /v1/charges", "endpoint-rate", pause, sent)
            throttled += 1
        one, every = limiter.paces("GET /v1/charges")
        turn = max(one.next_at, every.next_at)
        if turn > now:
            heapq.heappush(agenda, (turn, next(order), None, 0.0))
            continue
        assert limiter.wait("GET /v1/charges") == now
        bucket.refill(now)
        bucket.tokens -= others * (now - last)
        last = now
        admitted = bucket.tokens >= 1
        bucket.tokens -= admitted
        admitted = admitted and not refuses[0] <= now < refuses[1]
        heapq.heappush(agenda, (now + seconds, next(order), admitted, now))
    assert sleeps == []
    return Found(succeeded / now, throttled / (succeeded + throttled))


@pytest.mark.parametrize("workers", [3, 4, 8])
def test_the_documented_rate_is_used_without_a_single_429(workers: int) -> None:
    found = simulate(25, 2000, workers)
    assert SHARE - 0.01 <= found.rate / 25 <= SHARE + 0.01
    assert found.throttled == 0


def test_a_pull_has_the_threads_to_use_the_rate_where_answers_are_slow() -> None:
    """A page of 100 may take half a second: eight threads made 16 requests/s of 25."""
    found = simulate(25, 2000, WORKERS, seconds=0.6)
    assert found.rate >= 0.9 * 25
    assert found.throttled == 0


def test_of_an_endpoint_s_threads_one_sleeps() -> None:
    """All woke for each turn: 500 threads took a core to wait."""
    naps: list[float] = []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        time.sleep(seconds)

    limiter = Limiter(400, 1600, sleep=sleep)
    with ThreadPoolExecutor(50) as pool:
        turns = list(pool.map(lambda _: limiter.wait("GET /v1/charges"), range(100)))
    assert len(set(turns)) == 100
    assert len(naps) <= 200


@pytest.mark.parametrize("requests", [1000, 3000])
@pytest.mark.parametrize(("permitted", "others"), [(10, 0), (25, 10), (25, 20), (15, 0)])
def test_less_than_is_documented_is_found_out(permitted: int, others: float, requests: int) -> None:
    found = simulate(permitted, requests, others=others)
    assert found.rate >= 0.9 * (permitted - others)
    assert found.throttled <= 0.01


@pytest.mark.parametrize("pause", [0.0, PAUSE_SECONDS])
def test_what_was_under_way_when_a_429_came_is_not_counted_against_the_pace(pause: float) -> None:
    """Of `Retry-After: 0` each answer to what had been sent before lowered the pace once more: a
    limit of 10 requests/s was used with less than one."""
    found = simulate(10, 3000, workers=32, seconds=0.5, pause=pause)
    assert found.rate >= 9
    assert found.throttled <= 0.01


@pytest.mark.parametrize("pause", [0.0, PAUSE_SECONDS])
def test_a_time_in_which_everything_is_refused_does_not_slow_down_what_comes_after(
    pause: float,
) -> None:
    """After twenty seconds of it a pull went on with half a request/s, for an hour."""
    found = simulate(25, 5000, pause=pause, refuses=(20, 40))
    assert found.rate >= 0.9 * 25 * (1 - 20 / 200)
    assert found.throttled <= 0.01


def test_a_limit_that_pauses_for_longer_is_tried_more_rarely() -> None:
    found = simulate(15, 5000, pause=3)
    assert found.rate >= 0.9 * 15
    assert found.throttled <= 0.01


def test_a_429_holds_everybody_back_for_as_long_as_it_says() -> None:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    limiter = Limiter(25, 100, now=lambda: now[0], sleep=sleep)
    limiter.wait("GET /v1/charges")
    limiter.throttled("GET /v1/charges", "endpoint-rate", 3.0, now[0])
    limiter.wait("GET /v1/refunds")
    assert now[0] < 1
    limiter.wait("GET /v1/charges")
    assert now[0] >= 3
    limiter.throttled("GET /v1/charges", "global-rate", 5.0, now[0])
    limiter.wait("GET /v1/refunds")
    assert now[0] >= 8


def test_the_pace_comes_back_and_never_passes_what_is_documented() -> None:
    limiter = Limiter(25, 100)
    limiter.throttled("GET /v1/charges", "endpoint-rate", 0.0, time.monotonic())
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
