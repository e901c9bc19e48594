"""The GraphQL documents that the tests speak; each is valid on the official schemas."""

PRODUCT_SET = """
mutation SetProduct($input: ProductSetInput!) {
  productSet(synchronous: true, input: $input) {
    product {
      id title handle status totalInventory createdAt updatedAt
      variants(first: 10) { nodes { id title sku price inventoryQuantity
        inventoryItem { id sku tracked unitCost { amount currencyCode } } } }
    }
    userErrors { field message code }
  }
}"""
PRODUCT_CREATE = """
mutation CreateProduct($product: ProductCreateInput!) {
  productCreate(product: $product) {
    product { id title options { name values } variants(first: 5) { nodes { id title } } }
    userErrors { field message }
  }
}"""
VARIANTS_CREATE = """
mutation CreateVariants($productId: ID!, $variants: [ProductVariantsBulkInput!]!) {
  productVariantsBulkCreate(productId: $productId, variants: $variants) {
    productVariants { id title sku price inventoryQuantity }
    userErrors { field message code }
  }
}"""
LOCATION_ADD = """
mutation AddLocation($input: LocationAddInput!) {
  locationAdd(input: $input) { location { id name } userErrors { field message code } }
}"""
SET_QUANTITIES = """
mutation SetStock($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { reason changes { name delta quantityAfterChange } }
    userErrors { field message code }
  }
}"""
CUSTOMER_CREATE = """
mutation CreateCustomer($input: CustomerInput!) {
  customerCreate(input: $input) {
    customer { id email firstName displayName tags numberOfOrders amountSpent { amount }
      defaultAddress { city provinceCode countryCodeV2 } }
    userErrors { field message }
  }
}"""
CUSTOMER_SET = """
mutation SetCustomer($input: CustomerSetInput!, $identifier: CustomerSetIdentifiers) {
  customerSet(input: $input, identifier: $identifier) {
    customer { id email note } userErrors { field message code }
  }
}"""
BAGS = "{ shopMoney { amount currencyCode } }"
ORDER_FIELDS = f"""
  id name processedAt createdAt updatedAt displayFinancialStatus displayFulfillmentStatus
  cancelledAt cancelReason closed test tags sourceIdentifier taxesIncluded discountCodes
  currentTotalPriceSet {BAGS} totalPriceSet {BAGS} subtotalPriceSet {BAGS} totalTaxSet {BAGS}
  currentSubtotalPriceSet {BAGS} currentTotalTaxSet {BAGS} totalShippingPriceSet {BAGS}
  totalDiscountsSet {BAGS} totalReceivedSet {BAGS} netPaymentSet {BAGS} totalRefundedSet {BAGS}
  totalOutstandingSet {BAGS}
  customer {{ id numberOfOrders amountSpent {{ amount }} }}
  lineItems(first: 10) {{ nodes {{ id title quantity currentQuantity sku
    originalUnitPriceSet {BAGS} originalTotalSet {BAGS} variant {{ id }} product {{ id }}
    discountAllocations {{ allocatedAmountSet {BAGS}
      discountApplication {{ __typename ... on DiscountCodeApplication {{ code }} }} }}
    taxLines {{ title rate priceSet {BAGS} }} }} }}
  shippingLines(first: 5) {{ nodes {{ title discountedPriceSet {BAGS} }} }}
  transactions {{ id kind status gateway processedAt amountSet {BAGS} parentTransaction {{ id }}
    receiptJson }}
  fulfillmentOrders(first: 5) {{ nodes {{ id status
    lineItems(first: 10) {{ nodes {{ id remainingQuantity lineItem {{ id }} }} }} }} }}
  fulfillments {{ id status createdAt trackingInfo {{ company number url }} }}
  refunds {{ id createdAt totalRefundedSet {BAGS} }}
"""
ORDER_CREATE = f"""
mutation CreateOrder($order: OrderCreateOrderInput!, $options: OrderCreateOptionsInput) {{
  orderCreate(order: $order, options: $options) {{
    order {{ {ORDER_FIELDS} }}
    userErrors {{ field message code }}
  }}
}}"""
ORDER = f"query ReadOrder($id: ID!) {{ order(id: $id) {{ {ORDER_FIELDS} }} }}"
FULFILLMENT_CREATE = """
mutation Fulfill($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) {
    fulfillment { id status name trackingInfo { company number url }
      fulfillmentLineItems(first: 10) { nodes { quantity lineItem { id } } } }
    userErrors { field message }
  }
}"""
REFUND_CREATE = f"""
mutation Refund($input: RefundInput!, $key: String!) {{
  refundCreate(input: $input) @idempotent(key: $key) {{
    refund {{ id createdAt processedAt note totalRefundedSet {BAGS}
      refundLineItems(first: 10) {{ nodes {{ id quantity restockType restocked
        subtotalSet {BAGS} totalTaxSet {BAGS} priceSet {BAGS} lineItem {{ id }} }} }}
      refundShippingLines(first: 5) {{ nodes {{ subtotalAmountSet {BAGS} taxAmountSet {BAGS} }} }}
      orderAdjustments(first: 5) {{ nodes {{ reason amountSet {BAGS} }} }}
      transactions(first: 5) {{ nodes {{ id kind status gateway amountSet {BAGS} }} }} }}
    order {{ id displayFinancialStatus }}
    userErrors {{ field message }}
  }}
}}"""
ORDER_CANCEL = """
mutation Cancel($orderId: ID!, $reason: OrderCancelReason!, $restock: Boolean!,
    $refundMethod: OrderCancelRefundMethodInput) {
  orderCancel(orderId: $orderId, reason: $reason, restock: $restock, refundMethod: $refundMethod) {
    job { id done } orderCancelUserErrors { field message code }
  }
}"""
ORDERS = """
query PageOrders($first: Int, $after: String, $query: String, $sortKey: OrderSortKeys) {
  orders(first: $first, after: $after, query: $query, sortKey: $sortKey) {
    nodes { id name updatedAt processedAt } pageInfo { hasNextPage endCursor }
  }
}"""
LEVELS = """
query Levels($id: ID!) {
  inventoryItem(id: $id) { id updatedAt inventoryLevels(first: 5) { nodes { id updatedAt
    location { id name }
    quantities(names: ["available", "on_hand", "committed", "incoming", "reserved"]) {
      name quantity } } } }
}"""
