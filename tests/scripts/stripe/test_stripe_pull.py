"""The pull against a running local Stripe and a real S3 server."""

from datetime import UTC, datetime, timedelta

import pytest
import stripe
from lake import landed, manifests, run_script
from local_service import Service
from stripe_account import NAMES, At, MemoryStore, back_to, last, pay, pull_all

from scripts import settings
from scripts.errors import FatalError
from scripts.landing.state import State, read_state
from scripts.landing.store import Store
from scripts.landing.window import Request
from scripts.landing.writer import iso, now_utc
from scripts.stripe import client as client_module
from scripts.stripe.client import Client
from scripts.stripe.pull import pull
from scripts.stripe.streams import STREAMS


def test_everything_lands_once_then_only_what_changed(
    client: Client, store: Store, account: stripe.StripeClient
) -> None:
    ann = account.v1.customers.create({"email": "ann@example.com"})
    intents = [pay(account, 1000 + n, customer=ann.id) for n in range(3)]
    expected = dict.fromkeys(NAMES, 0) | {
        "customers": 1,
        "payment_intents": 3,
        "charges": 3,
        "balance_transactions": 3,
        "events": 1 + 3 * 3,  # the customer; of each payment created, succeeded and its charge
    }
    assert pull_all(client, store) == expected
    assert set(last(store, "payment_intents")) == {intent.id for intent in intents}
    envelope = landed(store, "stripe", "charges")[0]
    assert envelope["_api_version"] == stripe.api_version
    assert envelope["record"]["object"] == "charge"

    assert pull_all(client, store) == dict.fromkeys(NAMES, 0)

    account.v1.customers.update(ann.id, {"name": "Ann"})
    pay(account, 5000)
    assert pull_all(client, store) == expected | {
        "events": 4,
        "payment_intents": 1,
        "charges": 1,
        "balance_transactions": 1,
    }
    assert last(store, "customers")[ann.id]["record"]["name"] == "Ann"


@pytest.mark.parametrize("rows", [99, 100, 101, 250])
def test_lists_of_any_length_are_read_to_their_end(
    client: Client, store: Store, account: stripe.StripeClient, rows: int
) -> None:
    made = {account.v1.customers.create({"name": str(n)}).id for n in range(rows)}
    assert pull_all(client, store, "customers") == {"customers": rows}
    assert set(last(store, "customers")) == made


def test_a_refund_of_an_old_charge_is_seen_through_its_event(
    client: Client, store: Store, account: stripe.StripeClient, ago: At
) -> None:
    ago(timedelta(days=20))
    intent = pay(account, 4000)
    charge = intent.latest_charge
    ago(timedelta(0))
    pull_all(client, store, "charges", "refunds")
    assert last(store, "charges")[charge]["record"]["amount_refunded"] == 0
    account.v1.refunds.create({"payment_intent": intent.id, "amount": 1500})

    assert pull_all(client, store, "charges", "refunds") == {"charges": 1, "refunds": 1}
    record = last(store, "charges")[charge]["record"]
    assert (record["amount_refunded"], record["refunded"]) == (1500, False)
    assert pull_all(client, store, "charges", "refunds") == {"charges": 0, "refunds": 0}


def test_a_deleted_customer_is_a_tombstone(
    client: Client, store: Store, account: stripe.StripeClient, ago: At
) -> None:
    ago(timedelta(days=3))
    old = account.v1.customers.create({"email": "old@example.com"}).id
    ago(timedelta(0))
    new = account.v1.customers.create({"email": "new@example.com"}).id
    pull_all(client, store, "customers")
    for customer in (old, new):
        account.v1.customers.delete(customer)
    assert pull_all(client, store, "customers") == {"customers": 2}
    for customer in (old, new):
        envelope = last(store, "customers")[customer]
        assert envelope["_deleted"] is True
        assert envelope["record"]["id"] == customer


def test_money_that_became_available_lands_again(
    client: Client, store: Store, account: stripe.StripeClient, ago: At
) -> None:
    ago(timedelta(days=10))
    pay(account, 3000)
    ago(timedelta(days=9, hours=23))
    # The pull believes the real clock, so this stands for one ten days ago.
    pull_all(client, store, "balance_transactions")
    assert [e["record"]["status"] for e in landed(store, "stripe", "balance_transactions")] == [
        "pending"
    ]
    ago(timedelta(0))
    pull_all(client, store, "balance_transactions", "payouts")
    charges = [
        envelope["record"]["status"]
        for envelope in landed(store, "stripe", "balance_transactions")
        if envelope["record"]["type"] == "charge"
    ]
    assert charges == ["pending", "available"]
    (payout,) = last(store, "payouts").values()
    assert (payout["record"]["status"], payout["record"]["amount"]) == ("paid", 3000 - 87 - 30)


