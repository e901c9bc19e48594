"""silver.orders: a Shopify order with its lines, refunds, transactions and fulfilments.

Takes the GraphQL shape of the pull and the REST shape of dumps and webhooks. All money is shop
money. The arrays stay in the order, because they change only with it; flat tables are made of them.
"""

from spark_jobs.silver.sql import (
    bag,
    believable,
    below,
    found_in,
    hashed,
    identifier,
    money,
    nodes,
    presented,
    text,
    time,
)
from spark_jobs.silver.table import Table
from spark_jobs.silver.tables.order_record import SCHEMA


def _total(items: str, amount: str) -> str:
    """Σ of a money expression over `x` of an array; 0 for none."""
    zero = "CAST(0 AS DECIMAL(18,2))"
    return (
        f"aggregate(coalesce({items}, array()), {zero}, "
        f"(sum, x) -> try_cast(sum + coalesce({amount}, 0) AS DECIMAL(18,2)))"
    )


def _rate(items: str) -> str:
    return (
        f"aggregate(coalesce({items}, array()), 0.0D, "
        "(sum, x) -> sum + coalesce(try_cast(x.rate AS DOUBLE), 0.0D))"
    )


def _id(path: str) -> str:
    """Of an order's part. A dump may leave it out: then its place `i` tells it from the others."""
    return f"coalesce(nullif({identifier(path)}, ''), concat('part ', i + 1))"


def _one_each(parts: str, name: str) -> str:
    return f"({parts} IS NULL OR size(array_distinct({parts}.{name})) = size({parts}))"


_TAX = bag("x.priceSet", "x.price_set", "x.price")


def _discount(item: str) -> str:
    return _total(
        f"coalesce({item}.discountAllocations, {item}.discount_allocations)",
        bag("x.allocatedAmountSet", "x.amount_set", "x.amount"),
    )


def _tax_lines(items: str) -> str:
    return (
        f"transform(coalesce({items}, array()), x -> named_struct('title', x.title, "
        f"'rate', try_cast(x.rate AS DECIMAL(9,6)), 'amount', coalesce({_TAX}, 0)))"
    )


_TIPS = f"coalesce({money('r.totalTipReceivedSet.shopMoney.amount', 'r.total_tip_received')}, 0)"
# A tip is among the lines as well. REST marks it; GraphQL's has no product and this title.
_IS_TIP = """(coalesce(l.tip_payment_gateway, l.tip_payment_method) IS NOT NULL
OR (coalesce(l.product.id, l.product_id, l.variant.id, l.variant_id) IS NULL
  AND lower(trim(l.title)) = 'tip'))"""
