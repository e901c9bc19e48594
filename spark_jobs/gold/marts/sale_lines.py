"""gold.sale_lines: the entries of gold.sales split by product.

What Shopify ties to no line (a goodwill refund, a refund beyond the lines) has no product. Each
entry of gold.sales is the sum of its rows here, to the cent.
"""

from spark_jobs.gold.line_money import BACK, GROSS, NET, ZERO, money, total, units
from spark_jobs.gold.mart import CHANGED, Follow, Mart, Sources, Touch

_AMOUNTS = ("gross", "discounts", "returns")
# Lines of all refunds that give back line `x`; named b, because `x` is taken.
_OF_LINE = "filter(flatten(transform(refunds, f -> f.lines)), b -> b.line_id = l.line_id)"


def _entry(kind: str, at: str, line: str | None, **values: str) -> str:
    """line: name of the line that has the product, None for none."""
    product, variant = (
        (f"coalesce({line}.product_id, '')", f"coalesce({line}.variant_id, '')")
        if line
        else ("''", "''")
    )
    amounts = ", ".join(
        f"'{name}', {money(values[name]) if name in values else ZERO}" for name in _AMOUNTS
    )
    return (
        f"named_struct('kind', '{kind}', 'at', {at}, 'product_id', {product}, "
        f"'variant_id', {variant}, 'units', {values.get('units', '0L')}, {amounts}, "
        f"'returned_units', {values.get('returned_units', '0L')})"
    )


def query(sources: Sources) -> str:
    """A row a line sold, refunded or cancelled, and a row for what has no product."""
    sold = _entry(
        "order",
        "processed_at",
        "l",
        units="l.quantity",
        gross="l.gross",
        discounts="l.gross - l.net",
    )
    refunded = _entry(
        "refund",
        "f.refunded_at",
        "get(filter(priced, l -> l.line_id = x.line_id), 0)",
        returns=BACK,
        returned_units="x.quantity",
    )
    adjusted = _entry("refund", "f.refunded_at", None, returns="f.adjustment")
    cancelled = _entry(
        "cancellation",
        "cancelled_at",
        "l",
        returns="l.left",
        returned_units="greatest(l.quantity - l.back_units, 0)",
    )
    rest = _entry(
        "cancellation",
        "cancelled_at",
        None,
        returns=f"greatest({total('priced', 'x.net')} - {total('given', 'x.returns')}, 0) "
        f"- {total('priced', 'x.left')}",
    )
    return f"""
    WITH sold AS (
      SELECT *, transform(lines, x -> named_struct('line_id', x.line_id, 'product_id', x.product_id,
        'variant_id', x.variant_id, 'quantity', x.quantity, 'gross', {money(GROSS)},
        'net', {money(NET)})) AS bare
      FROM {sources.silver("orders")} WHERE NOT test AND NOT _deleted
    ),
    priced AS (
      SELECT *, transform(bare, l -> named_struct('line_id', l.line_id, 'product_id', l.product_id,
        'variant_id', l.variant_id, 'quantity', l.quantity, 'gross', l.gross, 'net', l.net,
        'left', {money(f"greatest(l.net - {total(_OF_LINE, BACK)}, 0)")},
        'back_units', {units(_OF_LINE)})) AS priced FROM sold
    ),
    returned AS (
      SELECT *, flatten(transform(refunds, f -> concat(transform(f.lines, x -> {refunded}),
        IF(f.adjustment = 0, array(), array({adjusted}))))) AS given FROM priced
    ),
    entries AS (
      SELECT order_id, currency, explode(concat(transform(priced, l -> {sold}), given,
        IF(cancelled_at IS NULL, array(),
          concat(transform(priced, l -> {cancelled}), array({rest}))))) AS e
      FROM returned
    )
    SELECT order_id, e.kind, e.at, {sources.day("e.at")} AS date, currency, e.product_id,
      e.variant_id, e.units, e.gross AS gross_sales, e.discounts, e.returns,
      {money("e.gross - e.discounts - e.returns")} AS net_sales, e.returned_units
    FROM entries WHERE e.kind <> 'cancellation' OR e.returns <> 0 OR e.returned_units <> 0
    """


def follow(sources: Sources) -> Follow:
    """An order's rows depend on the order alone."""
    return Follow(
        key="order_id",
        touched={
            "silver.orders": Touch(
                "order_id AS key, test, _deleted, currency, processed_at, cancelled_at, "
                "taxes_included, lines, refunds"
            )
        },
        needed={"silver.orders": CHANGED},
    )


MART = Mart(name="sale_lines", query=query, follow=follow)