def test_money_that_is_pending_for_longer_than_the_lookback_lands_when_it_is_there(
    client: Client, store: Store, account: stripe.StripeClient, ago: At
) -> None:
    """In Brazil it takes 30 days, a reserve 90: its state stayed pending for ever."""
    ago(timedelta(days=40))
    pay(account, 3000)
    ago(timedelta(days=39, hours=23))
    for _ in range(3):  # the pull believes the real clock: it is overdue each time
        pull_all(client, store, "balance_transactions")
    assert [e["record"]["status"] for e in landed(store, "stripe", "balance_transactions")] == [
        "pending"
    ]
    (key,) = read_state(store, "stripe", "balance_transactions").seen
    ago(timedelta(0))
    pull_all(client, store, "balance_transactions")
    assert last(store, "balance_transactions")[key]["record"]["status"] == "available"
    assert key not in read_state(store, "stripe", "balance_transactions").seen


def test_the_transactions_of_a_payout_land_when_it_is_reconciled(
    client: Client, store: Store, account: stripe.StripeClient, ago: At
) -> None:
    """By its event, as by a first pull; never of a payout that is under way."""
    monday = datetime.now(UTC) - timedelta(days=datetime.now(UTC).weekday() + 7)
    age = datetime.now(UTC) - monday.replace(hour=12)
    ago(age)
    pay(account, 3000)
    pay(account, 500)
    assert pull_all(client, store, "payout_transactions") == {"payout_transactions": 0}
    ago(age - timedelta(days=2))  # Wednesday noon: made at midnight, arrives on Thursday
    (payout,) = account.v1.payouts.list().data
    assert payout.reconciliation_status == "in_progress"
    back_to(store, "payout_transactions", monday)
    assert pull_all(client, store, "payout_transactions") == {"payout_transactions": 0}
    ago(timedelta(0))
    back_to(store, "payout_transactions", monday)
    assert pull_all(client, store, "payout_transactions") == {"payout_transactions": 3}
    found = [envelope["record"] for envelope in last(store, "payout_transactions").values()]
    assert sorted(row["type"] for row in found) == ["charge", "charge", "payout"]
    assert {row["payout"] for row in found} == {payout.id}
    assert sum(row["net"] for row in found) == 0
    first = MemoryStore()
    assert pull_all(client, first, "payout_transactions") == {"payout_transactions": 3}
    assert last(first, "payout_transactions").keys() == last(store, "payout_transactions").keys()


def test_a_payout_made_by_hand_is_not_asked_for_its_transactions(
    client: Client, store: Store, stripe_server: Service
) -> None:
    by_hand = {"automatic": False, "reconciliation_status": "not_applicable"}
    event = "payout.reconciliation_completed"  # which Stripe does not send of one like this
    body = {"kind": "payout", "objects": [by_hand], "event": event}
    stripe_server.admin("POST", "seed", body)
    stripe_server.admin("DELETE", "traffic")
    assert pull_all(client, store, "payout_transactions") == {"payout_transactions": 0}
    assert pull_all(client, store, "payout_transactions") == {"payout_transactions": 0}
    asked = set(stripe_server.admin("GET", "traffic"))
    assert asked == {"GET /v1/payouts", "GET /v1/payouts/{payout}", "GET /v1/events"}


def test_a_window_of_payouts_is_that_of_their_making(
    client: Client, store: Store, account: stripe.StripeClient, ago: At
) -> None:
    for days in (90, 60):
        ago(timedelta(days=days))
        pay(account, 3000)
    ago(timedelta(0))
    since, until = (iso(now_utc() - timedelta(days=days)) for days in (65, 40))
    stream = next(stream for stream in STREAMS if stream.name == "payout_transactions")
    assert pull(client, store, stream, Request(since, until)).landed == 2