_ALL_LINES = nodes("r.lineItems", "r.line_items")
_SOLD = f"IF({_TIPS} > 0, filter({_ALL_LINES}, l -> NOT coalesce({_IS_TIP}, false)), {_ALL_LINES})"
_TIP_IDS = f"""IF({_TIPS} > 0, transform(filter({_ALL_LINES}, l -> {_IS_TIP}),
l -> {identifier("l.id")}), array())"""
_LINES = f"""transform({_SOLD}, (l, i) -> named_struct(
'line_id', {_id("l.id")}, 'product_id', {identifier("l.product.id", "l.product_id")},
'variant_id', {identifier("l.variant.id", "l.variant_id")}, 'sku', {text("l.sku")},
'title', {text("l.title", "l.name")}, 'variant_title', {text("l.variantTitle", "l.variant_title")},
'vendor', l.vendor, 'quantity', l.quantity,
'current_quantity', coalesce(l.currentQuantity, l.current_quantity, l.quantity),
'gift_card', coalesce(l.isGiftCard, l.gift_card, false),
'unit_price', {bag("l.originalUnitPriceSet", "l.price_set", "l.price")},
'discount', {_discount("l")},
'tax', {_total("coalesce(l.taxLines, l.tax_lines)", _TAX)},
'tax_rate', {_rate("coalesce(l.taxLines, l.tax_lines)")},
'tax_lines', {_tax_lines("coalesce(l.taxLines, l.tax_lines)")},
'requires_shipping', coalesce(l.requiresShipping, l.requires_shipping, true)))"""
_SHIPPING_LINES = (
    f"filter({nodes('r.shippingLines', 'r.shipping_lines')}, "
    "s -> NOT coalesce(s.isRemoved, s.is_removed, false))"
)
_SHIPPING_ORIGINAL = bag("x.originalPriceSet", "x.price_set", "x.price")
_SHIPPING_DISCOUNTED = bag("x.discountedPriceSet", "x.discounted_price_set", "x.discounted_price")
# Until API 2024-07 a discounted price was before discounts of the whole order, such as free
# shipping; the allocations tell all of them.
_SHIPPING_PRICE = f"least({_SHIPPING_DISCOUNTED}, {_SHIPPING_ORIGINAL} - {_discount('x')})"
_SHIPPING_TAXES = (
    f"flatten(transform({_SHIPPING_LINES}, s -> coalesce(s.taxLines, s.tax_lines, array())))"
)
_ADJUSTMENTS = nodes("f.orderAdjustments", "f.order_adjustments")
_ADJUSTED = bag("x.amountSet", "x.amount_set", "x.amount")
_ADJUSTED_TAX = bag("x.taxAmountSet", "x.tax_amount_set", "x.tax_amount")
_SHIPPING_KIND = "lower(coalesce(x.kind, '')) = 'shipping_refund'"
_REFUND_SHIPPING = nodes("f.refundShippingLines", "f.refund_shipping_lines")
# Until API 2024-10 refunded shipping was an adjustment in REST; told in both ways it counts once.
_TOLD_TWICE = f"({_SHIPPING_KIND} AND size(coalesce({_REFUND_SHIPPING}, array())) > 0)"
_REFUND_LINE = f"coalesce({identifier('l.lineItem.id', 'l.line_item_id')}, '')"
_REFUND_LINES = nodes("f.refundLineItems", "f.refund_line_items")
_REFUND_SUBTOTAL = f"coalesce({bag('l.subtotalSet', 'l.subtotal_set', 'l.subtotal')}, 0)"
# REST's words for it are "Refund discrepancy"; that of refunded shipping says no more than that.
_REASON = f"""replace(lower(get(filter({_ADJUSTMENTS},
  x -> x.reason IS NOT NULL AND NOT {_SHIPPING_KIND}), 0).reason), ' ', '_')"""
# Shopify signs an adjustment as it changes the order's total: -5.00 is five refunded.
_REFUNDS = f"""transform(r.refunds, (f, i) -> named_struct(
'refund_id', {_id("f.id")},
'refunded_at', {time("f.processedAt", "f.processed_at", "f.createdAt", "f.created_at")},
'note', f.note,
'reason', {_REASON},
'lines', coalesce(transform(filter({_REFUND_LINES},
  l -> NOT array_contains({_TIP_IDS}, {_REFUND_LINE})), l -> named_struct(
  'line_id', {_REFUND_LINE}, 'quantity', coalesce(l.quantity, 0L),
  'restock_type', lower(coalesce(l.restockType, l.restock_type)),
  'location_id', {identifier("l.location.id", "l.location_id")},
  'subtotal', {_REFUND_SUBTOTAL},
  'tax', coalesce({bag("l.totalTaxSet", "l.total_tax_set", "l.total_tax")}, 0))), array()),
'adjustment', -{_total(_ADJUSTMENTS, f"IF({_SHIPPING_KIND}, 0, {_ADJUSTED})")},
'adjustment_tax', -{_total(_ADJUSTMENTS, f"IF({_TOLD_TWICE}, 0, {_ADJUSTED_TAX})")},
'shipping', CAST({_total(_REFUND_SHIPPING, bag("x.subtotalAmountSet", "x.subtotal_amount_set"))}
  - {
    _total(_ADJUSTMENTS, f"IF({_SHIPPING_KIND} AND NOT {_TOLD_TWICE}, {_ADJUSTED}, 0)")
} AS DECIMAL(18,2)),
'shipping_tax', {_total(_REFUND_SHIPPING, bag("x.taxAmountSet", "x.tax_amount_set"))},
'duties', {_total("f.duties", bag("x.amountSet", "x.amount_set"))},
'tips', {
    _total(
        f"transform(filter({_REFUND_LINES}, l -> array_contains({_TIP_IDS}, {_REFUND_LINE})), "
        f"l -> {_REFUND_SUBTOTAL})",
        "x",
    )
}))"""
# Where a Stripe id stands depends on the app that took the payment.
_EVIDENCE = (
    "concat_ws(' ', t.authorizationCode, t.`authorization`, t.paymentId, t.payment_id, "
    "t.receiptJson, t.receipt)"
)
_TRANSACTIONS = f"""transform(r.transactions, (t, i) -> named_struct(
'transaction_id', {_id("t.id")}, 'kind', lower(t.kind), 'status', lower(t.status),
'gateway', t.gateway,
'processed_at', {time("t.processedAt", "t.processed_at", "t.createdAt", "t.created_at")},
'amount', {bag("t.amountSet", "t.amount_set", "t.amount")},
'presentment_amount', {presented("t.amountSet", "t.amount_set")},
'test', coalesce(t.test, false), 'error_code', coalesce(t.errorCode, t.error_code),
'authorization', coalesce(t.authorizationCode, t.`authorization`),
'payment_id', coalesce(t.paymentId, t.payment_id),
'charge_id', {found_in(_EVIDENCE, "(ch_[A-Za-z0-9]+|py_[A-Za-z0-9]+)")},
'payment_intent_id', {found_in(_EVIDENCE, "(pi_[A-Za-z0-9]+)")},
'parent_id', {identifier("t.parentTransaction.id", "t.parent_id")}))"""
_FULFILLMENTS = f"""transform(r.fulfillments, (f, i) -> named_struct(
'fulfillment_id', {_id("f.id")}, 'name', f.name, 'status', lower(f.status),
'display_status', lower(coalesce(f.displayStatus, f.shipment_status)),
'created_at', {time("f.createdAt", "f.created_at")},
'updated_at', {time("f.updatedAt", "f.updated_at")},
'in_transit_at', {time("f.inTransitAt")}, 'delivered_at', {time("f.deliveredAt")},
'estimated_delivery_at', {time("f.estimatedDeliveryAt")},
'location_id', {identifier("f.location.id", "f.location_id")},
'carrier', {text("get(f.trackingInfo, 0).company", "f.tracking_company")},
'tracking_number', {text("get(f.trackingInfo, 0).number", "f.tracking_number")}))"""
# REST says `partial`, and nothing as long as nothing is sent.
_SENT = "coalesce(r.displayFulfillmentStatus, r.fulfillment_status, 'unfulfilled')"

