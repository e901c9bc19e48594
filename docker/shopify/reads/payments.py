"""Shopify Payments: payouts and balance transactions; null for a shop without an account."""

from typing import Any

from docker.shopify.execute import Context, resolves
from docker.shopify.listing import list_documents
from docker.shopify.pages import Page
from docker.shopify.search import Filter
from docker.shopify.store import Document, gid_number

PAYOUT_FILTERS = {
    "id": Filter("number", lambda d: gid_number(d["id"])),
    "issued_at": Filter("time", lambda d: d["issuedAt"]),
    "status": Filter("text", lambda d: d["status"]),
}
TRANSACTION_FILTERS = {
    "id": Filter("number", lambda d: gid_number(d["id"])),
    "processed_at": Filter("time", lambda d: d["transactionDate"]),
    "transaction_type": Filter("text", lambda d: d["type"]),
    "payments_transfer_id": Filter(
        "number", lambda d: gid_number((d.get("associatedPayout") or {}).get("id") or "")
    ),
}


@resolves("QueryRoot", "shopifyPaymentsAccount")
@resolves("Shop", "shopifyPaymentsAccount")
def account(context: Context, _: Any, __: dict[str, Any]) -> Any:
    return next(context.store.all("ShopifyPaymentsAccount"), None)


@resolves("ShopifyPaymentsAccount", "payouts")
def payouts(context: Context, _: Any, arguments: dict[str, Any]) -> Page:
    return list_documents(
        context,
        "ShopifyPaymentsPayout",
        arguments,
        PAYOUT_FILTERS,
        {"ISSUED_AT": lambda d: d["issuedAt"]},
        "ISSUED_AT",
        context.service.zone,
    )


@resolves("ShopifyPaymentsAccount", "balanceTransactions")
def balance_transactions(context: Context, _: Any, arguments: dict[str, Any]) -> Page:
    return list_documents(
        context,
        "ShopifyPaymentsBalanceTransaction",
        arguments,
        TRANSACTION_FILTERS,
        {"PROCESSED_AT": lambda d: d["transactionDate"]},
        "PROCESSED_AT",
        context.service.zone,
    )


@resolves("ShopifyPaymentsPayout", "legacyResourceId")
def legacy_id(context: Context, source: Document, _: dict[str, Any]) -> str:
    return str(gid_number(source["id"]))
