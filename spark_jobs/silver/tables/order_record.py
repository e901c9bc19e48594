"""The fields of a Shopify order that silver reads: GraphQL's keys and REST's side by side."""

from spark_jobs.silver.sql import BAG, PRESENTED, connection

TAX_LINE = f"STRUCT<title: STRING, rate: STRING, price: STRING, priceSet: {BAG}, price_set: {BAG}>"
REF = "STRUCT<id: STRING>"
ALLOCATION = f"STRUCT<amount: STRING, allocatedAmountSet: {BAG}, amount_set: {BAG}>"
LINE = f"""STRUCT<id: STRING, title: STRING, name: STRING, variantTitle: STRING,
variant_title: STRING, sku: STRING, vendor: STRING, quantity: BIGINT, currentQuantity: BIGINT,
current_quantity: BIGINT, tip_payment_gateway: STRING, tip_payment_method: STRING,
isGiftCard: BOOLEAN, gift_card: BOOLEAN, requiresShipping: BOOLEAN,
requires_shipping: BOOLEAN, product: {REF}, product_id: STRING, variant: {REF}, variant_id: STRING,
price: STRING, originalUnitPriceSet: {BAG}, price_set: {BAG},
discountAllocations: ARRAY<{ALLOCATION}>, discount_allocations: ARRAY<{ALLOCATION}>,
taxLines: ARRAY<{TAX_LINE}>, tax_lines: ARRAY<{TAX_LINE}>>"""
SHIPPING = f"""STRUCT<id: STRING, title: STRING, price: STRING, discounted_price: STRING,
isRemoved: BOOLEAN, is_removed: BOOLEAN, originalPriceSet: {BAG}, discountedPriceSet: {BAG},
discountAllocations: ARRAY<{ALLOCATION}>, discount_allocations: ARRAY<{ALLOCATION}>,
discounted_price_set: {BAG}, price_set: {BAG}, taxLines: ARRAY<{TAX_LINE}>,
tax_lines: ARRAY<{TAX_LINE}>>"""
REFUND_LINE = f"""STRUCT<id: STRING, quantity: BIGINT, lineItem: {REF}, line_item_id: STRING,
restockType: STRING, restock_type: STRING, location: {REF}, location_id: STRING, subtotal: STRING,
subtotalSet: {BAG}, subtotal_set: {BAG}, total_tax: STRING, totalTaxSet: {BAG},
total_tax_set: {BAG}>"""
REFUND_SHIPPING = f"""STRUCT<id: STRING, subtotalAmountSet: {BAG}, subtotal_amount_set: {BAG},
taxAmountSet: {BAG}, tax_amount_set: {BAG}>"""
ADJUSTMENT = f"""STRUCT<id: STRING, kind: STRING, reason: STRING, amount: STRING,
tax_amount: STRING, amountSet: {BAG}, amount_set: {BAG}, taxAmountSet: {BAG}, tax_amount_set: {BAG}>
"""
REFUND = f"""STRUCT<id: STRING, createdAt: STRING, created_at: STRING, processedAt: STRING,
processed_at: STRING, note: STRING, refundLineItems: {connection(REFUND_LINE)},
refund_line_items: ARRAY<{REFUND_LINE}>, refundShippingLines: {connection(REFUND_SHIPPING)},
refund_shipping_lines: ARRAY<{REFUND_SHIPPING}>,
duties: ARRAY<STRUCT<amountSet: {BAG}, amount_set: {BAG}>>,
orderAdjustments: {connection(ADJUSTMENT)}, order_adjustments: ARRAY<{ADJUSTMENT}>>"""
TRANSACTION = f"""STRUCT<id: STRING, kind: STRING, status: STRING, gateway: STRING,
createdAt: STRING, created_at: STRING, processedAt: STRING, processed_at: STRING, test: BOOLEAN,
authorizationCode: STRING, `authorization`: STRING, paymentId: STRING, payment_id: STRING,
receiptJson: STRING, receipt: STRING, parentTransaction: {REF}, parent_id: STRING,
errorCode: STRING, error_code: STRING,
amount: STRING, amountSet: {PRESENTED}, amount_set: {PRESENTED}>"""
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
payment_gateway_names ARRAY<STRING>,
discountCodes ARRAY<STRING>, discount_codes ARRAY<STRUCT<code: STRING>>,
shippingAddress STRUCT<provinceCode: STRING, countryCodeV2: STRING>,
shipping_address STRUCT<province_code: STRING, country_code: STRING>,
totalTaxSet {BAG}, total_tax_set {BAG}, total_tax STRING,
totalTipReceivedSet {BAG}, total_tip_received STRING,
originalTotalDutiesSet {BAG}, original_total_duties_set {BAG},
totalPriceSet {PRESENTED}, total_price_set {PRESENTED}, total_price STRING,
currentTotalPriceSet {BAG}, current_total_price_set {BAG}, current_total_price STRING,
lineItems {connection(LINE)}, line_items ARRAY<{LINE}>,
shippingLines {connection(SHIPPING)}, shipping_lines ARRAY<{SHIPPING}>, refunds ARRAY<{REFUND}>,
transactions ARRAY<{TRANSACTION}>, fulfillments ARRAY<{FULFILLMENT}>"""