# A day's sum must fit into DECIMAL(18,2), else one broken record stops every table.
LARGEST = 10**12
_OF_ORDER = (
    *("total_price", "presentment_total", "total_tax", "tips", "duties"),
    *("shipping", "shipping_discount", "shipping_tax"),
)
_OF_REFUND = tuple(
    f"f.{name}"
    for name in ("adjustment", "adjustment_tax", "shipping", "shipping_tax", "duties", "tips")
)


def _ok(condition: str) -> str:
    """A missing time is not judged here."""
    return f"coalesce({condition}, true)"


ORDERS = Table(
    name="orders",
    streams=("shopify_orders", "files_shopify_orders"),
    schema=SCHEMA,
    columns={
        "order_id": identifier("r.id"),
        "order_name": "r.name",
        "created_at": time("r.createdAt", "r.created_at"),
        "processed_at": time("r.processedAt", "r.processed_at", "r.createdAt", "r.created_at"),
        "updated_at": time("r.updatedAt", "r.updated_at"),
        "cancelled_at": time("r.cancelledAt", "r.cancelled_at"),
        "cancel_reason": "lower(coalesce(r.cancelReason, r.cancel_reason))",
        "closed_at": time("r.closedAt", "r.closed_at"),
        "test": "coalesce(r.test, false)",
        "currency": "coalesce(r.currencyCode, r.currency)",
        "presentment_currency": "coalesce(r.presentmentCurrencyCode, r.presentment_currency)",
        "taxes_included": "coalesce(r.taxesIncluded, r.taxes_included, false)",
        "financial_status": "lower(coalesce(r.displayFinancialStatus, r.financial_status))",
        "fulfillment_status": f"IF({_SENT} = 'partial', 'partially_fulfilled', lower({_SENT}))",
        "source_name": "coalesce(r.sourceName, r.source_name)",
        "source_identifier": "coalesce(r.sourceIdentifier, r.source_identifier)",
        "customer_id": identifier("r.customer.id"),
        "email_hash": hashed("coalesce(nullif(r.email, ''), r.customer.email)"),
        "country": "coalesce(r.shippingAddress.countryCodeV2, r.shipping_address.country_code)",
        "province": "coalesce(r.shippingAddress.provinceCode, r.shipping_address.province_code)",
        "total_price": bag("r.totalPriceSet", "r.total_price_set", "r.total_price"),
        "presentment_total": presented("r.totalPriceSet", "r.total_price_set"),
        "current_total_price": bag(
            "r.currentTotalPriceSet", "r.current_total_price_set", "r.current_total_price"
        ),
        "total_tax": f"coalesce({bag('r.totalTaxSet', 'r.total_tax_set', 'r.total_tax')}, 0)",
        "shipping": _total(_SHIPPING_LINES, _SHIPPING_PRICE),
        "shipping_discount": f"""CAST({_total(_SHIPPING_LINES, _SHIPPING_ORIGINAL)}
        - {_total(_SHIPPING_LINES, _SHIPPING_PRICE)} AS DECIMAL(18,2))""",
        "shipping_tax": _total(_SHIPPING_TAXES, _TAX),
        "shipping_tax_lines": _tax_lines(_SHIPPING_TAXES),
        # REST names a discount of a draft order by an empty code.
        "discount_codes": "filter(coalesce(r.discountCodes, transform(r.discount_codes, "
        "x -> x.code), array()), c -> trim(c) <> '')",
        "gateways": "coalesce(r.payment_gateway_names, array())",
        "tips": _TIPS,
        "duties": f"coalesce({bag('r.originalTotalDutiesSet', 'r.original_total_duties_set')}, 0)",
        "lines": _LINES,
        "refunds": f"coalesce({_REFUNDS}, array())",
        "transactions": f"coalesce({_TRANSACTIONS}, array())",
        "fulfillments": f"coalesce({_FULFILLMENTS}, array())",
    },
    enums=("financial_status", "fulfillment_status"),
    key=("order_id",),
    # Of two readings of one version the one that tells of payments wins: REST's orders do not, and
    # a dump that is dropped after the pull would take them away until the order changes.
    changed_at="timestampadd(MICROSECOND, IF(size(transactions) > 0, 1, 0), updated_at)",
    comment="One row a Shopify order; money in shop currency, times in UTC",
    expectations={
        "id is missing": "order_id IS NOT NULL AND order_id <> ''",
        "processed_at (or created_at) is missing or no time": "processed_at IS NOT NULL",
        "currency is missing": "length(currency) = 3",
        "line_items is missing": "lines IS NOT NULL",
        "a line has no readable price or quantity": "lines IS NULL OR NOT exists(lines, "
        "l -> l.unit_price IS NULL OR l.quantity IS NULL)",
        # Two rows of one key would stop the merge of every later version, for ever.
        "two lines, refunds, transactions or parcels have one id": " AND ".join(
            _one_each(parts, name)
            for parts, name in (
                ("lines", "line_id"),
                ("refunds", "refund_id"),
                ("transactions", "transaction_id"),
                ("fulfillments", "fulfillment_id"),
            )
        ),
        "a refund has no readable time": "NOT exists(refunds, f -> f.refunded_at IS NULL)",
        "a time is before 1990 or after 2100": f"{_ok(believable('processed_at'))} AND "
        f"{_ok(believable('cancelled_at'))} AND "
        f"NOT exists(refunds, f -> NOT {_ok(believable('f.refunded_at'))}) AND "
        f"NOT exists(fulfillments, f -> NOT {_ok(believable('f.created_at'))})",
        "an amount or quantity is too large": f"""{below(LARGEST, *_OF_ORDER)}
        AND shipping + shipping_tax IS NOT NULL
        AND NOT exists(coalesce(lines, array()), l -> l.discount IS NULL OR l.tax IS NULL
          OR NOT ({below(LARGEST, "l.unit_price", "l.quantity", "l.unit_price * l.quantity")}))
        AND NOT exists(refunds, f -> {" + ".join(_OF_REFUND)} IS NULL
          OR NOT ({below(LARGEST, *_OF_REFUND)})
          OR exists(f.lines, l -> NOT ({below(LARGEST, "l.subtotal", "l.tax", "l.quantity")})))
        AND NOT exists(transactions,
          t -> NOT ({below(LARGEST, "t.amount", "t.presentment_amount")}))""",
    },
    meanings={
        "gateways": "Who took the payment; only REST's shape tells, GraphQL's transactions do"
    },
    clustered=("processed_at",),
    personal=("customer_id", "email_hash"),
)
