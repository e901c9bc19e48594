"""silver.discounts with their codes, and silver.gift_cards."""

from spark_jobs.silver.sql import (
    MONEY,
    REF,
    amount,
    connection,
    identifier,
    items,
    nodes,
    text,
    time,
)
from spark_jobs.silver.table import Exploded, Table

_CODE = "STRUCT<id: STRING, code: STRING, asyncUsageCount: BIGINT>"
DISCOUNTS = Table(
    name="discounts",
    streams=("shopify_discounts",),
    schema=f"""id STRING, discount STRUCT<__typename: STRING, title: STRING, status: STRING,
    summary: STRING, createdAt: STRING, updatedAt: STRING, startsAt: STRING, endsAt: STRING,
    discountClasses: ARRAY<STRING>, usageLimit: BIGINT, appliesOncePerCustomer: BOOLEAN,
    asyncUsageCount: BIGINT, codes: {connection(_CODE)}>""",
    columns={
        "discount_id": identifier("r.id"),
        "method": "lower(regexp_extract(r.discount.__typename, '^Discount(Code|Automatic)', 1))",
        "kind": "lower(regexp_replace(r.discount.__typename, '^Discount(Code|Automatic)', ''))",
        "title": "r.discount.title",
        "status": "lower(r.discount.status)",
        "summary": text("r.discount.summary"),
        "classes": "transform(r.discount.discountClasses, x -> lower(x))",
        "starts_at": time("r.discount.startsAt"),
        "ends_at": time("r.discount.endsAt"),
        "usage_limit": "r.discount.usageLimit",
        "once_per_customer": "r.discount.appliesOncePerCustomer",
        "uses": "r.discount.asyncUsageCount",
        "codes": items(
            nodes("r.discount.codes"),
            {
                "code_id": identifier("x.id"),
                "code": "x.code",
                "uses": "x.asyncUsageCount",
            },
        ),
        "created_at": time("r.discount.createdAt"),
        "updated_at": time("r.discount.updatedAt"),
    },
    key=("discount_id",),
    changed_at="updated_at",
    comment="One row a discount, by code or automatic",
    expectations={"id is missing": "discount_id <> ''"},
    enums=("status", "kind"),
    meanings={
        "method": "code, automatic",
        "kind": "basic, bxgy (buy x, get y), freeshipping, app",
        "summary": "What it gives, in Shopify's words",
        "classes": "What it lowers: product, order, shipping",
        "usage_limit": "How often it may be used in all; NULL is without end",
        "once_per_customer": "Whether a customer may use it once only",
        "uses": "How often it was used; Shopify counts a moment behind",
        "codes": "Its codes, each with its own uses",
    },
)

DISCOUNT_CODES = Exploded(
    name="discount_codes",
    parent="discounts",
    parent_key="discount_id",
    key=("discount_id", "code_id"),
    source="SELECT discount_id, title, status, c.* FROM parent LATERAL VIEW explode(codes) AS c",
    comment="One row a code of a discount",
    meanings={"uses": "How often this code was used", "title": "The discount's title"},
)

GIFT_CARDS = Table(
    name="gift_cards",
    streams=("shopify_gift_cards",),
    schema=f"""id STRING, enabled BOOLEAN, createdAt STRING, updatedAt STRING,
    deactivatedAt STRING, expiresOn STRING, balance {MONEY}, initialValue {MONEY},
    customer {REF}, `order` {REF}""",
    columns={
        "gift_card_id": identifier("r.id"),
        "enabled": "r.enabled",
        "currency": "r.initialValue.currencyCode",
        "initial_value": amount("r.initialValue"),
        "balance": amount("r.balance"),
        "expires_on": "try_cast(r.expiresOn AS DATE)",
        "deactivated_at": time("r.deactivatedAt"),
        "customer_id": identifier("r.customer.id"),
        "order_id": identifier("r.`order`.id"),
        "created_at": time("r.createdAt"),
        "updated_at": time("r.updatedAt"),
    },
    key=("gift_card_id",),
    changed_at="updated_at",
    comment="One row a gift card with what is left on it",
    expectations={"id is missing": "gift_card_id <> ''"},
    personal=("customer_id",),
    meanings={
        "enabled": "Whether it can be used",
        "initial_value": "What it was sold with",
        "balance": "What is left on it",
        "expires_on": "Its last day; NULL is never",
        "deactivated_at": "When it was taken out of use",
        "order_id": "The order in which it was bought",
    },
)
