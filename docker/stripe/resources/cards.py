"""Stripe's test cards: `pm_card_visa`, `pm_card_visa_chargeDeclinedInsufficientFunds`, ...

Names and numbers: docs.stripe.com/testing. A card's behaviour follows from its last four digits,
as with the real test cards.
"""

from dataclasses import dataclass

from docker.stripe.store import Body


@dataclass(frozen=True)
class Decline:
    code: str
    decline_code: str
    message: str


@dataclass(frozen=True)
class Card:
    last4: str
    brand: str = "visa"
    funding: str = "credit"
    country: str = "US"
    decline: Decline | None = None
    dispute: str | None = None
    needs_action: bool = False


def _declined(decline_code: str, message: str = "Your card was declined.") -> Decline:
    return Decline("card_declined", decline_code, message)


DECLINES = {
    "": Card("0002", decline=_declined("generic_decline")),
    "InsufficientFunds": Card(
        "9995", decline=_declined("insufficient_funds", "Your card has insufficient funds.")
    ),
    "LostCard": Card("9987", decline=_declined("lost_card")),
    "StolenCard": Card("9979", decline=_declined("stolen_card")),
    "VelocityLimitExceeded": Card(
        "6975",
        decline=_declined(
            "card_velocity_exceeded",
            "Your card was declined for making repeated attempts too frequently or exceeding its "
            "amount limit.",
        ),
    ),
    "ExpiredCard": Card(
        "0069", decline=Decline("expired_card", "expired_card", "Your card has expired.")
    ),
    "IncorrectCvc": Card(
        "0127",
        decline=Decline(
            "incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect."
        ),
    ),
    "ProcessingError": Card(
        "0119",
        decline=Decline(
            "processing_error",
            "processing_error",
            "An error occurred while processing your card. Try again in a little bit.",
        ),
    ),
}
CARDS = {
    "visa": Card("4242"),
    "visa_debit": Card("5556", funding="debit"),
    "us": Card("4242"),
    "mastercard": Card("4444", "mastercard"),
    "mastercard_debit": Card("3222", "mastercard", "debit"),
    "mastercard_prepaid": Card("5100", "mastercard", "prepaid"),
    "amex": Card("8431", "amex"),
    "discover": Card("9424", "discover"),
    "diners": Card("0004", "diners"),
    "jcb": Card("0505", "jcb", country="JP"),
    "unionpay": Card("0005", "unionpay", country="CN"),
    "bypassPending": Card("0077"),
    "chargeCustomerFail": Card("0341", decline=_declined("generic_decline")),
    "createDispute": Card("0259", dispute="fraudulent"),
    "createDisputeProductNotReceived": Card("2685", dispute="product_not_received"),
    "authenticationRequired": Card("3184", needs_action=True),
    "threeDSecure2Required": Card("3220", needs_action=True),
} | {f"chargeDeclined{reason}": card for reason, card in DECLINES.items()}
BY_LAST4 = {card.last4: card for card in CARDS.values()}


def named(name: str) -> Card | None:
    """The card of a test payment method (`pm_card_…`) or token (`tok_…`), None for another id."""
    for prefix in ("pm_card_visa_", "pm_card_", "tok_visa_", "tok_"):
        if name.startswith(prefix) and name.removeprefix(prefix) in CARDS:
            return CARDS[name.removeprefix(prefix)]
    return None


def of_method(method: Body) -> Card:
    return BY_LAST4[method["card"]["last4"]]


def method_details(card: Card, checks: Body) -> Body:
    """The `card` hash of a payment method."""
    return {
        "brand": card.brand,
        "checks": checks,
        "country": card.country,
        "display_brand": card.brand,
        "exp_month": 12,
        "exp_year": 2034,
        "fingerprint": f"fp{card.brand}{card.last4}".ljust(16, "x"),
        "funding": card.funding,
        "generated_from": None,
        "last4": card.last4,
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def charge_details(method: Body, amount: int, *, captured: bool) -> Body:
    """The `payment_method_details` hash of a charge."""
    card = method["card"]
    shared = "brand checks country exp_month exp_year fingerprint funding last4 regulated_status"
    details = {name: card[name] for name in [*shared.split(), "wallet"]}
    unavailable = {"status": "unavailable"}
    details |= {
        "amount_authorized": None if captured else amount,
        "authorization_code": None,
        "extended_authorization": {"status": "disabled"},
        "incremental_authorization": unavailable,
        "installments": None,
        "mandate": None,
        "multicapture": unavailable,
        "network": card["brand"],
        "network_token": {"used": False},
        "network_transaction_id": f"{card['last4']}00000000000",
        "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
        "three_d_secure": None,
        "transaction_link_id": None,
    }
    return {"card": details, "type": "card"}
