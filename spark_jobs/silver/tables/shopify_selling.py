"""silver.draft_orders and silver.abandoned_checkouts: sales that may come."""

from spark_jobs.silver.sql import (
    GRAPHQL_BAG,
    REF,
    connection,
    hashed,
    identifier,
    items,
    money,
    nodes,
    text,
    time,
)
from spark_jobs.silver.table import Table

_LINE = f"""STRUCT<id: STRING, title: STRING, variantTitle: STRING, sku: STRING, quantity: BIGINT,
custom: BOOLEAN, product: {REF}, variant: {REF}, originalUnitPriceSet: {GRAPHQL_BAG},
discountedTotalSet: {GRAPHQL_BAG}, discountedTotalPriceSet: {GRAPHQL_BAG}>"""
_ADDRESS = "shippingAddress STRUCT<provinceCode: STRING, countryCodeV2: STRING>"
_TOTALS = ", ".join(
    f"{name} {GRAPHQL_BAG}"
    for name in (
        *("subtotalPriceSet", "totalDiscountsSet", "totalDiscountSet", "totalShippingPriceSet"),
        *("totalTaxSet", "totalPriceSet"),
    )
)
_COMMON = f"""id STRING, name STRING, status STRING, createdAt STRING, updatedAt STRING,
completedAt STRING, taxesIncluded BOOLEAN, customer {REF}, {_ADDRESS}, {_TOTALS},
lineItems {connection(_LINE)}"""


def _shop(name: str) -> str:
    return money(f"r.{name}.shopMoney.amount")


def _lines(discounted: str) -> str:
    return items(
        nodes("r.lineItems"),
        {
            "line_id": identifier("x.id"),
            "product_id": identifier("x.product.id"),
            "variant_id": identifier("x.variant.id"),
            "sku": text("x.sku"),
            "title": "x.title",
            "quantity": "x.quantity",
            "unit_price": money("x.originalUnitPriceSet.shopMoney.amount"),
            "discounted_total": money(f"x.{discounted}.shopMoney.amount"),
        },
    )


_WHO_AND_WHERE = {
    "customer_id": identifier("r.customer.id"),
    "country": "r.shippingAddress.countryCodeV2",
    "province": "r.shippingAddress.provinceCode",
    "taxes_included": "coalesce(r.taxesIncluded, false)",
}
_LINES_MEANING = "Its lines; money in the shop's currency, discounted_total of the whole line"

DRAFT_ORDERS = Table(
    name="draft_orders",
    streams=("shopify_draft_orders",),
    schema=f"""{_COMMON}, invoiceSentAt STRING, email STRING, currencyCode STRING,
    presentmentCurrencyCode STRING, `order` {REF}""",
    columns={
        "draft_order_id": identifier("r.id"),
        "name": "r.name",
        "status": "lower(r.status)",
        "created_at": time("r.createdAt"),
        "updated_at": time("r.updatedAt"),
        "completed_at": time("r.completedAt"),
        "invoice_sent_at": time("r.invoiceSentAt"),
        "order_id": identifier("r.`order`.id"),
        **_WHO_AND_WHERE,
        "email_hash": hashed("r.email"),
        "currency": "r.currencyCode",
        "presentment_currency": "r.presentmentCurrencyCode",
        "subtotal": _shop("subtotalPriceSet"),
        "discounts": _shop("totalDiscountsSet"),
        "shipping": _shop("totalShippingPriceSet"),
        "tax": _shop("totalTaxSet"),
        "total": _shop("totalPriceSet"),
        "presentment_total": money("r.totalPriceSet.presentmentMoney.amount"),
        "lines": _lines("discountedTotalSet"),
    },
    key=("draft_order_id",),
    changed_at="updated_at",
    comment="One row an order that was written down and not placed yet",
    expectations={"id is missing": "draft_order_id <> ''"},
    personal=("customer_id", "email_hash"),
    enums=("status",),
    meanings={
        "completed_at": "When it became an order",
        "order_id": "The order that it became",
        "invoice_sent_at": "When its invoice was mailed",
        "lines": _LINES_MEANING,
    },
)

ABANDONED_CHECKOUTS = Table(
    name="abandoned_checkouts",
    streams=("shopify_abandoned_checkouts",),
    schema=f"{_COMMON}, discountCodes ARRAY<STRING>, lineItemsQuantity BIGINT",
    columns={
        "checkout_id": identifier("r.id"),
        "name": "r.name",
        "created_at": time("r.createdAt"),
        "updated_at": time("r.updatedAt"),
        "completed_at": time("r.completedAt"),
        **_WHO_AND_WHERE,
        "discount_codes": "coalesce(r.discountCodes, array())",
        "currency": "r.totalPriceSet.shopMoney.currencyCode",
        "presentment_currency": "r.totalPriceSet.presentmentMoney.currencyCode",
        "units": "r.lineItemsQuantity",
        "subtotal": _shop("subtotalPriceSet"),
        "discounts": _shop("totalDiscountSet"),
        "tax": f"coalesce({_shop('totalTaxSet')}, 0)",
        "total": _shop("totalPriceSet"),
        "presentment_total": money("r.totalPriceSet.presentmentMoney.amount"),
        "lines": _lines("discountedTotalPriceSet"),
    },
    key=("checkout_id",),
    changed_at="updated_at",
    comment="One row a checkout that was left before it was paid",
    expectations={"id is missing": "checkout_id <> ''"},
    personal=("customer_id",),
    meanings={
        "completed_at": "When the buyer came back and paid",
        "units": "How many things were in it",
        "lines": _LINES_MEANING,
    },
)
