"""SQL of a line's money, `x` being a line of an order, and of what an order's refunds gave back."""

ZERO = "CAST(0 AS DECIMAL(18,2))"
ORIGINAL = "x.unit_price * x.quantity"
# Where prices include tax, a line's share without tax is what is left of its discounted total once
# its tax lines are taken off; of a line that is discounted to nothing, what the rates leave.
_UNTAXED_SHARE = f"""CASE
  WHEN NOT taxes_included THEN CAST(1 AS DECIMAL(38,18))
  WHEN {ORIGINAL} - x.discount > 0
    THEN CAST(({ORIGINAL} - x.discount - x.tax) AS DECIMAL(38,18))
         / CAST(({ORIGINAL} - x.discount) AS DECIMAL(18,2))
  ELSE CAST(1 / (1 + x.tax_rate) AS DECIMAL(38,18)) END"""
# Exact to the cent: what was paid for the line without tax. The discount is the difference.
NET = f"IF(taxes_included, {ORIGINAL} - x.discount - x.tax, {ORIGINAL} - x.discount)"
_SHARE = f"{ORIGINAL} * ({_UNTAXED_SHARE})"
# Of currencies without decimals (ISO 4217) a share is whole, as what was paid is.
_WHOLE = f"""taxes_included AND currency IN ('BIF','CLP','DJF','GNF','ISK','JPY','KMF','KRW','PYG',
'RWF','UGX','VND','VUV','XAF','XOF','XPF') AND {NET} = round({NET}, 0)"""
GROSS = f"IF({_WHOLE}, round({_SHARE}, 0), round({_SHARE}, 2))"
# Of a refund's line `x`, without tax.
BACK = "x.subtotal - IF(taxes_included, x.tax, 0)"


def money(amount: str) -> str:
    return f"CAST({amount} AS DECIMAL(18,2))"


def total(items: str, amount: str) -> str:
    """Σ of an amount over the items `x` of an array; 0 for none."""
    return f"aggregate({items}, {ZERO}, (sum, x) -> {money(f'sum + coalesce({amount}, 0)')})"


def units(items: str) -> str:
    return f"aggregate({items}, 0L, (sum, x) -> sum + x.quantity)"
