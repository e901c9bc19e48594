"""A pull after a long pause: what the events no longer tell is in the list, or missing from it."""

from datetime import timedelta
from typing import Any

import pytest
import stripe
from lake import manifests
from local_service import Service
from stripe_account import At, MemoryStore, back_to, last, pay, pull_all

from scripts.landing.state import OpenWindow, State, read_state, write_state
from scripts.landing.store import Store
from scripts.landing.window import Slice, Window
from scripts.landing.writer import iso, now_utc
from scripts.stripe.client import Client
from scripts.stripe.streams import STREAMS


def test_a_cursor_older_than_the_events_reads_the_whole_list_again(
    client: Client, store: Store, account: stripe.StripeClient, ago: At
) -> None:
    ago(timedelta(days=50))
    intent = pay(account, 4000)
    ago(timedelta(days=35))
    account.v1.refunds.create({"payment_intent": intent.id})
    ago(timedelta(0))
    write_state(store, "stripe", "charges", State(1, iso(now_utc() - timedelta(days=45))))
    assert pull_all(client, store, "charges") == {"charges": 1}
    assert last(store, "charges")[intent.latest_charge]["record"]["refunded"] is True
    assert manifests(store, "stripe", "charges")[0]["cursor"]["from"] is None


def test_a_window_resumed_after_its_events_are_gone_reads_what_is_older(
    client: Client, store: Store, account: stripe.StripeClient, ago: At
) -> None:
    ago(timedelta(days=50))
    intent = pay(account, 4000)
    ago(timedelta(days=40))
    account.v1.refunds.create({"payment_intent": intent.id})
    ago(timedelta(0))
    since, until = (iso(now_utc() - timedelta(days=days)) for days in (45, 20))
    window = OpenWindow(Window(since, until), [Slice(since, until, "changed")], False, until)
    write_state(store, "stripe", "charges", State(1, since, open=window))
    assert pull_all(client, store, "charges") == {"charges": 1}
    assert last(store, "charges")[intent.latest_charge]["record"]["refunded"] is True


def test_what_was_deleted_before_the_events_reach_back_is_found_missing(
    client: Client, account: stripe.StripeClient, stripe_server: Service, ago: At
) -> None:
    """The list is read again and lacks it, and the event that told of it is gone as well."""
    store = MemoryStore()
    v1 = account.v1
    ago(timedelta(days=60))
    ann, bob = (v1.customers.create({"name": name}).id for name in ("Ann", "Bob"))
    hat = v1.products.create({"name": "Hat"}).id
    cheap: Any = {"currency": "usd", "unit_amount": 100, "product_data": {"name": "Cap"}}
    cap = v1.prices.create(cheap)
    item = v1.invoice_items.create({"customer": ann, "currency": "usd", "amount": 100}).id
    draft = v1.invoices.create({"customer": bob}).id
    card = v1.payment_methods.attach("pm_card_visa", {"customer": ann}).id
    kept = {"customers": 1, "products": 1, "prices": 0, "invoices": 0, "invoice_items": 0}
    kept |= {"payment_methods": 0}
    assert kept.keys() == {stream.name for stream in STREAMS if stream.deletes}
    pull_all(client, store, *kept)
    ago(timedelta(days=40))
    v1.customers.delete(bob)
    v1.products.delete(hat)
    stripe_server.admin("POST", f"prices/{cap.id}/delete")
    v1.invoices.delete(draft)
    v1.invoice_items.delete(item)
    v1.payment_methods.detach(card)
    ago(timedelta(0))
    for name in kept:
        back_to(store, name, now_utc() - timedelta(days=45))
    assert pull_all(client, store, *kept) == {name: count + 1 for name, count in kept.items()}
    for name, id_ in zip(kept, (bob, hat, cap.id, draft, item), strict=False):
        found = last(store, name)
        assert [key for key, envelope in found.items() if envelope["_deleted"]] == [id_]
    # Detached is not deleted: nothing but its customer is gone.
    assert last(store, "payment_methods")[card]["_deleted"] is False
    assert last(store, "payment_methods")[card]["record"]["customer"] is None
    assert pull_all(client, store, *kept) == dict.fromkeys(kept, 0)


def test_a_pull_that_dies_before_what_is_missing_was_asked_for_goes_on_there(
    client: Client, account: stripe.StripeClient, stripe_server: Service, ago: At
) -> None:
    store = MemoryStore()
    ago(timedelta(days=60))
    ann, bob = (account.v1.customers.create({"name": name}).id for name in ("Ann", "Bob"))
    pull_all(client, store, "customers")
    ago(timedelta(days=40))
    account.v1.customers.delete(bob)
    ago(timedelta(0))
    before = now_utc() - timedelta(days=45)
    back_to(store, "customers", before)
    stripe_server.admin("POST", "faults", {"match": f"customers/{bob}", "kind": "500"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.sleep", lambda seconds: None)
        with pytest.raises(Exception, match=f"Stripe answered 500 for /v1/customers/{bob}"):
            pull_all(client, store, "customers")
    assert read_state(store, "stripe", "customers").cursor == iso(before)
    stripe_server.admin("DELETE", "faults")
    assert pull_all(client, store, "customers") == {"customers": 1}
    deleted = {key: row["_deleted"] for key, row in last(store, "customers").items()}
    assert deleted == {ann: False, bob: True}


def test_a_deletion_in_a_window_resumed_after_its_events_are_gone(
    client: Client, account: stripe.StripeClient, ago: At
) -> None:
    store = MemoryStore()
    ago(timedelta(days=60))
    bob = account.v1.customers.create({"name": "Bob"}).id
    pull_all(client, store, "customers")
    ago(timedelta(days=40))
    account.v1.customers.delete(bob)
    ago(timedelta(0))
    since, until = (iso(now_utc() - timedelta(days=days)) for days in (45, 20))
    window = OpenWindow(Window(since, until), [Slice(since, until, "changed")], False, until)
    generation = read_state(store, "stripe", "customers").generation + 1
    write_state(store, "stripe", "customers", State(generation, since, open=window))
    assert pull_all(client, store, "customers") == {"customers": 1}
    assert last(store, "customers")[bob]["_deleted"] is True


def test_a_catch_up_over_weeks_goes_day_by_day(
    client: Client, store: Store, account: stripe.StripeClient, ago: At
) -> None:
    ago(timedelta(days=60))
    charges = [pay(account, 4000).latest_charge for _ in range(3)]
    for days, charge in zip((19, 11, 4), charges, strict=True):
        ago(timedelta(days=days))
        account.v1.refunds.create({"charge": charge})
    ago(timedelta(0))
    write_state(store, "stripe", "charges", State(1, iso(now_utc() - timedelta(days=20))))
    assert pull_all(client, store, "charges") == {"charges": 3}
    assert all(e["record"]["refunded"] for e in last(store, "charges").values())
    assert len(manifests(store, "stripe", "charges")) == 3
