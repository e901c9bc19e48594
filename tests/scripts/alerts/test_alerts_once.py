"""One saying, whoever else tries and whoever dies, on a real S3 server."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from scripts import settings
from scripts.alerts.once import STALE, once
from scripts.landing.store import Store
from scripts.landing.writer import iso, now_utc

CLAIM = "state/alerts/kind/id/claim-0001.json"


@pytest.mark.usefixtures("no_waiting")
def test_of_many_at_once_one_speaks(store: Store) -> None:
    together = threading.Barrier(6)
    said: list[int] = []

    def run(number: int) -> bool:
        mine = Store(settings.s3())
        together.wait(timeout=20)
        return once(mine, "kind/id", lambda: said.append(number))

    with ThreadPoolExecutor(6) as pool:
        spoke = list(pool.map(run, range(6)))
    assert [number for number in range(6) if spoke[number]] == said
    assert len(said) == 1


def test_who_was_refused_gives_the_word_back(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        once(store, "kind/id", lambda: print(1 / 0))
    assert once(store, "kind/id", lambda: None) is True


def test_the_claim_of_a_dead_process_is_taken_over(store: Store) -> None:
    store.create(CLAIM, {"at": iso(now_utc() - STALE - timedelta(seconds=1))})
    said: list[str] = []
    assert once(store, "kind/id", lambda: said.append("it")) is True
    assert once(store, "kind/id", lambda: said.append("it")) is False
    assert said == ["it"]


def test_a_living_process_is_waited_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.create(CLAIM, {"at": iso(now_utc())})
    waits: list[float] = []

    def other_one_ends(seconds: float) -> None:
        waits.append(seconds)
        store.create("state/alerts/kind/id/said.json", {"at": iso(now_utc())})

    monkeypatch.setattr("time.sleep", other_one_ends)
    assert once(store, "kind/id", pytest.fail) is False
    assert len(waits) == 1
