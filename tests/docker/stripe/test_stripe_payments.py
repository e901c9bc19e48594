"""Payments, by the official client against a running server."""

from typing import Any

import pytest
import stripe
from stripe_local import Server

CARD: dict[str, Any] = {"currency": "usd", "payment_method_types": ["card"]}


def pay(server: Server, **params: Any) -> stripe.PaymentIntent:
    defaults = {"amount": 5000, "payment_method": "pm_card_visa", "confirm": True}
    return server.client.v1.payment_intents.create(CARD | defaults | params)  # type: ignore[arg-type]


def declined(server: Server, card: str) -> Any:
    with pytest.raises(stripe.CardError) as caught:
        pay(server, payment_method=card)
    assert caught.value.http_status == 402
    return caught.value


def test_a_payment_succeeds_and_its_charge_carries_the_order(server: Server) -> None:
    client = server.client
    customer = client.v1.customers.create({"email": "ann@shop.example", "name": "Ann"})
    intent = pay(
        server,
        customer=customer.id,
        metadata={"shopify_order_id": "450789469"},
        expand=["latest_charge.balance_transaction"],
    )
    charge: Any = intent.latest_charge
    assert (intent.status, intent.amount_received) == ("succeeded", 5000)
    assert charge.metadata["shopify_order_id"] == "450789469"
    assert (charge.customer, charge.paid, charge.captured) == (customer.id, True, True)
    transaction = charge.balance_transaction
    assert (transaction.amount, transaction.fee, transaction.net) == (5000, 175, 4825)
    assert transaction.fee_details[0].type == "stripe_fee"
    assert transaction.source == charge.id


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
    ],
)
def test_cards_decline(server: Server, card: str, code: str, decline_code: str) -> None:
    error = declined(server, card)
    assert (error.code, error.error.decline_code) == (code, decline_code)
    assert error.error.payment_intent.status == "requires_payment_method"
    assert error.error.payment_intent.last_payment_error.code == code


def test_a_declined_payment_succeeds_on_retry(server: Server) -> None:
    client = server.client
    error = declined(server, "pm_card_visa_chargeDeclinedInsufficientFunds")
    intent_id = error.error.payment_intent.id
    retried = client.v1.payment_intents.confirm(intent_id, {"payment_method": "pm_card_visa"})
    assert (retried.status, retried.last_payment_error) == ("succeeded", None)
    charges = client.v1.charges.list({"payment_intent": intent_id}).data
    assert [charge.status for charge in charges] == ["succeeded", "failed"]
    assert charges[1].failure_code == "card_declined"
    assert charges[1].balance_transaction is None
    assert charges[1].outcome is not None
    assert charges[1].outcome.reason == "insufficient_funds"
    assert len(client.v1.balance_transactions.list().data) == 1


def test_authorize_then_capture_a_part(server: Server) -> None:
    client = server.client
    intent = pay(server, capture_method="manual")
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 5000)
    assert client.v1.balance_transactions.list().data == []
    captured = client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 3000})
    assert (captured.status, captured.amount_received) == ("succeeded", 3000)
    charge = client.v1.charges.retrieve(str(captured.latest_charge))
    assert (charge.amount_captured, charge.amount_refunded) == (3000, 2000)
    assert client.v1.balance_transactions.list().data[0].amount == 3000
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.capture(intent.id)
    assert caught.value.code == "payment_intent_unexpected_state"


def test_cancel_lets_an_authorization_go(server: Server) -> None:
    client = server.client
    intent = pay(server, capture_method="manual")
    canceled = client.v1.payment_intents.cancel(
        intent.id, {"cancellation_reason": "requested_by_customer"}
    )
    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "requested_by_customer")
    assert client.v1.charges.retrieve(str(intent.latest_charge)).refunded
    done = pay(server)
    with pytest.raises(stripe.InvalidRequestError, match="because it has a status of succeeded"):
        client.v1.payment_intents.cancel(done.id)


