"""What the synthetic activity does in Stripe, through the official client."""

import threading
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

import stripe

from scripts.errors import FatalError, RetriableError
from scripts.retry import ThrottledError, with_retries
from scripts.settings import Stripe
from scripts.synthetic.plan import OrderPlan, Payment

T = TypeVar("T")
GOOD_CARDS = ("pm_card_visa", "pm_card_mastercard", "pm_card_amex")
DECLINED_CARD = "pm_card_visa_chargeDeclined"
# Stripe allows 25 requests/s an endpoint (docs: rate-limits).
REQUESTS_PER_SECOND = 23.0


class Payments:
    """Customers, payments and refunds; every write carries an idempotency key made of the plan."""

    def __init__(self, settings: Stripe) -> None:
        if "_live_" in settings.api_key:
            raise FatalError("STRIPE_API_KEY is a live one: invented payments need a test key")
        addresses: Any = {"api": settings.api_base} if settings.api_base else {}
        self._client = stripe.StripeClient(
            settings.api_key, base_addresses=addresses, max_network_retries=0
        )
        self._lock = threading.Lock()
        self._next_call: dict[str, float] = {}

    def customer(self, plan: OrderPlan, shopify_id: str) -> str:
        """The buyer's Stripe customer, found by email or made."""
        email = plan.buyer.email
        customers = self._client.v1.customers
        found = self._call("customers", lambda: customers.list({"email": email, "limit": 1}))
        if found.data:
            return found.data[0].id
        made = self._call(
            "customers",
            lambda: customers.create(
                {
                    "email": email,
                    "name": f"{plan.buyer.first_name} {plan.buyer.last_name}",
                    "metadata": {"shopify_customer_id": _number(shopify_id)},
                },
                {"idempotency_key": f"customer-{email}"},
            ),
        )
        return made.id

    def pay(self, plan: OrderPlan, order: dict[str, Any], customer: str) -> bool:
        """Charge the order's total as the plan says; whether the money came."""
        total = Decimal(order["totalPriceSet"]["shopMoney"]["amount"])
        if plan.payment is Payment.WRONG_AMOUNT:
            total += Decimal("1.00")
        currency = order["totalPriceSet"]["shopMoney"]["currencyCode"]
        declined = plan.payment in (Payment.DECLINED, Payment.DECLINED_ONCE)
        good = GOOD_CARDS[sum(plan.key.encode()) % len(GOOD_CARDS)]
        params: Any = {
            "amount": int(total * 100),
            "currency": currency.lower(),
            "customer": customer,
            "payment_method": DECLINED_CARD if declined else good,
            "payment_method_types": ["card"],
            "confirm": True,
            "description": f"Order {order['name']}",
            "metadata": {"shopify_order_id": _number(order["id"]), "order_name": order["name"]},
        }
        intents = self._client.v1.payment_intents
        options: Any = {"idempotency_key": f"pay-{plan.key}-{_number(order['id'])}"}
        intent = self._intent(lambda: intents.create(params, options))
        if plan.payment is Payment.DECLINED_ONCE:
            again: Any = {"idempotency_key": f"again-{plan.key}-{_number(order['id'])}"}
            method: Any = {"payment_method": good}
            key = intent["id"]
            intent = self._intent(lambda: intents.confirm(key, method, again))
        return bool(intent["status"] == "succeeded")

    def refund(self, plan: OrderPlan, order: dict[str, Any], amount: Decimal) -> None:
        """Send `amount` back on the order's payment; nothing when Stripe never saw the order."""
        number = _number(order["id"])
        query = f"metadata['shopify_order_id']:'{number}'"
        found = self._call(
            "search", lambda: self._client.v1.payment_intents.search({"query": query})
        )
        paid = [intent for intent in found.data if intent.status == "succeeded"]
        if not paid:
            return
        cents = min(int(amount * 100), paid[0].amount_received)
        self._call(
            "refunds",
            lambda: self._client.v1.refunds.create(
                {"payment_intent": paid[0].id, "amount": cents, "reason": "requested_by_customer"},
                {"idempotency_key": f"refund-{plan.key}-{number}"},
            ),
        )

    def _intent(self, call: Callable[[], Any]) -> dict[str, Any]:
        """A payment intent, also the one inside a card error: a decline is an answer."""
        try:
            intent: dict[str, Any] = self._call("payment_intents", call).to_dict()
        except stripe.CardError as error:
            if error.error is None or error.error.payment_intent is None:
                raise FatalError(f"Stripe declined without a payment intent: {error}") from error
            intent = error.error.payment_intent.to_dict()
        return intent

    def _call(self, endpoint: str, call: Callable[[], T]) -> T:
        return with_retries(lambda: self._attempt(endpoint, call))

    def _attempt(self, endpoint: str, call: Callable[[], T]) -> T:
        self._pace(endpoint)
        try:
            return call()
        except stripe.CardError:
            raise
        except (stripe.AuthenticationError, stripe.PermissionError) as error:
            raise FatalError("Stripe refused: check STRIPE_API_KEY and its permissions") from error
        except stripe.RateLimitError as error:
            raise ThrottledError("Stripe throttles", 1.0) from error
        except stripe.InvalidRequestError as error:
            raise FatalError(f"Stripe refused the call: {error.user_message}") from error
        except stripe.StripeError as error:
            raise RetriableError(f"Stripe failed: {type(error).__name__}") from error

    def _pace(self, endpoint: str) -> None:
        with self._lock:
            turn = max(time.monotonic(), self._next_call.get(endpoint, 0.0))
            self._next_call[endpoint] = turn + 1 / REQUESTS_PER_SECOND
        time.sleep(max(0.0, turn - time.monotonic()))


def _number(gid: str) -> str:
    return gid.rsplit("/", 1)[-1]
