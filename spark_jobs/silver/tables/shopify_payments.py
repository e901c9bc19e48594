"""silver.shopify_payouts and .shopify_balance_transactions: Shopify Payments to the bank."""

from spark_jobs.silver.sql import MONEY, REF, amount, identifier, time
from spark_jobs.silver.table import Table

_SUMMARY = {
    "charges": "chargesGross",
    "charges_fee": "chargesFee",
    "refunds": "refundsFeeGross",
    "refunds_fee": "refundsFee",
    "adjustments": "adjustmentsGross",
    "adjustments_fee": "adjustmentsFee",
    "reserved": "reservedFundsGross",
    "reserved_fee": "reservedFundsFee",
    "retried": "retriedPayoutsGross",
    "retried_fee": "retriedPayoutsFee",
}

PAYOUTS = Table(
    name="shopify_payouts",
    streams=("shopify_payouts",),
    schema=f"""id STRING, issuedAt STRING, status STRING, transactionType STRING, gross {MONEY},
    net {MONEY}, summary STRUCT<{", ".join(f"{name}: {MONEY}" for name in _SUMMARY.values())}>""",
    columns={
        "payout_id": identifier("r.id"),
        "issued_at": time("r.issuedAt"),
        "status": "lower(r.status)",
        "type": "lower(r.transactionType)",
        "currency": "r.net.currencyCode",
        "gross": amount("r.gross"),
        "net": amount("r.net"),
        **{name: amount(f"r.summary.{field}") for name, field in _SUMMARY.items()},
    },
    key=("payout_id",),
    # It has no time of change: the later reading wins.
    changed_at="issued_at",
    comment="One row a payout of Shopify Payments; money in the payout's currency",
    expectations={
        "id is missing": "payout_id <> ''",
        "issuedAt is missing": "issued_at IS NOT NULL",
    },
    enums=("status",),
    meanings={
        "issued_at": "When it was sent",
        "type": "deposit, withdrawal",
        "currency": "Of the bank account, which all its money is in",
        "gross": "Before fees",
        "net": "What reaches the bank",
        "charges": "Buyers' payments in it",
        "refunds": "Money given back in it",
        "adjustments": "Corrections and disputes in it",
        "reserved": "Money held back or set free in it",
        "retried": "Of payouts that failed before",
        **{
            f"{name}_fee": f"Shopify's fees on {name}"
            for name in ("charges", "refunds", "adjustments", "reserved", "retried")
        },
    },
)

BALANCE_TRANSACTIONS = Table(
    name="shopify_balance_transactions",
    streams=("shopify_balance_transactions",),
    schema=f"""id STRING, type STRING, test BOOLEAN, transactionDate STRING, sourceId STRING,
    sourceType STRING, sourceOrderTransactionId STRING, adjustmentReason STRING, amount {MONEY},
    fee {MONEY}, net {MONEY}, associatedOrder {REF},
    associatedPayout STRUCT<id: STRING, status: STRING>""",
    columns={
        "balance_transaction_id": identifier("r.id"),
        "processed_at": time("r.transactionDate"),
        "type": "lower(r.type)",
        "test": "coalesce(r.test, false)",
        "source_id": identifier("r.sourceId"),
        "source_type": "lower(r.sourceType)",
        "order_id": identifier("r.associatedOrder.id"),
        "transaction_id": identifier("r.sourceOrderTransactionId"),
        "reason": "r.adjustmentReason",
        "currency": "r.amount.currencyCode",
        "amount": amount("r.amount"),
        "fee": amount("r.fee"),
        "net": amount("r.net"),
        "payout_id": identifier("r.associatedPayout.id"),
        "payout_status": "lower(r.associatedPayout.status)",
    },
    key=("balance_transaction_id",),
    # Its payout is decided later, and it has no time of change: the later reading wins.
    changed_at="processed_at",
    comment="One row a movement on the balance of Shopify Payments, in the balance's currency",
    expectations={
        "id is missing": "balance_transaction_id <> ''",
        "transactionDate is missing": "processed_at IS NOT NULL",
    },
    enums=("type", "payout_status"),
    meanings={
        "source_id": "What moved the money",
        "source_type": "Its kind",
        "transaction_id": "The order's transaction, as in order_transactions",
        "reason": "Why it was corrected",
        "currency": "Of the balance, which all its money is in",
        "amount": "Before fees; below 0 leaves the balance",
        "fee": "Shopify's fee",
        "net": "What it changes the balance by",
        "payout_status": "State of its payout when it was read",
    },
)