def test_a_restricted_key_lands_what_it_may_read(
    s3_environment: dict[str, str],
    stripe_environment: dict[str, str],
    stripe_server: Service,
    store: Store,
    account: stripe.StripeClient,
) -> None:
    pay(account, 900)
    key = "_".join(("rk", "test", "half" * 5))
    may = ["rak_event_read", "rak_charge_read"]
    stripe_server.admin("POST", "keys", {"key": key, "permissions": may})
    environment = s3_environment | stripe_environment | {"STRIPE_API_KEY": key}
    done = run_script("stripe_to_s3", environment, "--streams", "customers,charges,invoices")
    assert (done.returncode, done.stderr) == (0, "")
    assert "WARNING stripe/customers is skipped: STRIPE_API_KEY may not read" in done.stdout
    assert "give it the permission rak_customer_read" in done.stdout
    assert "give it the permission rak_invoice_read" in done.stdout
    assert len(landed(store, "stripe", "charges")) == 1
    stripe_server.admin("POST", "keys", {"key": key, "permissions": ["rak_event_read"]})
    done = run_script("stripe_to_s3", environment, "--streams", "charges")
    assert done.returncode == 1
    assert "charges was pulled until 20" in done.stderr
    assert "STRIPE_API_KEY lacks the permission rak_charge_read: grant it" in done.stderr


def test_the_account_in_live_mode_is_another_one(
    s3_environment: dict[str, str],
    stripe_environment: dict[str, str],
    stripe_server: Service,
    store: Store,
) -> None:
    """Also by restricted keys, which may not read the account: a refusal says whose they are."""
    codes = []
    may = ["rak_customer_read", "rak_event_read"]
    for mode in ("test", "test", "live"):
        key = "_".join(("rk", mode, "half" * 5))
        stripe_server.admin("POST", "keys", {"key": key, "permissions": may})
        environment = s3_environment | stripe_environment | {"STRIPE_API_KEY": key}
        done = run_script("stripe_to_s3", environment, "--streams", "customers")
        codes.append(done.returncode)
    assert codes == [0, 0, 1]
    assert "holds stripe data of acct_3EcommLocalStore0001 in test mode" in done.stderr


@pytest.mark.usefixtures("no_waiting")
def test_faults_in_every_third_request_change_nothing(
    client: Client, store: Store, account: stripe.StripeClient, stripe_server: Service,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    made = {account.v1.customers.create({"name": str(n)}).id for n in range(40)}
    monkeypatch.setattr(client_module, "PAGE", 2)
    kinds = ("429", "500", "503", "truncate", "drop")
    faults = [
        {"match": "GET /v1", "kind": kind, "probability": 0.07, "seed": seed}
        for seed, kind in enumerate(kinds)
    ]
    stripe_server.admin("POST", "faults", faults)
    assert pull_all(client, store, "customers") == {"customers": 40}
    hits = sum(fault["hits"] for fault in stripe_server.admin("GET", "faults"))
    assert hits >= 5
    assert set(last(store, "customers")) == made


def test_a_pull_that_dies_moves_nothing(
    client: Client, store: Store, account: stripe.StripeClient, stripe_server: Service
) -> None:
    for n in range(3):
        account.v1.customers.create({"name": str(n)})
    stripe_server.admin("POST", "faults", {"match": "customers", "kind": "500"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.sleep", lambda seconds: None)
        with pytest.raises(Exception, match="Stripe answered 500 for /v1/customers"):
            pull_all(client, store, "customers")
    assert read_state(store, "stripe", "customers") == State()
    assert manifests(store, "stripe", "customers") == []
    stripe_server.admin("DELETE", "faults")
    assert pull_all(client, store, "customers") == {"customers": 3}


def test_a_wrong_key_is_one_sentence_and_exit_1(
    s3_environment: dict[str, str], stripe_environment: dict[str, str]
) -> None:
    wrong = s3_environment | stripe_environment | {"STRIPE_API_KEY": "_".join(("sk", "test", "no"))}
    done = run_script("stripe_to_s3", wrong, "--streams", "customers")
    assert done.returncode == 1
    assert done.stderr == (
        "ERROR Stripe refused /v1/account: check STRIPE_API_KEY and its permissions\n"
    )


def test_a_missing_key_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_API_KEY", "")
    with pytest.raises(FatalError, match=r"^STRIPE_API_KEY is not set: put it in \.env"):
        settings.stripe()
