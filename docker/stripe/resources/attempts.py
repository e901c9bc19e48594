"""One attempt to pay a payment intent: succeeded, waiting for the customer, or declined."""

from docker.stripe.call import Call
from docker.stripe.errors import StripeError, doc_url, invalid_request
from docker.stripe.resources import cards, charges, disputes
from docker.stripe.store import Body


def pay(call: Call, intent: Body) -> Body:
    """One attempt to pay; a decline raises 402 and leaves the intent ready for the next."""
    before = call.find("payment_intent", intent["id"])
    if not intent["payment_method"]:
        message = (
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can "
            "either update the PaymentIntent with a payment method and then confirm it again, or "
            "confirm it again directly with a payment method or ConfirmationToken."
        )
        raise unexpected_state(intent, message)
    _check_return_url(call, intent)
    method = call.find("payment_method", intent["payment_method"])
    card = cards.of_method(method)
    if card.needs_action:
        action = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
        after = intent | {"status": "requires_action", "next_action": action}
        return call.save("payment_intent", before, after, "payment_intent.requires_action")
    manual = intent["capture_method"] == "manual"
    charge = charges.make(call, intent, method, capture=not manual)
    after = intent | {"latest_charge": charge["id"], "last_payment_error": None}
    if card.decline:
        raise _declined(call, before, after, method, card.decline)
    if manual:
        after |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
        event = "payment_intent.amount_capturable_updated"
    else:
        after |= {"status": "succeeded", "amount_received": intent["amount"]}
        event = "payment_intent.succeeded"
    call.save("payment_intent", before, after, event)
    if card.dispute and not manual:
        disputes.open_(call, charge, card.dispute)
    return after


def _declined(
    call: Call, before: Body, intent: Body, method: Body, decline: cards.Decline
) -> StripeError:
    error = {
        "charge": intent["latest_charge"],
        "code": decline.code,
        "decline_code": decline.decline_code,
        "doc_url": doc_url(decline.code),
        "message": decline.message,
        "payment_method": method,
        "type": "card_error",
    }
    after = intent | {
        "last_payment_error": error,
        "payment_method": None,
        "status": "requires_payment_method",
    }
    call.save("payment_intent", before, after, "payment_intent.payment_failed")
    return StripeError(402, error | {"payment_intent": after}, keeps_changes=True)


def _check_return_url(call: Call, intent: Body) -> None:
    automatic = intent["automatic_payment_methods"]
    redirects = automatic and automatic["allow_redirects"] == "always"
    if redirects and not call.params.get("return_url") and not call.params.get("off_session"):
        raise invalid_request(
            "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. "
            "Because some of these payment methods might redirect your customer off of your page, "
            "you must provide a `return_url`. If you don't want to accept redirect-based payment "
            "methods, set `automatic_payment_methods[enabled]` to `true` and "
            "`automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents "
            "and Payment Intents."
        )


def unexpected_state(intent: Body, message: str) -> StripeError:
    error = invalid_request(message, code="payment_intent_unexpected_state")
    error.body["payment_intent"] = intent
    return error
