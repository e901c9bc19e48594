"""silver.orders: a Shopify order with its lines, refunds, transactions and fulfilments.

Takes the GraphQL shape of the pull and the REST shape of dumps and webhooks. All money is shop
money. The arrays stay in the order, because they change only with it; flat tables are made of them.
"""

from spark_jobs.silver.sql import BAG, bag, connection, hashed, identifier, nodes, text, time
from spark_jobs.silver.table import Table

TAX_LINE = f"STRUCT<title: STRING, rate: STRING, price: STRING, priceSet: {BAG}, price_set: {BAG}>"
REF = "STRUCT<id: STRING>"
ALLOCATION = f"STRUCT<amount: STRING, allocatedAmountSet: {BAG}, amount_set: {BAG}>"
LINE = f"""STRUCT<id: STRING, title: STRING, name: STRING, variantTitle: STRING,
variant_title: STRING, sku: STRING, vendor: STRING, quantity: BIGINT, currentQuantity: BIGINT,
current_quantity: BIGINT, isGiftCard: BOOLEAN, gift_card: BOOLEAN, requiresShipping: BOOLEAN,
requires_shipping: BOOLEAN, product: {REF}, product_id: STRING, variant: {REF}, variant_id: STRING,
price: STRING, originalUnitPriceSet: {BAG}, price_set: {BAG},
discountAllocations: ARRAY<{ALLOCATION}>, discount_allocations: ARRAY<{ALLOCATION}>,
taxLines: ARRAY<{TAX_LINE}>, tax_lines: ARRAY<{TAX_LINE}>>"""
SHIPPING = f"""STRUCT<id: STRING, title: STRING, price: STRING, discounted_price: STRING,
isRemoved: BOOLEAN, is_removed: BOOLEAN, discountedPriceSet: {BAG}, discounted_price_set: {BAG},
price_set: {BAG}, taxLines: ARRAY<{TAX_LINE}>, tax_lines: ARRAY<{TAX_LINE}>>"""
REFUND_LINE = f"""STRUCT<id: STRING, quantity: BIGINT, lineItem: {REF}, line_item_id: STRING,
restockType: STRING, restock_type: STRING, location: {REF}, location_id: STRING, subtotal: STRING,
subtotalSet: {BAG}, subtotal_set: {BAG}, total_tax: STRING, totalTaxSet: {BAG},
total_tax_set: {BAG}>"""
REFUND_SHIPPING = f"STRUCT<id: STRING, subtotalAmountSet: {BAG}, taxAmountSet: {BAG}>"
REST_REFUND_SHIPPING = f"""STRUCT<id: STRING, subtotal_amount_set: {BAG}, tax_amount_set: {BAG}>"""
ADJUSTMENT = f"""STRUCT<id: STRING, kind: STRING, reason: STRING, amount: STRING,
tax_amount: STRING, amountSet: {BAG}, amount_set: {BAG}, taxAmountSet: {BAG}, tax_amount_set: {BAG}>
"""
REFUND = f"""STRUCT<id: STRING, createdAt: STRING, created_at: STRING, processedAt: STRING,
processed_at: STRING, note: STRING, refundLineItems: {connection(REFUND_LINE)},
refund_line_items: ARRAY<{REFUND_LINE}>, refundShippingLines: {connection(REFUND_SHIPPING)},
refund_shipping_lines: ARRAY<{REST_REFUND_SHIPPING}>,
orderAdjustments: {connection(ADJUSTMENT)}, order_adjustments: ARRAY<{ADJUSTMENT}>>"""
TRANSACTION = f"""STRUCT<id: STRING, kind: STRING, status: STRING, gateway: STRING,
createdAt: STRING, created_at: STRING, processedAt: STRING, processed_at: STRING, test: BOOLEAN,
authorizationCode: STRING, `authorization`: STRING, paymentId: STRING, payment_id: STRING,
receiptJson: STRING, receipt: STRING, parentTransaction: {REF}, parent_id: STRING,
amount: STRING, amountSet: {BAG}, amount_set: {BAG}>"""
TRACKING = "STRUCT<company: STRING, number: STRING>"
FULFILLMENT = f"""STRUCT<id: STRING, name: STRING, status: STRING, displayStatus: STRING,
shipment_status: STRING, createdAt: STRING, created_at: STRING, updatedAt: STRING,
updated_at: STRING, deliveredAt: STRING, estimatedDeliveryAt: STRING, inTransitAt: STRING,
location: {REF}, location_id: STRING, trackingInfo: ARRAY<{TRACKING}>, tracking_company: STRING,
tracking_number: STRING>"""
SCHEMA = f"""id STRING, name STRING, createdAt STRING, created_at STRING, processedAt STRING,
processed_at STRING, updatedAt STRING, updated_at STRING, cancelledAt STRING, cancelled_at STRING,
cancelReason STRING, cancel_reason STRING, closedAt STRING, closed_at STRING, test BOOLEAN,
currencyCode STRING, currency STRING, presentmentCurrencyCode STRING, presentment_currency STRING,
taxesIncluded BOOLEAN, taxes_included BOOLEAN, displayFinancialStatus STRING,
financial_status STRING, displayFulfillmentStatus STRING, fulfillment_status STRING,
sourceName STRING, source_name STRING, sourceIdentifier STRING, source_identifier STRING,
email STRING, customer STRUCT<id: STRING, email: STRING>,
shippingAddress STRUCT<provinceCode: STRING, countryCodeV2: STRING>,
shipping_address STRUCT<province_code: STRING, country_code: STRING>,
totalTaxSet {BAG}, total_tax_set {BAG}, total_tax STRING,
totalTipReceivedSet {BAG}, total_tip_received STRING,
originalTotalDutiesSet {BAG}, original_total_duties_set {BAG},
totalPriceSet {BAG}, total_price_set {BAG}, total_price STRING,
currentTotalPriceSet {BAG}, current_total_price_set {BAG}, current_total_price STRING,
lineItems {connection(LINE)}, line_items ARRAY<{LINE}>,
shippingLines {connection(SHIPPING)}, shipping_lines ARRAY<{SHIPPING}>, refunds ARRAY<{REFUND}>,
transactions ARRAY<{TRANSACTION}>, fulfillments ARRAY<{FULFILLMENT}>"""


