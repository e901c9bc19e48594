"""gold.sales: sales as Shopify's reports count them, an entry an order, refund and cancellation.

Sources: DESIGN.md (gold names and meanings); Shopify's help, "Finances reports" and "Sales
reports". Refunds stand on their own day. Test orders and deleted orders do not count.
"""

from spark_jobs.gold.line_money import BACK, GROSS, NET, ZERO, money, total, units
from spark_jobs.gold.mart import CHANGED, Follow, Mart, Sources, Touch
from spark_jobs.gold.sql import CODES

_AMOUNTS = ("gross", "discounts", "returns", "shipping", "taxes", "duties", "tips")


def _entry(kind: str, refund_id: str, at: str, units: str = "0L", **amounts: str) -> str:
    values = ", ".join(
        f"'{name}', {money(amounts[name]) if name in amounts else ZERO}" for name in _AMOUNTS
    )
    return (
        f"named_struct('kind', '{kind}', 'refund_id', {refund_id}, 'at', {at}, "
        f"'units', {units}, {values})"
    )


def query(sources: Sources) -> str:
    """Amounts as they add to the day's totals: shipping, taxes, duties and tips of a refund are
    negative. A cancelled order counts as its sale and its return: what its refunds have not
    returned yet."""
    refund = _entry(
        "refund",
        "f.refund_id",
        "f.refunded_at",
        returns=f"{total('f.lines', BACK)} + f.adjustment",
        shipping="-(f.shipping - IF(taxes_included, f.shipping_tax, 0))",
        taxes=f"-({total('f.lines', 'x.tax')} + f.adjustment_tax + f.shipping_tax)",
        duties="-f.duties",
        tips="-f.tips",
    )
    order = _entry(
        "order",
        "''",
        "processed_at",
        "units",
        gross="gross",
        discounts="gross - net",
        shipping="untaxed_shipping",
        taxes="total_tax",
        duties="duties",
        tips="tips",
    )
    cancellation = _entry(
        "cancellation",
        "''",
        "cancelled_at",
        returns=f"greatest(net - {total('back', 'x.returns')}, 0)",
        shipping=f"-greatest(untaxed_shipping + {total('back', 'x.shipping')}, 0)",
        taxes=f"-greatest(total_tax + {total('back', 'x.taxes')}, 0)",
        duties=f"-greatest(duties + {total('back', 'x.duties')}, 0)",
        tips=f"-greatest(tips + {total('back', 'x.tips')}, 0)",
    )
    return f"""
    WITH sold AS (
      SELECT *, {units("lines")} AS units, {total("lines", GROSS)} AS gross,
        {total("lines", NET)} AS net,
        {money("shipping - IF(taxes_included, shipping_tax, 0)")} AS untaxed_shipping,
        transform(refunds, f -> {refund}) AS back
      FROM {sources.silver("orders")} WHERE NOT test AND NOT _deleted
    ),
    entries AS (
      SELECT order_id, currency, customer_id, coalesce(customer_id, email_hash) AS buyer,
        coalesce(country, '') AS country, coalesce(province, '') AS province,
        CASE WHEN size(discount_codes) > 0
            THEN array_join(array_sort({CODES}), ' + ')
          WHEN gross <> net OR shipping_discount > 0 THEN 'automatic'
          ELSE 'none' END AS discount,
        explode(concat(array({order}), back,
          IF(cancelled_at IS NULL, array(), array({cancellation})))) AS e
      FROM sold
    ),
    dated AS (
      SELECT order_id, e.kind, e.refund_id, e.at, {sources.day("e.at")} AS date, currency,
        customer_id, buyer, country, province, discount, e.units, e.gross AS gross_sales,
        e.discounts, e.returns, {money("e.gross - e.discounts - e.returns")} AS net_sales,
        e.shipping, e.taxes, e.duties, e.tips
      FROM entries{f" UNION ALL {sources.kept}" if sources.kept else ""}
    )
    SELECT order_id, kind, refund_id, at, date, currency, customer_id, buyer,
      IF(buyer IS NULL, NULL, min(IF(kind = 'order', date, NULL)) OVER (PARTITION BY buyer))
        AS first_date,
      IF(buyer IS NULL OR kind <> 'order', NULL, row_number() OVER (
        PARTITION BY buyer, kind ORDER BY at, order_id)) AS order_number,
      country, province, discount, units, gross_sales, discounts, returns, net_sales, shipping,
      taxes, duties, tips
    FROM dated
    """


def follow(sources: Sources) -> Follow:
    """A changed order gives its buyer's entries another first day and other numbers: all orders of
    the buyer are rewritten, the unchanged ones from what they were."""
    return Follow(
        key="coalesce(buyer, order_id)",
        touched={
            "silver.orders": Touch(
                "coalesce(customer_id, email_hash, order_id) AS key, order_id, test, _deleted, "
                "currency, customer_id, email_hash, country, province, discount_codes, "
                "processed_at, cancelled_at, taxes_included, lines, refunds, shipping, "
                "shipping_tax, shipping_discount, total_tax, duties, tips"
            )
        },
        needed={"silver.orders": CHANGED},
        kept="""
        SELECT order_id, kind, refund_id, at, date, currency, customer_id, buyer, country, province,
          discount, units, gross_sales, discounts, returns, net_sales, shipping, taxes, duties, tips
        FROM gold.sales LEFT ANTI JOIN silver.orders AS changed USING (order_id)
        WHERE coalesce(buyer, order_id) IN KEYS
        """,
    )


MART = Mart(name="sales", query=query, follow=follow)
