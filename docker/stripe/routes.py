"""Every operation served: method and path, the object it gives, its handler."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote_plus

from docker.stripe.call import Call
from docker.stripe.errors import unknown_url
from docker.stripe.resources import (
    accounts,
    charges,
    collections,
    customer_deletion,
    customers,
    disputes,
    endpoints,
    invoice_items,
    invoices,
    payment_intents,
    payment_methods,
    payouts,
    products,
    refunds,
    sessions,
    subscription_items,
    subscriptions,
)
from docker.stripe.store import Body

Handler = Callable[[Call], Body | bytes]


@dataclass(frozen=True)
class Operation:
    """`name` is `METHOD /path/{id}`, the key of the parameter table and of the rate limit."""

    name: str
    kind: str
    handler: Handler

    @property
    def is_list(self) -> bool:
        return self.handler.__name__.startswith(("list", "search"))


def _operations(path: str, kind: str, handlers: dict[str, Handler]) -> list[Operation]:
    """`{"GET": f}` on the path itself, `{"POST /{x}/cancel": g}` below it."""
    made = []
    for where, handler in handlers.items():
        method, _, below = where.partition(" ")
        made.append(Operation(f"{method} {path}{below}", kind, handler))
    return made


OPERATIONS = [
    *_operations("/v1/account", "account", {"GET": accounts.own}),
    *_operations(
        "/v1/accounts", "account", {"GET": accounts.list_, "GET /{account}": accounts.retrieve}
    ),
    *_operations("/v1/balance", "balance", {"GET": accounts.balance}),
    *_operations(
        "/v1/balance_transactions",
        "balance_transaction",
        {"GET": accounts.list_transactions, "GET /{id}": accounts.retrieve_transaction},
    ),
    *_operations(
        "/v1/charges",
        "charge",
        {
            "GET": charges.list_,
            "GET /search": charges.search_,
            "GET /{charge}": charges.retrieve,
            "POST /{charge}": charges.update,
        },
    ),
    *_operations("/v1/charges", "refund", {"GET /{charge}/refunds": charges.list_refunds}),
    *_operations(
        "/v1/checkout/sessions",
        "checkout_session",
        {
            "GET": sessions.list_,
            "POST": sessions.create,
            "GET /{session}": sessions.retrieve,
            "POST /{session}/expire": sessions.expire,
        },
    ),
    *_operations(
        "/v1/checkout/sessions", "item", {"GET /{session}/line_items": sessions.list_items}
    ),
    *_operations(
        "/v1/customers",
        "customer",
        {
            "GET": customers.list_,
            "POST": customers.create,
            "GET /search": customers.search_,
            "GET /{customer}": customers.retrieve,
            "POST /{customer}": customers.update,
            "DELETE /{customer}": customer_deletion.delete,
        },
    ),
    *_operations(
        "/v1/customers",
        "payment_method",
        {"GET /{customer}/payment_methods": customers.list_payment_methods},
    ),
    *_operations(
        "/v1/disputes",
        "dispute",
        {
            "GET": disputes.list_,
            "GET /{dispute}": disputes.retrieve,
            "POST /{dispute}": disputes.update,
            "POST /{dispute}/close": disputes.close,
        },
    ),
    *_operations(
        "/v1/events",
        "event",
        {"GET": endpoints.list_events, "GET /{id}": endpoints.retrieve_event},
    ),
    *_operations(
        "/v1/invoice_payments",
        "invoice_payment",
        {"GET": invoices.list_payments, "GET /{invoice_payment}": invoices.retrieve_payment},
    ),
    *_operations(
        "/v1/invoiceitems",
        "invoiceitem",
        {
            "GET": invoice_items.list_,
            "POST": invoice_items.create,
            "GET /{invoiceitem}": invoice_items.retrieve,
            "POST /{invoiceitem}": invoice_items.update,
            "DELETE /{invoiceitem}": invoice_items.delete,
        },
    ),
    *_operations(
        "/v1/invoices",
        "invoice",
        {
            "GET": invoices.list_,
            "POST": invoices.create,
            "GET /{invoice}": invoices.retrieve,
            "POST /{invoice}": invoices.update,
            "DELETE /{invoice}": invoices.delete,
            "POST /{invoice}/finalize": collections.finalize,
            "POST /{invoice}/mark_uncollectible": invoices.mark_uncollectible,
            "POST /{invoice}/pay": collections.pay,
            "POST /{invoice}/void": invoices.void,
        },
    ),
    *_operations("/v1/invoices", "line_item", {"GET /{invoice}/lines": invoices.list_lines}),
    *_operations(
        "/v1/payment_intents",
        "payment_intent",
        {
            "GET": payment_intents.list_,
            "POST": payment_intents.create,
            "GET /search": payment_intents.search_,
            "GET /{intent}": payment_intents.retrieve,
            "POST /{intent}": payment_intents.update,
            "POST /{intent}/cancel": payment_intents.cancel,
            "POST /{intent}/capture": payment_intents.capture,
            "POST /{intent}/confirm": payment_intents.confirm,
        },
    ),
    *_operations(
        "/v1/payment_methods",
        "payment_method",
        {
            "GET": payment_methods.list_,
            "POST": payment_methods.create,
            "GET /{payment_method}": payment_methods.retrieve,
            "POST /{payment_method}": payment_methods.update,
            "POST /{payment_method}/attach": payment_methods.attach,
            "POST /{payment_method}/detach": payment_methods.detach,
        },
    ),
    *_operations(
        "/v1/payouts",
        "payout",
        {
            "GET": payouts.list_,
            "GET /{payout}": payouts.retrieve,
            "POST /{payout}": payouts.update,
        },
    ),
    *_operations(
        "/v1/prices",
        "price",
        {
            "GET": products.list_prices,
            "POST": products.create_price,
            "GET /search": products.search_prices,
            "GET /{price}": products.retrieve_price,
            "POST /{price}": products.update_price,
        },
    ),
    *_operations(
        "/v1/products",
        "product",
        {
            "GET": products.list_,
            "POST": products.create,
            "GET /search": products.search_,
            "GET /{id}": products.retrieve,
            "POST /{id}": products.update,
            "DELETE /{id}": products.delete,
        },
    ),
    *_operations(
        "/v1/refunds",
        "refund",
        {
            "GET": refunds.list_,
            "POST": refunds.create,
            "GET /{refund}": refunds.retrieve,
            "POST /{refund}": refunds.update,
        },
    ),
    *_operations(
        "/v1/subscription_items",
        "subscription_item",
        {"GET": subscription_items.list_, "GET /{item}": subscription_items.retrieve},
    ),
    *_operations(
        "/v1/subscriptions",
        "subscription",
        {
            "GET": subscriptions.list_,
            "POST": subscriptions.create,
            "GET /{subscription_exposed_id}": subscriptions.retrieve,
            "POST /{subscription_exposed_id}": subscriptions.update,
            "DELETE /{subscription_exposed_id}": subscriptions.cancel,
        },
    ),
    *_operations(
        "/v1/webhook_endpoints",
        "webhook_endpoint",
        {
            "GET": endpoints.list_,
            "POST": endpoints.create,
            "GET /{webhook_endpoint}": endpoints.retrieve,
            "POST /{webhook_endpoint}": endpoints.update,
            "DELETE /{webhook_endpoint}": endpoints.delete,
        },
    ),
]


# Permissions of restricted keys are named by resource; some share one.
RESOURCES = {
    "balance_transaction": "balance_transaction_source",
    "invoice_payment": "invoice",
    "invoiceitem": "invoice",
    "item": "checkout_session",
    "line_item": "invoice",
    "price": "plan",
    "refund": "charge",
    "subscription_item": "subscription",
}


def permission(operation: Operation) -> str:
    """What a restricted key needs, in Stripe's spelling: `rak_charge_read`."""
    resource = RESOURCES.get(operation.kind, operation.kind)
    return f"rak_{resource}_{'read' if operation.name.startswith('GET') else 'write'}"


Pattern = tuple[Operation, list[str]]


def _by_shape() -> dict[tuple[str, int], list[Pattern]]:
    """Operations by method and number of path steps, in the order above: `search` before an id."""
    shapes: dict[tuple[str, int], list[Pattern]] = {}
    for operation in OPERATIONS:
        method, path = operation.name.split(" ")
        steps = path.split("/")
        shapes.setdefault((method, len(steps)), []).append((operation, steps))
    return shapes


PATTERNS = _by_shape()


def match(method: str, path: str) -> tuple[Operation, dict[str, str]]:
    """The operation of a request and the ids in its path, which is as it was sent: an id may hold a
    slash, and the official clients write a space in it as a plus sign. Raises Stripe's 404."""
    steps = path.split("/")
    for operation, pattern in PATTERNS.get((method, len(steps)), ()):
        pairs = list(zip(pattern, steps, strict=True))
        if all(want.startswith("{") or want == step for want, step in pairs):
            return operation, {
                want[1:-1]: unquote_plus(step) for want, step in pairs if want.startswith("{")
            }
    raise unknown_url(method, path)
