"""Every silver table, in the order in which they are built."""

from spark_jobs.silver.table import Exploded, Table
from spark_jobs.silver.tables import (
    files,
    inventory,
    order_parts,
    shopify_catalog,
    shopify_customers,
    shopify_orders,
    stripe,
    subscriptions,
)

TABLES: tuple[Table, ...] = (
    shopify_orders.ORDERS,
    shopify_customers.CUSTOMERS,
    shopify_catalog.PRODUCTS,
    shopify_catalog.LOCATIONS,
    shopify_catalog.SHOP,
    inventory.LEVELS,
    inventory.HISTORY,
    inventory.COUNTS,
    stripe.CUSTOMERS,
    stripe.PAYMENT_INTENTS,
    stripe.CHARGES,
    stripe.REFUNDS,
    stripe.DISPUTES,
    stripe.BALANCE_TRANSACTIONS,
    stripe.PAYOUTS,
    subscriptions.SUBSCRIPTIONS,
    subscriptions.HISTORY,
    files.CLICKSTREAM,
    files.SHIPMENTS,
)
EXPLODED: tuple[Exploded, ...] = (
    order_parts.LINES,
    order_parts.REFUND_LINES,
    order_parts.TRANSACTIONS,
    order_parts.FULFILLMENTS,
    shopify_catalog.PRODUCT_VARIANTS,
)
EVERY: tuple[Table | Exploded, ...] = TABLES + EXPLODED
