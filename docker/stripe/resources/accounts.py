"""The one account that the key belongs to, its bank account, its balance."""

import copy

from docker.stripe import lists
from docker.stripe.call import Call
from docker.stripe.errors import StripeError, invalid_request
from docker.stripe.objects import new_object
from docker.stripe.store import Body, Store

ACCOUNT_ID = "acct_3EcommLocalStore0001"
BANK_ACCOUNT_ID = "ba_3EcommLocalStore000000001"
OPENED = 1577836800  # 2020-01-01: before any activity that a stage may want to show
NOTHING_DUE: Body = {
    "alternatives": [],
    "current_deadline": None,
    "currently_due": [],
    "disabled_reason": None,
    "errors": [],
    "eventually_due": [],
    "past_due": [],
    "pending_verification": [],
}
SETTINGS: Body = {
    "bacs_debit_payments": {"display_name": None, "service_user_number": None},
    "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
    "card_issuing": {"tos_acceptance": {"date": None, "ip": None}},
    "card_payments": {
        "decline_on": {"avs_failure": False, "cvc_failure": False},
        "statement_descriptor_prefix": None,
        "statement_descriptor_prefix_kana": None,
        "statement_descriptor_prefix_kanji": None,
    },
    "dashboard": {"display_name": "ecomm local store", "timezone": "Etc/UTC"},
    "invoices": {"default_account_tax_ids": None, "hosted_payment_method_save": None},
    "payments": {
        "statement_descriptor": "ECOMM",
        "statement_descriptor_kana": None,
        "statement_descriptor_kanji": None,
    },
    "payouts": {
        "debit_negative_balances": True,
        "schedule": {"delay_days": 2, "interval": "daily"},
        "statement_descriptor": None,
    },
    "sepa_debit_payments": {},
}


def open_account(store: Store) -> None:
    """An empty store gets its account and the bank account that payouts go to."""
    if store.get("account", ACCOUNT_ID):
        return
    bank = new_object(
        "bank_account",
        OPENED,
        id=BANK_ACCOUNT_ID,
        account=ACCOUNT_ID,
        account_holder_type="company",
        bank_name="STRIPE TEST BANK",
        country="US",
        currency="usd",
        default_for_currency=True,
        fingerprint="fpStripeTestBank",
        last4="6789",
        metadata={},
        routing_number="110000000",
        status="new",
    )
    account = new_object(
        "account",
        OPENED,
        id=ACCOUNT_ID,
        business_type="company",
        capabilities={"card_payments": "active", "transfers": "active"},
        charges_enabled=True,
        controller={"type": "account"},
        country="US",
        default_currency="usd",
        details_submitted=True,
        email="owner@store.example",
        external_accounts={
            "object": "list",
            "data": [bank],
            "has_more": False,
            "url": f"/v1/accounts/{ACCOUNT_ID}/external_accounts",
        },
        future_requirements=copy.deepcopy(NOTHING_DUE),
        payouts_enabled=True,
        requirements=copy.deepcopy(NOTHING_DUE),
        settings=SETTINGS,
        tos_acceptance={"date": None, "ip": None, "user_agent": None},
        type="standard",
    )
    store.insert("bank_account", bank)
    store.insert("account", account)


def own(call: Call) -> Body:
    return call.find("account", ACCOUNT_ID)


def retrieve(call: Call) -> Body:
    """Stripe does not say whether another account exists."""
    id_ = call.ids["account"]
    if id_ == ACCOUNT_ID:
        return own(call)
    message = (
        f"The provided key does not have access to account '{id_}' (or that account does not "
        "exist). Application access may have been revoked."
    )
    raise StripeError(
        403, {"message": message, "type": "invalid_request_error", "code": "account_invalid"}
    )


def list_(call: Call) -> bytes:
    """Connected accounts: this account has none."""
    return lists.page(call, "account", ("id <> ?", [ACCOUNT_ID]))


def balance(call: Call) -> Body:
    """What was paid in and not yet paid out, available and pending, a currency each."""
    sums = call.store.db.execute(
        "SELECT json_extract(body, '$.currency') AS currency, json_extract(body, '$.status'), "
        "sum(json_extract(body, '$.net')) FROM balance_transaction GROUP BY 1, 2"
    ).fetchall()
    known = {(currency, status): amount for currency, status, amount in sums}
    currencies = sorted({currency for currency, _ in known} | {"usd"})

    def amounts(status: str) -> list[Body]:
        found = [(currency, known.get((currency, status), 0)) for currency in currencies]
        return [{"amount": a, "currency": c, "source_types": {"card": a}} for c, a in found]

    body = {"object": "balance", "available": amounts("available"), "livemode": False}
    return body | {"pending": amounts("pending")}


def list_transactions(call: Call) -> bytes:
    """Which transactions a payout took out Stripe only knows of automatic ones."""
    id_ = call.params.get("payout")
    if id_ and not call.find("payout", id_, "payout")["automatic"]:
        message = (
            "Balance transaction history can only be filtered on automatic transfers, not manual."
        )
        raise invalid_request(message)
    return lists.page(call, "balance_transaction")


def retrieve_transaction(call: Call) -> Body:
    return call.target("balance_transaction")