def test_without_a_method_an_intent_waits(server: Server) -> None:
    client = server.client
    intent = client.v1.payment_intents.create({**CARD, "amount": 700})  # type: ignore[typeddict-item]
    assert intent.status == "requires_payment_method"
    with pytest.raises(stripe.InvalidRequestError, match="missing a payment method"):
        client.v1.payment_intents.confirm(intent.id)
    ready = client.v1.payment_intents.update(intent.id, {"payment_method": "pm_card_visa"})
    assert ready.status == "requires_confirmation"
    assert client.v1.payment_intents.confirm(intent.id).status == "succeeded"


def test_dashboard_methods_need_a_return_url(server: Server) -> None:
    params: Any = {"amount": 700, "currency": "usd", "payment_method": "pm_card_visa"}
    client = server.client
    with pytest.raises(stripe.InvalidRequestError, match="must provide a `return_url`"):
        client.v1.payment_intents.create(params | {"confirm": True})
    never = {"enabled": True, "allow_redirects": "never"}
    made = client.v1.payment_intents.create(
        params | {"confirm": True, "automatic_payment_methods": never}
    )
    assert made.status == "succeeded"


def test_refunds_whole_and_partial(server: Server) -> None:
    client = server.client
    intent = pay(server)
    part = client.v1.refunds.create(
        {"payment_intent": intent.id, "amount": 1500, "metadata": {"shopify_refund_id": "9"}}
    )
    assert (part.amount, part.status, part.charge) == (1500, "succeeded", intent.latest_charge)
    transaction = client.v1.balance_transactions.retrieve(str(part.balance_transaction))
    assert (transaction.amount, transaction.fee, transaction.net) == (-1500, 0, -1500)
    charge_id = str(intent.latest_charge)
    assert not client.v1.charges.retrieve(charge_id).refunded
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create({"charge": charge_id, "amount": 3501})
    assert caught.value.user_message == (
        "Refund amount ($35.01) is greater than unrefunded amount on charge ($35.00)"
    )
    assert client.v1.refunds.create({"charge": charge_id}).amount == 3500
    charge = client.v1.charges.retrieve(charge_id, {"expand": ["refunds"]})
    assert (charge.refunded, charge.amount_refunded) == (True, 5000)
    assert charge.refunds is not None
    assert [refund.amount for refund in charge.refunds.data] == [3500, 1500]
    with pytest.raises(stripe.InvalidRequestError) as again:
        client.v1.refunds.create({"charge": charge_id})
    assert again.value.code == "charge_already_refunded"


def test_a_dispute_takes_the_money_and_a_fee(server: Server) -> None:
    client = server.client
    intent = pay(server, payment_method="pm_card_createDispute")
    dispute = client.v1.disputes.list().data[0]
    assert (dispute.charge, dispute.status) == (intent.latest_charge, "needs_response")
    assert client.v1.charges.retrieve(str(intent.latest_charge)).disputed
    assert sum(t.net for t in client.v1.balance_transactions.list().data) == 4825 - 5000 - 1500
    evidence: Any = {"evidence": {"uncategorized_text": "winning_evidence"}}
    assert client.v1.disputes.update(dispute.id, evidence).status == "won"
    assert sum(t.net for t in client.v1.balance_transactions.list().data) == 4825 - 1500
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create({"payment_intent": intent.id})
    assert caught.value.code == "charge_disputed"


def test_the_rest_of_what_the_streams_read(server: Server) -> None:
    client = server.client
    product = client.v1.products.create({"name": "Shirt", "metadata": {"sku": "S-1"}})
    price = client.v1.prices.create({"product": product.id, "currency": "usd", "unit_amount": 1900})
    assert [p.id for p in client.v1.prices.list({"product": product.id}).data] == [price.id]
    customer = client.v1.customers.create({"email": "a@shop.example", "metadata": {"a": "1"}})
    changed = client.v1.customers.update(customer.id, {"metadata": {"a": "", "b": "2"}})
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"b": "2"}
    assert client.v1.customers.delete(customer.id).deleted
    assert client.v1.customers.list().data == []
    account = client.v1.accounts.retrieve_current()
    assert client.v1.accounts.retrieve(account.id).id == account.id
    assert client.v1.balance.retrieve().available[0].amount == 0
