"""What is pulled from Stripe: each stream is a description, one engine (pull.py) runs them all.

README.md has them as a table, with what a key must be permitted to read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True)
class Stream:
    """Objects of one kind, known by a list, found again by events.

    path: the list; below it each object by its id.
    object: the kind, as the objects name it.
    events: types that tell of changes; one type may end in `*`. Empty where Stripe sends none: then
        what was created within `lookback` is read again and compared.
    named_by: kind of an event's object → paths of our ids in it; lists on the way are walked.
    filters: parameters of each list that together hold every object.
    settles: objects wait as `pending`, and no event tells when that ends.
    deletes: objects may leave the list, deleted or detached.
    expand: what Stripe leaves out of an object unless it is asked for.
    parent: where no list holds all: the list of the objects that each have one.
    children: the parent's list, `{id}` being the parent's.
    owner: where Stripe's objects do not name their parent: the field that is added and does. Such
        rows come and go with their parent only: its events and its `created` count.
    having: fields of the parents that have such a list.
    """

    name: str
    path: str
    object: str
    events: tuple[str, ...] = ()
    named_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    filters: tuple[Mapping[str, str], ...] = ({},)
    settles: bool = False
    deletes: bool = False
    expand: tuple[str, ...] = ()
    parent: str | None = None
    children: str = ""
    owner: str = ""
    having: Mapping[str, str | bool] = field(default_factory=dict[str, str | bool])
    lookback: timedelta = timedelta(hours=1)

    @property
    def timeless(self) -> bool:
        """Whether no list can be asked for the objects of a time: each parent is asked."""
        return self.parent is not None and not self.owner


STREAMS = (
    # customer.* would bring the events of their subscriptions as well.
    Stream(
        "customers",
        "/v1/customers",
        "customer",
        ("customer.created", "customer.updated", "customer.deleted"),
        deletes=True,
    ),
    Stream("products", "/v1/products", "product", ("product.*",), deletes=True),
    # The list shows active prices only (docs: List all prices).
    Stream(
        "prices",
        "/v1/prices",
        "price",
        ("price.*",),
        filters=({"active": "true"}, {"active": "false"}),
        deletes=True,
    ),
    Stream("payment_intents", "/v1/payment_intents", "payment_intent", ("payment_intent.*",)),
    # A dispute makes its charge disputed, a refund that changes later may change its charge: only
    # their own events are promised.
    Stream(
        "charges",
        "/v1/charges",
        "charge",
        ("charge.*",),
        named_by={"charge": ("id",), "dispute": ("charge",), "refund": ("charge",)},
    ),
    # Refunds tell of themselves as refund.*, in older accounts as charge.refund.updated only.
    Stream(
        "refunds",
        "/v1/refunds",
        "refund",
        ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated"),
    ),
    Stream("disputes", "/v1/disputes", "dispute", ("charge.dispute.*",)),
    # pending → available within days, in some countries within a month, without an event.
    Stream(
        "balance_transactions",
        "/v1/balance_transactions",
        "balance_transaction",
        settles=True,
        lookback=timedelta(days=14),
    ),
    Stream("payouts", "/v1/payouts", "payout", ("payout.*",)),
    # A balance transaction does not name its payout. The list of a payout made by hand is refused,
    # that of an automatic one can be read when this event says so (docs: payouts/reconciliation).
    Stream(
        "payout_transactions",
        "/v1/balance_transactions",
        "balance_transaction",
        ("payout.reconciliation_completed",),
        named_by={"payout": ("id",)},
        parent="/v1/payouts",
        children="/v1/balance_transactions?payout={id}",
        owner="payout",
        having={"automatic": True, "reconciliation_status": "completed"},
    ),
    # Drafts can be deleted.
    Stream(
        "invoices",
        "/v1/invoices",
        "invoice",
        ("invoice.*",),
        deletes=True,
        expand=("payments",),
    ),
    # An item is put on an invoice without an event of its own: the invoice's lines name it, those
    # of an account whose version is older than 2025-03-31 in another place.
    Stream(
        "invoice_items",
        "/v1/invoiceitems",
        "invoiceitem",
        (
            "invoiceitem.created",
            "invoiceitem.deleted",
            "invoice.created",
            "invoice.updated",
            "invoice.deleted",
        ),
        named_by={
            "invoiceitem": ("id",),
            "invoice": (
                "lines.data.invoice_item",
                "lines.data.parent.invoice_item_details.invoice_item",
                "lines.data.parent.subscription_item_details.invoice_item",
            ),
        },
        deletes=True,
    ),
    # Without a status the list leaves the canceled ones out.
    Stream(
        "subscriptions",
        "/v1/subscriptions",
        "subscription",
        ("customer.subscription.*",),
        filters=({"status": "all"},),
        expand=("discounts.source.coupon",),
    ),
    Stream(
        "checkout_sessions",
        "/v1/checkout/sessions",
        "checkout.session",
        ("checkout.session.*",),
        expand=("line_items",),
    ),
    # /v1/payment_methods without a customer lists those of Treasury flows (docs, until 2025), and
    # knows no `created`.
    Stream(
        "payment_methods",
        "/v1/payment_methods",
        "payment_method",
        ("payment_method.*",),
        deletes=True,
        parent="/v1/customers",
        children="/v1/customers/{id}/payment_methods",
    ),
    # As they were sent, payload and all; an event never changes.
    Stream("events", "/v1/events", "event"),
)
