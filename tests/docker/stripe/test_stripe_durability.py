"""kill -9 while four clients write: nothing acknowledged is lost, nothing is there by half."""

import threading

import pytest
import requests
from stripe_local import KEY, UNLIMITED, Local, Server

from docker.stripe import ledger

FORM = {
    "amount": "5000",
    "currency": "usd",
    "payment_method": "pm_card_visa",
    "payment_method_types[]": "card",
    "confirm": "true",
}
WRITERS, BEFORE_KILL = 4, 60


def write(url: str, writer: int, answered: dict[str, str], enough: threading.Event) -> None:
    """Pays order after order until the server dies; `answered` maps keys to intents."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {KEY}"
    for number in range(10_000):
        key = f"order-{writer}-{number}"
        form = FORM | {"metadata[shopify_order_id]": key}
        try:
            answer = session.post(
                f"{url}/v1/payment_intents", form, headers={"Idempotency-Key": key}, timeout=10
            )
            answered[key] = answer.json()["id"]
        except requests.RequestException:
            answered[key] = ""
            return
        if len(answered) > BEFORE_KILL:
            enough.set()


@pytest.mark.parametrize("round_", range(2))
def test_nothing_acknowledged_is_lost(start_server, round_: int) -> None:
    server: Server = start_server(**UNLIMITED)
    answered: dict[str, str] = {}
    enough = threading.Event()
    writers = [
        threading.Thread(target=write, args=(server.url, n, answered, enough))
        for n in range(WRITERS)
    ]
    for writer in writers:
        writer.start()
    assert enough.wait(30)
    server.kill()
    for writer in writers:
        writer.join()
    server.start()
    for key, intent in answered.items():
        form = FORM | {"metadata[shopify_order_id]": key}
        again = server.post("/v1/payment_intents", form, **{"Idempotency-Key": key}).json()
        assert again["id"] == (intent or again["id"])
    assert_whole(server, len(answered))


def assert_whole(server: Server, payments: int) -> None:
    """One intent, charge, balance transaction and three events a payment, tied together."""

    def all_of(path: str) -> list[dict]:
        rows: list[dict] = []
        page = {"has_more": True}
        while page["has_more"]:
            after = {"starting_after": rows[-1]["id"]} if rows else {}
            page = server.get(path, limit=100, **after).json()
            rows += page["data"]
        return rows

    intents, charges = all_of("/v1/payment_intents"), all_of("/v1/charges")
    transactions = all_of("/v1/balance_transactions")
    assert len(intents) == len(charges) == len(transactions) == payments
    assert {i["latest_charge"] for i in intents} == {c["id"] for c in charges}
    assert {c["balance_transaction"] for c in charges} == {t["id"] for t in transactions}
    assert len(all_of("/v1/events")) == 3 * payments


def test_a_failure_half_way_leaves_nothing(local: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(ledger, "charge", fail)  # after the intent, its event, its method
    with pytest.raises(RuntimeError):
        local.pay()
    for path in ("payment_intents", "events", "charges"):
        assert local.call("GET", f"/v1/{path}")["data"] == []
    monkeypatch.undo()
    assert local.pay()["status"] == "succeeded"


def test_the_clock_and_the_account_survive_a_restart(start_server) -> None:
    server: Server = start_server(**UNLIMITED)
    account = server.get("/v1/account").json()
    server.http.post(f"{server.url}/_admin/clock", json={"now": "2026-09-01T12:00:00Z"}, timeout=5)
    server.kill()
    server.start()
    assert server.get("/_admin/clock").json()["now"].startswith("2026-09-01T12:00")
    assert server.get("/v1/account").json() == account
