"""Access scopes: what each type asks for, and Shopify's refusal of a field without it.

The refusal's words are those of recorded answers (`tests/real`). A field asks for the scope of the
type that it leads to, wherever it stands; `write_x` includes `read_x`.
"""

from collections.abc import Callable
from typing import Any

from docker.shopify.errors import ApiError

DOCUMENTATION = "https://shopify.dev/api/usage/access-scopes"
READS = {
    "AbandonedCheckout": "read_orders",
    "Collection": "read_products",
    "Customer": "read_customers",
    "DiscountNode": "read_discounts",
    "DraftOrder": "read_draft_orders",
    "FulfillmentOrder": "read_merchant_managed_fulfillment_orders",
    "GiftCard": "read_gift_cards",
    "InventoryItem": "read_inventory",
    "InventoryLevel": "read_inventory",
    "Location": "read_locations",
    "Market": "read_markets",
    "Order": "read_orders",
    "PriceList": "read_products",
    "Product": "read_products",
    "ProductVariant": "read_products",
    "Return": "read_returns",
    "ShopifyPaymentsAccount": "read_shopify_payments_accounts",
    "ShopifyPaymentsBalanceTransaction": "read_shopify_payments_payouts",
    "ShopifyPaymentsPayout": "read_shopify_payments_payouts",
}
COUNTS = {
    "abandonedCheckoutsCount": "AbandonedCheckout",
    "collectionsCount": "Collection",
    "customersCount": "Customer",
    "discountNodesCount": "DiscountNode",
    "draftOrdersCount": "DraftOrder",
    "giftCardsCount": "GiftCard",
    "ordersCount": "Order",
    "productVariantsCount": "ProductVariant",
    "productsCount": "Product",
}
WRITTEN = ("customers", "draft_orders", "fulfillments", "inventory", "locations", "orders")
WRITTEN += ("merchant_managed_fulfillment_orders", "products", "gift_cards", "discounts")
ALL = frozenset(READS.values()) | {"read_all_orders", "read_fulfillments"}
ALL |= {f"write_{name}" for name in WRITTEN}
Resolver = Callable[[Any, Any, dict[str, Any]], Any]


def scope_of(parent: str, field: str, kind: str) -> str | None:
    """The scope that a field of type `kind` (or a connection of it) asks for."""
    if parent == "QueryRoot" and field in COUNTS:
        return READS[COUNTS[field]]
    return READS.get(kind.removesuffix("Connection"))


def granted(scope: str, scopes: frozenset[str]) -> bool:
    return scope in scopes or scope.replace("read_", "write_", 1) in scopes


def guarded(scope: str, field: str, nullable: bool, resolver: Resolver | None) -> Resolver:
    """The resolver, behind a check of the shop's scopes.

    A refused field is null with an error beside the data; where null is not allowed the error
    goes up to the root field.
    """

    def resolve(context: Any, source: Any, arguments: dict[str, Any]) -> Any:
        if granted(scope, context.service.scopes):
            return resolver(context, source, arguments) if resolver else source.get(field)
        refusal = _refusal(field, scope)
        if not nullable or source is None:
            raise refusal
        entry = {"message": refusal.message, "path": [*context.path, field]}
        entry["extensions"] = refusal.extensions
        if entry not in context.errors:
            context.errors.append(entry)
        return None

    return resolve


def _refusal(field: str, scope: str) -> ApiError:
    required = f"`{scope}` access scope."
    return ApiError(
        f"Access denied for {field} field. Required access: {required}",
        "ACCESS_DENIED",
        documentation=DOCUMENTATION,
        requiredAccess=required,
    )
