"""Identifiers that look like Stripe's: a prefix, a digit, random letters."""

import secrets
import string

ALPHABET = (string.ascii_letters + string.digits).encode()
BYTE_TO_LETTER = bytes(ALPHABET[byte % len(ALPHABET)] for byte in range(256))
PREFIXES = {
    "customer": "cus",
    "payment_method": "pm",
    "payment_intent": "pi",
    "charge": "ch",
    "refund": "re",
    "balance_transaction": "txn",
    "payout": "po",
    "dispute": "dp",
    "product": "prod",
    "price": "price",
    "event": "evt",
    "webhook_endpoint": "we",
    "bank_account": "ba",
    "account": "acct",
    "subscription": "sub",
    "subscription_item": "si",
    "invoice": "in",
    "invoiceitem": "ii",
    "invoice_payment": "inpay",
    "line_item": "il",
    "checkout_session": "cs",
    "item": "li",
}
KINDS = {prefix: kind for kind, prefix in PREFIXES.items()}
SHORT = {"customer", "product", "subscription_item"}  # carry 14 letters, the others 24


def new_id(kind: str) -> str:
    if kind in SHORT:
        return f"{PREFIXES[kind]}_{token(14)}"
    if kind == "checkout_session":
        return f"cs_test_a1{token(56)}"
    return f"{PREFIXES[kind]}_3{token(23)}"


def kind_of(id_: str) -> str | None:
    """The kind of object that an id names, by its prefix."""
    return KINDS.get(id_.partition("_")[0])


def token(length: int) -> str:
    return secrets.token_bytes(length).translate(BYTE_TO_LETTER).decode()
