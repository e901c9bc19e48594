"""Subscriptions, invoices and checkout as the clock moves; amounts are worked out by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from stripe_local import Local, Server

from docker.stripe import periods
from docker.stripe.errors import StripeError

START = datetime(2026, 1, 31, 10, tzinfo=UTC)
MONTHLY = {"interval": "month", "interval_count": 1}


def subscribe(local: Local, quantity: int = 1, card: str = "pm_card_visa", **more: Any) -> Any:
    """A monthly subscription at 20.00 each, begun on 31 January."""
    local.clock.set(START)
    customer = local.call("POST", "/v1/customers", {"email": "a@shop.example"})["id"]
    method = local.call("POST", f"/v1/payment_methods/{card}/attach", {"customer": customer})["id"]
    default = {"invoice_settings[default_payment_method]": method}
    local.call("POST", f"/v1/customers/{customer}", default)
    form = {"currency": "usd", "unit_amount": 2000, "recurring[interval]": "month"}
    price = local.call("POST", "/v1/prices", form | {"product_data[name]": "Box"})["id"]
    return local.call(
        "POST",
        "/v1/subscriptions",
        {
            "customer": customer,
            "default_payment_method": method,
            "items[0][price]": price,
            "items[0][quantity]": quantity,
            **more,
        },
    )


def rows(local: Local, path: str, **filters: Any) -> list[Any]:
    """A list, oldest first."""
    return local.call("GET", path, {"limit": 100, **filters})["data"][::-1]


def types(local: Local, pattern: str) -> list[str]:
    return [event["type"] for event in rows(local, "/v1/events", type=pattern)]


@pytest.mark.parametrize(
    ("interval", "count", "start", "end"),
    [
        ("day", 3, "2026-01-30", "2026-02-02"),
        ("week", 2, "2026-01-30", "2026-02-13"),
        ("month", 1, "2026-01-31", "2026-02-28"),
        ("month", 1, "2026-02-28", "2026-03-31"),
        ("year", 1, "2026-01-31", "2027-01-31"),
    ],
)
def test_periods_count_from_the_anchor(interval: str, count: int, start: str, end: str) -> None:
    anchor = datetime(2026, 1, 31 if interval in ("month", "year") else 30, tzinfo=UTC)
    moment = datetime.fromisoformat(f"{start}T00:00:00+00:00").timestamp()
    recurring = {"interval": interval, "interval_count": count}
    found = datetime.fromtimestamp(
        periods.end(int(anchor.timestamp()), int(moment), recurring), UTC
    )
    assert found.strftime("%Y-%m-%d") == end


def test_a_subscription_begins_with_a_paid_invoice(local: Local) -> None:
    subscription = subscribe(local, quantity=2)
    assert subscription["status"] == "active"
    (invoice,) = rows(local, "/v1/invoices")
    assert (invoice["status"], invoice["billing_reason"]) == ("paid", "subscription_create")
    assert invoice["total"] == invoice["amount_paid"] == 4000
    assert invoice["amount_remaining"] == 0
    assert invoice["number"].endswith("-0001")
    (line,) = invoice["lines"]["data"]
    assert (line["amount"], line["quantity"]) == (4000, 2)
    assert line["period"]["end"] == datetime(2026, 2, 28, 10, tzinfo=UTC).timestamp()
    (payment,) = rows(local, "/v1/invoice_payments", invoice=invoice["id"])
    (charge,) = rows(local, "/v1/charges")
    assert payment["payment"]["payment_intent"] == charge["payment_intent"]
    assert (charge["amount"], charge["description"]) == (4000, "Subscription creation")
    assert types(local, "invoice.*") == [
        "invoice.created",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
    ]
    assert types(local, "customer.subscription.*") == ["customer.subscription.created"]


def test_each_cycle_is_billed_an_hour_after_it_begins(local: Local) -> None:
    subscription = subscribe(local)
    local.clock.set(datetime(2026, 2, 28, 10, 30, tzinfo=UTC))
    _, draft = rows(local, "/v1/invoices", subscription=subscription["id"])
    assert (draft["status"], draft["billing_reason"]) == ("draft", "subscription_cycle")
    local.clock.set(datetime(2026, 5, 1, tzinfo=UTC))
    invoices = rows(local, "/v1/invoices")
    assert [invoice["status"] for invoice in invoices] == ["paid"] * 4
    begun = [datetime.fromtimestamp(invoice["created"], UTC) for invoice in invoices]
    assert [(b.month, b.day) for b in begun] == [(1, 31), (2, 28), (3, 31), (4, 30)]
    assert all(i["status_transitions"]["paid_at"] == i["created"] + 3600 for i in invoices[1:])
    assert len(rows(local, "/v1/charges")) == 4
    now = local.call("GET", f"/v1/subscriptions/{subscription['id']}")
    assert now["latest_invoice"] == invoices[-1]["id"]
    (item,) = rows(local, "/v1/subscription_items", subscription=subscription["id"])
    assert item == now["items"]["data"][0]
    assert item["current_period_start"] == invoices[-1]["created"]


def test_a_declined_cycle_leaves_it_past_due_until_it_is_paid(local: Local) -> None:
    subscription = subscribe(local)
    failing = local.call(
        "POST",
        "/v1/payment_methods/pm_card_chargeCustomerFail/attach",
        {"customer": subscription["customer"]},
    )["id"]
    path = f"/v1/subscriptions/{subscription['id']}"
    good = subscription["default_payment_method"]
    local.call("POST", path, {"default_payment_method": failing})
    local.clock.set(datetime(2026, 3, 1, tzinfo=UTC))
    assert local.call("GET", path)["status"] == "past_due"
    (invoice,) = rows(local, "/v1/invoices", status="open")
    assert (invoice["attempted"], invoice["attempt_count"]) == (True, 1)
    assert types(local, "invoice.payment_failed") == ["invoice.payment_failed"]
    paid = local.call("POST", f"/v1/invoices/{invoice['id']}/pay", {"payment_method": good})
    assert paid["status"] == "paid"
    assert local.call("GET", path)["status"] == "active"


def test_a_declined_first_payment(local: Local) -> None:
    subscription = subscribe(local, card="pm_card_chargeCustomerFail")
    assert subscription["status"] == "incomplete"
    assert rows(local, "/v1/invoices")[0]["status"] == "open"
    with pytest.raises(StripeError) as caught:
        subscribe(local, card="pm_card_chargeCustomerFail", payment_behavior="error_if_incomplete")
    assert caught.value.status == 402
    assert len(rows(local, "/v1/subscriptions")) == 1


def test_a_change_of_quantity_is_prorated_on_the_next_invoice(local: Local) -> None:
    subscription = subscribe(local, quantity=1)
    local.clock.set(START + timedelta(days=14))  # half of the 28 days
    form = {"items[0][id]": subscription["items"]["data"][0]["id"], "items[0][quantity]": 3}
    changed = local.call("POST", f"/v1/subscriptions/{subscription['id']}", form)
    assert changed["items"]["data"][0]["quantity"] == 3
    waiting = rows(local, "/v1/invoiceitems", pending="true")
    assert [item["amount"] for item in waiting] == [-1000, 3000]
    local.clock.set(datetime(2026, 3, 1, tzinfo=UTC))
    invoice = rows(local, "/v1/invoices")[-1]
    assert invoice["total"] == -1000 + 3000 + 6000
    billed = rows(local, "/v1/invoiceitems", invoice=invoice["id"])
    assert {item["id"] for item in billed} == {item["id"] for item in waiting}
    assert rows(local, "/v1/invoiceitems", pending="true") == []


def test_a_downgrade_at_once_becomes_a_balance(local: Local) -> None:
    subscription = subscribe(local, quantity=3)
    local.clock.set(START + timedelta(days=14))
    form = {"items[0][id]": subscription["items"]["data"][0]["id"], "items[0][quantity]": 1}
    path = f"/v1/subscriptions/{subscription['id']}"
    local.call("POST", path, form | {"proration_behavior": "always_invoice"})
    credit = rows(local, "/v1/invoices")[-1]
    assert (credit["total"], credit["amount_due"], credit["status"]) == (-2000, 0, "paid")
    customer = local.call("GET", f"/v1/customers/{subscription['customer']}")
    assert customer["balance"] == -2000
    local.clock.set(datetime(2026, 3, 1, tzinfo=UTC))
    last = rows(local, "/v1/invoices")[-1]
    assert (last["total"], last["starting_balance"], last["amount_due"]) == (2000, -2000, 0)
    assert len(rows(local, "/v1/charges")) == 1


def test_canceled_at_once_and_at_the_period_s_end(local: Local) -> None:
    first, second = subscribe(local), subscribe(local)
    canceled = local.call("DELETE", f"/v1/subscriptions/{first['id']}")
    assert (canceled["status"], canceled["ended_at"]) == ("canceled", canceled["canceled_at"])
    path = f"/v1/subscriptions/{second['id']}"
    ending = local.call("POST", path, {"cancel_at_period_end": "true"})
    assert (ending["status"], ending["cancel_at"]) == (
        "active",
        datetime(2026, 2, 28, 10, tzinfo=UTC).timestamp(),
    )
    local.clock.set(datetime(2026, 6, 1, tzinfo=UTC))
    ended = local.call("GET", path)
    assert (ended["status"], ended["ended_at"]) == ("canceled", ending["cancel_at"])
    assert len(rows(local, "/v1/invoices")) == 2
    assert rows(local, "/v1/subscriptions") == []
    assert len(rows(local, "/v1/subscriptions", status="all")) == 2


def test_time_goes_on_when_a_customer_or_their_card_is_gone(local: Local) -> None:
    gone, poor = subscribe(local), subscribe(local, default_payment_method="")
    assert (gone["status"], poor["status"]) == ("active", "active")
    local.clock.set(datetime(2026, 2, 28, 10, 30, tzinfo=UTC))
    local.call("DELETE", f"/v1/customers/{gone['customer']}")
    path = f"/v1/customers/{poor['customer']}"
    local.call("POST", path, {"invoice_settings[default_payment_method]": ""})
    local.clock.set(datetime(2026, 4, 1, tzinfo=UTC))
    statuses = {s["id"]: s["status"] for s in rows(local, "/v1/subscriptions", status="all")}
    assert statuses == {gone["id"]: "canceled", poor["id"]: "past_due"}
    of_gone = rows(local, "/v1/invoices", subscription=gone["id"])
    assert [invoice["status"] for invoice in of_gone] == ["paid", "draft"]
    of_poor = rows(local, "/v1/invoices", subscription=poor["id"])
    assert [invoice["status"] for invoice in of_poor] == ["paid", "open", "open"]
    price = poor["items"]["data"][0]["price"]["id"]
    again = {"customer": poor["customer"], "items[0][price]": price}
    with pytest.raises(StripeError, match="no attached payment source"):
        local.call("POST", "/v1/subscriptions", again)
    assert len(rows(local, "/v1/subscriptions", status="all")) == 2


def test_an_invoice_of_one_s_own(local: Local) -> None:
    customer = local.call("POST", "/v1/customers", {"email": "a@shop.example"})["id"]
    invoice = local.call("POST", "/v1/invoices", {"customer": customer})["id"]
    item = {"customer": customer, "currency": "usd", "invoice": invoice}
    made = [
        local.call("POST", "/v1/invoiceitems", item | {"amount": 100 * n, "description": str(n)})
        for n in range(1, 13)
    ]
    local.call("DELETE", f"/v1/invoiceitems/{made[0]['id']}")
    local.call("POST", f"/v1/invoiceitems/{made[1]['id']}", {"amount": 1000})
    draft = local.call("GET", f"/v1/invoices/{invoice}")
    assert (draft["status"], draft["total"]) == ("draft", 7800 - 100 + 800)
    assert (len(draft["lines"]["data"]), draft["lines"]["has_more"]) == (10, True)
    assert len(rows(local, f"/v1/invoices/{invoice}/lines")) == 11
    with pytest.raises(StripeError, match="no attached payment source"):
        local.call("POST", f"/v1/invoices/{invoice}/pay")
    opened = local.call("POST", f"/v1/invoices/{invoice}/finalize")
    assert (opened["status"], opened["amount_due"]) == ("open", 8500)
    with pytest.raises(StripeError, match="Only draft invoices"):
        local.call("POST", "/v1/invoiceitems", item | {"amount": 5})
    assert local.call("POST", f"/v1/invoices/{invoice}/void")["status"] == "void"
    gone = local.call("POST", "/v1/invoices", {"customer": customer})["id"]
    assert local.call("DELETE", f"/v1/invoices/{gone}")["deleted"] is True
    with pytest.raises(StripeError, match="No such invoice"):
        local.call("GET", f"/v1/invoices/{gone}")
    assert types(local, "invoice.deleted") == ["invoice.deleted"]


def test_checkout_is_paid_on_its_page_or_expires(server: Server) -> None:
    form = {
        "mode": "payment",
        "success_url": "https://shop.example/thanks",
        "line_items[0][price_data][currency]": "usd",
        "line_items[0][price_data][unit_amount]": 1500,
        "line_items[0][price_data][product_data][name]": "Hat",
        "line_items[0][quantity]": 2,
        "payment_intent_data[metadata][order]": "7",
    }
    first, second = (server.post("/v1/checkout/sessions", form).json() for _ in range(2))
    assert (first["status"], first["payment_intent"], first["amount_total"]) == ("open", None, 3000)
    admin = f"{server.url}/_admin/checkout/{first['id']}/complete"
    declined = server.http.post(admin, json={"payment_method": "pm_card_chargeDeclined"}, timeout=9)
    assert declined.status_code == 402
    done = server.http.post(admin, json={"email": "a@b.example"}, timeout=9).json()
    assert (done["status"], done["payment_status"]) == ("complete", "paid")
    intent = server.get(f"/v1/payment_intents/{done['payment_intent']}").json()
    assert (intent["amount_received"], intent["metadata"]) == (3000, {"order": "7"})
    (item,) = server.get(f"/v1/checkout/sessions/{first['id']}/line_items").json()["data"]
    assert (item["description"], item["quantity"]) == ("Hat", 2)
    assert server.get("/v1/prices").json()["data"] == []
    server.set_clock(datetime.now(UTC) + timedelta(days=2))
    assert server.get(f"/v1/checkout/sessions/{second['id']}").json()["status"] == "expired"
    found = server.get("/v1/events", type="checkout.session.*").json()["data"]
    assert [event["type"] for event in found] == [
        "checkout.session.expired",
        "checkout.session.completed",
    ]


def test_a_restricted_key_is_told_what_it_lacks(server: Server) -> None:
    key = "_".join(("rk", "test", "few" * 5))
    given = {"key": key, "permissions": ["rak_charge_read"]}
    server.http.post(f"{server.url}/_admin/keys", json=given, timeout=9).raise_for_status()
    headers = {"Authorization": f"Bearer {key}"}
    assert server.http.get(f"{server.url}/v1/refunds", headers=headers, timeout=9).ok
    refused = server.http.get(f"{server.url}/v1/customers", headers=headers, timeout=9)
    assert refused.status_code == 403
    assert "Having the 'rak_customer_read' permission" in refused.json()["error"]["message"]
    server.http.post(f"{server.url}/_admin/reset", timeout=9)
    assert (
        server.http.get(f"{server.url}/v1/refunds", headers=headers, timeout=9).status_code == 401
    )


def test_seeds_a_deleted_price_and_counted_traffic(server: Server) -> None:
    admin = f"{server.url}/_admin"
    objects = [{"id": f"ch_seed{n}", "created": 1_700_000_000 + n} for n in range(3)]
    server.http.post(f"{admin}/seed", json={"kind": "charge", "objects": objects}, timeout=9)
    listed = server.get("/v1/charges", **{"created[lte]": 1_700_000_001}).json()["data"]
    assert [charge["id"] for charge in listed] == ["ch_seed1", "ch_seed0"]
    price = server.post(
        "/v1/prices", {"currency": "usd", "unit_amount": 5, "product_data[name]": "Hat"}
    ).json()["id"]
    server.http.post(f"{admin}/prices/{price}/delete", timeout=9).raise_for_status()
    assert server.get(f"/v1/prices/{price}").status_code == 404
    assert server.get("/v1/events", type="price.deleted").json()["data"][0]["data"]["object"]
    traffic = server.http.get(f"{admin}/traffic", timeout=9).json()
    assert traffic["GET /v1/charges"]["admitted"] == 1
    assert traffic["GET /v1/charges"]["throttled"] == 0
