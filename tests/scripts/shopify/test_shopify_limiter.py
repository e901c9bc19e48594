"""The limiter against a simulated bucket on a clock of its own, and against the local shop."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from local_service import Service

from scripts import settings
from scripts.shopify.client import Client
from scripts.shopify.limiter import SHARE, Limiter

PLANS = {"standard": 100, "advanced": 200, "plus": 1000, "enterprise": 2000}


class Shop:
    """Shopify's bucket on a clock that only sleeping moves; `others` points a second go away."""

    def __init__(self, rate: float, others: float = 0.0) -> None:
        self.rate, self.size, self.others = rate, 20 * rate, others
        self.level = self.size
        self.now = self.spent = 0.0
        self.sent = self.throttled = 0

    def pass_time(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds
        self.level = min(self.size, self.level + seconds * (self.rate - self.others))
        self.level = max(0.0, self.level)

    def call(self, limiter: Limiter, document: str, requested: float, actual: float) -> None:
        permit = limiter.enter(document)
        self.sent += 1
        answered = self.level >= requested
        if answered:
            self.level -= actual
            self.spent += actual
        else:
            self.throttled += 1
        status = {"restoreRate": self.rate, "maximumAvailable": self.size}
        limiter.leave(
            permit,
            {
                "requestedQueryCost": requested,
                "actualQueryCost": actual if answered else None,
                "throttleStatus": status | {"currentlyAvailable": int(self.level)},
            },
        )

    def limiter(self) -> Limiter:
        return Limiter(clock=lambda: self.now, sleep=self.pass_time)

    @property
    def share_used(self) -> float:
        return self.spent / (SHARE * (self.size + self.rate * self.now))


@pytest.mark.parametrize("rate", PLANS.values())
@given(part=st.floats(0.01, 0.45), used=st.floats(0.1, 1.0))
@hypothesis_settings(max_examples=15)
def test_the_share_is_used_and_no_more(rate: int, part: float, used: float) -> None:
    shop = Shop(rate)
    requested = part * shop.size
    actual = requested * used
    limiter = shop.limiter()
    for _ in range(int(4 * shop.size / actual) + 1):
        shop.call(limiter, "orders", requested, actual)
    assert shop.throttled <= 0.01 * shop.sent
    assert 0.9 <= shop.share_used <= 1.02


@pytest.mark.parametrize("rate", PLANS.values())
@pytest.mark.parametrize("taken", [0.1, 0.5, 0.9])
def test_others_are_left_their_part(rate: int, taken: float) -> None:
    """What others take lowers the bucket; the limiter waits before it is empty."""
    shop = Shop(rate, others=taken * rate)
    limiter = shop.limiter()
    for number in range(400):
        requested = (40, 300, 785)[number % 3]
        shop.call(limiter, f"document {number % 3}", requested, 0.6 * requested)
    assert shop.throttled <= 0.01 * shop.sent
    mine = shop.spent / (shop.size + shop.now * shop.rate)
    assert mine >= 0.9 * min(SHARE, 1 - taken) * (1 - (1 - SHARE))


def test_a_throttled_call_teaches_the_bucket() -> None:
    shop = Shop(100)
    limiter = shop.limiter()
    shop.call(limiter, "orders", 100, 100)
    shop.level = 0.0  # somebody else emptied it
    shop.call(limiter, "orders", 100, 100)
    before = shop.now
    shop.call(limiter, "orders", 100, 100)
    assert (shop.throttled, shop.sent) == (1, 3)
    assert 5 <= shop.now - before <= 20  # 100 points and the others' reserve of 400 at 100 a second


def test_a_call_without_an_answer_gives_its_place_back() -> None:
    shop = Shop(100)
    limiter = shop.limiter()
    shop.call(limiter, "orders", 900, 10)
    for _ in range(50):
        limiter.leave(limiter.enter("orders"), {})
    assert limiter._under_way == pytest.approx(0)


@pytest.mark.parametrize("plan", PLANS)
def test_the_local_shop_throttles_hardly_ever_at_full_rate(
    shopify_environment: dict[str, str], shopify_server: Service, plan: str
) -> None:
    client = Client(settings.shopify())
    counts = " ".join(f"c{n}: ordersCount {{ count }}" for n in range(PLANS[plan] // 50))
    text = f"{{ {counts} }}"
    client.execute("{ shop { id } }", {})
    shopify_server.admin("POST", "throttle", {"plan": plan})

    def call(_: int) -> None:
        client.execute(text, {})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(call, range(96)))  # 80 from the full bucket, 4 a second after
    found: dict[str, Any] = shopify_server.admin("GET", "throttle")
    permitted = SHARE * (found["size"] + found["rate"] * found["seconds"])
    assert found["throttled"] <= 0.01 * found["accepted"]
    assert 0.9 <= found["points"] / permitted <= 1.05