def _total(items: str, amount: str) -> str:
    """Σ of a money expression over `x` of an array; 0 for none."""
    zero = "CAST(0 AS DECIMAL(18,2))"
    return (
        f"aggregate(coalesce({items}, array()), {zero}, "
        f"(sum, x) -> CAST(sum + coalesce({amount}, 0) AS DECIMAL(18,2)))"
    )


def _rate(items: str) -> str:
    return (
        f"aggregate(coalesce({items}, array()), 0.0D, "
        "(sum, x) -> sum + coalesce(try_cast(x.rate AS DOUBLE), 0.0D))"
    )


_TAX = bag("x.priceSet", "x.price_set", "x.price")
_LINES = f"""transform({nodes("r.lineItems", "r.line_items")}, l -> named_struct(
'line_id', {identifier("l.id")}, 'product_id', {identifier("l.product.id", "l.product_id")},
'variant_id', {identifier("l.variant.id", "l.variant_id")}, 'sku', {text("l.sku")},
'title', {text("l.title", "l.name")}, 'variant_title', {text("l.variantTitle", "l.variant_title")},
'vendor', l.vendor, 'quantity', l.quantity,
'current_quantity', coalesce(l.currentQuantity, l.current_quantity, l.quantity),
'gift_card', coalesce(l.isGiftCard, l.gift_card, false),
'unit_price', {bag("l.originalUnitPriceSet", "l.price_set", "l.price")},
'discount', {
    _total(
        "coalesce(l.discountAllocations, l.discount_allocations)",
        bag("x.allocatedAmountSet", "x.amount_set", "x.amount"),
    )
},
'tax', {_total("coalesce(l.taxLines, l.tax_lines)", _TAX)},
'tax_rate', {_rate("coalesce(l.taxLines, l.tax_lines)")}))"""
_SHIPPING_LINES = (
    f"filter({nodes('r.shippingLines', 'r.shipping_lines')}, "
    "s -> NOT coalesce(s.isRemoved, s.is_removed, false))"
)
_SHIPPING_PRICE = (
    "try_cast(coalesce(x.discountedPriceSet.shopMoney.amount, "
    "x.discounted_price_set.shop_money.amount, x.discounted_price, "
    "x.price_set.shop_money.amount, x.price) AS DECIMAL(18,2))"
)
_ADJUSTMENTS = nodes("f.orderAdjustments", "f.order_adjustments")
_ADJUSTED = bag("x.amountSet", "x.amount_set", "x.amount")
_ADJUSTED_TAX = bag("x.taxAmountSet", "x.tax_amount_set", "x.tax_amount")
_SHIPPING_KIND = "lower(coalesce(x.kind, '')) = 'shipping_refund'"
_REFUND_SHIPPING = nodes("f.refundShippingLines")
# Shopify signs an adjustment as it changes the order's total: -5.00 is five refunded.
_REFUNDS = f"""transform(r.refunds, f -> named_struct(
'refund_id', {identifier("f.id")},
'refunded_at', {time("f.processedAt", "f.processed_at", "f.createdAt", "f.created_at")},
'note', f.note,
'lines', transform({nodes("f.refundLineItems", "f.refund_line_items")}, l -> named_struct(
  'line_id', {identifier("l.lineItem.id", "l.line_item_id")}, 'quantity', l.quantity,
  'restock_type', lower(coalesce(l.restockType, l.restock_type)),
  'location_id', {identifier("l.location.id", "l.location_id")},
  'subtotal', coalesce({bag("l.subtotalSet", "l.subtotal_set", "l.subtotal")}, 0),
  'tax', coalesce({bag("l.totalTaxSet", "l.total_tax_set", "l.total_tax")}, 0))),
'adjustment', -{_total(_ADJUSTMENTS, f"IF({_SHIPPING_KIND}, 0, {_ADJUSTED})")},
'adjustment_tax', -{_total(_ADJUSTMENTS, _ADJUSTED_TAX)},
'shipping', CAST({
    _total(_REFUND_SHIPPING, "try_cast(x.subtotalAmountSet.shopMoney.amount AS DECIMAL(18,2))")
} - {_total(_ADJUSTMENTS, f"IF({_SHIPPING_KIND}, {_ADJUSTED}, 0)")} AS DECIMAL(18,2)),
'shipping_tax', {
    _total(_REFUND_SHIPPING, "try_cast(x.taxAmountSet.shopMoney.amount AS DECIMAL(18,2))")
}))"""
_TRANSACTIONS = f"""transform(r.transactions, t -> named_struct(
'transaction_id', {identifier("t.id")}, 'kind', lower(t.kind), 'status', lower(t.status),
'gateway', t.gateway,
'processed_at', {time("t.processedAt", "t.processed_at", "t.createdAt", "t.created_at")},
'amount', {bag("t.amountSet", "t.amount_set", "t.amount")},
'charge_id', regexp_extract(concat_ws(' ', t.authorizationCode, t.`authorization`, t.paymentId,
  t.payment_id, t.receiptJson, t.receipt), '(ch_[A-Za-z0-9]+|py_[A-Za-z0-9]+)', 1),
'parent_id', {identifier("t.parentTransaction.id", "t.parent_id")}))"""
_FULFILLMENTS = f"""transform(r.fulfillments, f -> named_struct(
'fulfillment_id', {identifier("f.id")}, 'name', f.name, 'status', lower(f.status),
'display_status', lower(coalesce(f.displayStatus, f.shipment_status)),
'created_at', {time("f.createdAt", "f.created_at")},
'updated_at', {time("f.updatedAt", "f.updated_at")},
'in_transit_at', {time("f.inTransitAt")}, 'delivered_at', {time("f.deliveredAt")},
'estimated_delivery_at', {time("f.estimatedDeliveryAt")},
'location_id', {identifier("f.location.id", "f.location_id")},
'carrier', {text("f.trackingInfo[0].company", "f.tracking_company")},
'tracking_number', {text("f.trackingInfo[0].number", "f.tracking_number")}))"""

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
        "fulfillment_status": "lower(coalesce(r.displayFulfillmentStatus, r.fulfillment_status))",
        "source_name": "coalesce(r.sourceName, r.source_name)",
        "source_identifier": "coalesce(r.sourceIdentifier, r.source_identifier)",
        "customer_id": identifier("r.customer.id"),
        "email_hash": hashed("coalesce(nullif(r.email, ''), r.customer.email)"),
        "country": "coalesce(r.shippingAddress.countryCodeV2, r.shipping_address.country_code)",
        "province": "coalesce(r.shippingAddress.provinceCode, r.shipping_address.province_code)",
        "total_price": bag("r.totalPriceSet", "r.total_price_set", "r.total_price"),
        "current_total_price": bag(
            "r.currentTotalPriceSet", "r.current_total_price_set", "r.current_total_price"
        ),
        "total_tax": f"coalesce({bag('r.totalTaxSet', 'r.total_tax_set', 'r.total_tax')}, 0)",
        "shipping": _total(_SHIPPING_LINES, _SHIPPING_PRICE),
        "shipping_tax": _total(
            f"flatten(transform({_SHIPPING_LINES}, s -> coalesce(s.taxLines, s.tax_lines)))", _TAX
        ),
        "tips": "coalesce(try_cast(coalesce(r.totalTipReceivedSet.shopMoney.amount, "
        "r.total_tip_received) AS DECIMAL(18,2)), 0)",
        "duties": f"coalesce({bag('r.originalTotalDutiesSet', 'r.original_total_duties_set')}, 0)",
        "lines": _LINES,
        "refunds": f"coalesce({_REFUNDS}, array())",
        "transactions": f"coalesce({_TRANSACTIONS}, array())",
        "fulfillments": f"coalesce({_FULFILLMENTS}, array())",
    },
    key=("order_id",),
    changed_at="updated_at",
    comment="One row a Shopify order; money in shop currency, times in UTC",
    expectations={
        "id is missing": "order_id IS NOT NULL AND order_id <> ''",
        "processed_at (or created_at) is missing or no time": "processed_at IS NOT NULL",
        "currency is missing": "length(currency) = 3",
        "line_items is missing": "lines IS NOT NULL",
        "a line has no readable price or quantity": "lines IS NULL OR NOT exists(lines, "
        "l -> l.unit_price IS NULL OR l.quantity IS NULL)",
        "a refund has no readable time": "NOT exists(refunds, f -> f.refunded_at IS NULL)",
    },
)
