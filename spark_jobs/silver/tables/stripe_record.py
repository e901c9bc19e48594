"""What Stripe's objects have in common."""

from spark_jobs.silver.sql import cents, identifier

EXPECTED = {"id is missing": "length(id) > 0", "created is missing": "created_at IS NOT NULL"}
# Stripe's own limit is 99,999,999.99; what cannot be read would count as nothing.
MONEY = {
    "amount is missing or too large": "abs(amount) < 1000000000000",
    "currency is missing": "length(currency) = 3",
}
METADATA = "metadata STRUCT<shopify_order_id: STRING, shopify_customer_id: STRING>"
ORDER_ID = f"nullif({identifier('r.metadata.shopify_order_id')}, '')"
CUSTOMER_ID = f"nullif({identifier('r.metadata.shopify_customer_id')}, '')"


def amounts(*names: str) -> dict[str, str]:
    """Columns of the record's amounts, in units of its currency."""
    return {name: cents(f"r.{name}", "r.currency") for name in names}
