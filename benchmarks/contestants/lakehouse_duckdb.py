"""Landing → bronze → silver → gold in DuckDB's SQL, tables written by `deltalake`."""

import sys
from pathlib import Path

import duckdb
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from lakehouse_steps import NEWER, Clock, Row, check_counts, manifests, play

LANDING, LAKE = Path(sys.argv[1]), Path(sys.argv[2])
BRONZE, SILVER, GOLD = (str(LAKE / name) for name in ("bronze", "silver", "gold"))
RUNS = str(LAKE / "runs")
BATCH = 100_000
HEAD = """{"_id":"VARCHAR","_source":"VARCHAR","_stream":"VARCHAR","_api_version":"VARCHAR",
"_extracted_at":"TIMESTAMPTZ","_run_id":"VARCHAR","_deleted":"BOOLEAN"}"""
BAG = '{"shopMoney":{"amount":"DECIMAL(18,2)"}}'
LINE = f"""{{"id":"VARCHAR","title":"VARCHAR","sku":"VARCHAR","quantity":"BIGINT",
"originalUnitPriceSet":{BAG},"discountAllocations":[{{"allocatedAmountSet":{BAG}}}],
"taxLines":[{{"rate":"DOUBLE","priceSet":{BAG}}}],"product":{{"id":"VARCHAR"}},
"variant":{{"id":"VARCHAR"}}}}"""
REFUND = f"""{{"id":"VARCHAR","createdAt":"TIMESTAMPTZ","refundLineItems":{{"nodes":[{{
"lineItem":{{"id":"VARCHAR"}},"quantity":"BIGINT","subtotalSet":{BAG},"totalTaxSet":{BAG}}}]}},
"orderAdjustments":{{"nodes":[{{"amountSet":{BAG},"taxAmountSet":{BAG}}}]}}}}"""
TRANSACTION = f"""{{"id":"VARCHAR","kind":"VARCHAR","status":"VARCHAR","gateway":"VARCHAR",
"processedAt":"TIMESTAMPTZ","amountSet":{BAG}}}"""
RECORD = f"""{{"id":"VARCHAR","name":"VARCHAR","createdAt":"TIMESTAMPTZ",
"processedAt":"TIMESTAMPTZ","updatedAt":"TIMESTAMPTZ","cancelledAt":"TIMESTAMPTZ",
"test":"BOOLEAN","currencyCode":"VARCHAR","taxesIncluded":"BOOLEAN",
"displayFinancialStatus":"VARCHAR","displayFulfillmentStatus":"VARCHAR","email":"VARCHAR",
"customer":{{"id":"VARCHAR"}},"discountCodes":["VARCHAR"],
"shippingAddress":{{"provinceCode":"VARCHAR","countryCodeV2":"VARCHAR"}},
"totalTaxSet":{BAG},"totalPriceSet":{BAG},"lineItems":{{"nodes":[{LINE}]}},
"shippingLines":{{"nodes":[{{"id":"VARCHAR","discountedPriceSet":{BAG}}}]}},
"refunds":[{REFUND}],"transactions":[{TRANSACTION}]}}"""


def identifier(path: str) -> str:
    return f"regexp_extract({path}, '[^/]+$')"


def amount(bag: str) -> str:
    return f"{bag}.shopMoney.amount"


def total(items: str, value: str) -> str:
    """Σ over the items `x` of a list; 0 for none."""
    added = f"list_sum(list_transform({items}, lambda x: {value}))"
    return f"coalesce({added}, 0)::DECIMAL(18,2)"


TYPED = f"""
SELECT {identifier("r.id")} AS order_id, r.name AS order_name, r.createdAt AS created_at,
  r.processedAt AS processed_at, r.updatedAt AS updated_at, r.cancelledAt AS cancelled_at,
  r.test, r.currencyCode AS currency, r.taxesIncluded AS taxes_included,
  lower(r.displayFinancialStatus) AS financial_status,
  lower(r.displayFulfillmentStatus) AS fulfillment_status,
  {identifier("r.customer.id")} AS customer_id, sha256(lower(trim(r.email))) AS email_hash,
  r.shippingAddress.countryCodeV2 AS country, r.shippingAddress.provinceCode AS province,
  {amount("r.totalPriceSet")} AS total_price, {amount("r.totalTaxSet")} AS total_tax,
  {total("r.shippingLines.nodes", amount("x.discountedPriceSet"))} AS shipping,
  r.discountCodes AS discount_codes,
  list_transform(r.lineItems.nodes, lambda l: {{'line_id': {identifier("l.id")},
    'product_id': {identifier("l.product.id")}, 'variant_id': {identifier("l.variant.id")},
    'sku': l.sku, 'title': l.title, 'quantity': l.quantity,
    'unit_price': {amount("l.originalUnitPriceSet")},
    'discount': {total("l.discountAllocations", amount("x.allocatedAmountSet"))},
    'tax': {total("l.taxLines", amount("x.priceSet"))},
    'tax_rate': coalesce(list_sum(list_transform(l.taxLines, lambda x: x.rate)), 0)}}) AS lines,
  list_transform(r.refunds, lambda f: {{'refund_id': {identifier("f.id")},
    'refunded_at': f.createdAt,
    'lines': list_transform(f.refundLineItems.nodes, lambda l: {{
      'line_id': {identifier("l.lineItem.id")}, 'quantity': l.quantity,
      'subtotal': {amount("l.subtotalSet")}, 'tax': {amount("l.totalTaxSet")}}}),
    'adjustment': -{total("f.orderAdjustments.nodes", amount("x.amountSet"))},
    'adjustment_tax': -{total("f.orderAdjustments.nodes", amount("x.taxAmountSet"))}}}) AS refunds,
  list_transform(r.transactions, lambda t: {{'transaction_id': {identifier("t.id")},
    'kind': lower(t.kind), 'status': lower(t.status), 'gateway': t.gateway,
    'processed_at': t.processedAt, 'amount': {amount("t.amountSet")}}}) AS transactions,
  _deleted, coalesce(r.updatedAt, _extracted_at) AS _changed_at, _extracted_at,
  (hash(record) >> 1)::BIGINT AS _hash, _run_id
FROM (SELECT *, from_json(record, '{RECORD}') AS r FROM (BRONZE))
"""
LAST = f"""SELECT * FROM ({TYPED}) QUALIFY row_number() OVER (
PARTITION BY order_id ORDER BY _changed_at DESC, _extracted_at DESC, _hash DESC) = 1"""

# Cents, so that every rounding is the platform's: a price's share without tax to six places first.
PRICE = "(x.unit_price * 100)::BIGINT * x.quantity"
CUT, TAX = "(x.discount * 100)::BIGINT", "(x.tax * 100)::BIGINT"
GROSS = f"""CASE WHEN NOT taxes_included THEN {PRICE}
WHEN {PRICE} > {CUT} THEN ((2 * {PRICE} * ({PRICE} - {CUT} - {TAX}) * 10000 + {PRICE} - {CUT})
  // (2 * ({PRICE} - {CUT})) + 5000) // 10000
ELSE round({PRICE} / (1 + x.tax_rate))::BIGINT END"""
NET = f"{PRICE} - {CUT} - IF(taxes_included, {TAX}, 0)"


def cents(items: str, value: str) -> str:
    return f"coalesce(list_sum(list_transform({items}, lambda x: {value})), 0)::BIGINT"


BACK = "((x.subtotal - IF(taxes_included, x.tax, 0)) * 100)::BIGINT"
NAMES = ("gross", "discounts", "returns", "shipping", "taxes")
DAILY = f"""
WITH sold AS (
  SELECT *, {cents("lines", "x.quantity")} AS units, {cents("lines", GROSS)} AS gross,
    {cents("lines", NET)} AS net, (shipping * 100)::BIGINT AS carried,
    (total_tax * 100)::BIGINT AS taxed, coalesce(customer_id, email_hash) AS buyer,
    list_transform(refunds, lambda f: {{'moment': f.refunded_at,
      'returns': {cents("f.lines", BACK)} + (f.adjustment * 100)::BIGINT,
      'taxes': -({cents("f.lines", "(x.tax * 100)::BIGINT")} + (f.adjustment_tax * 100)::BIGINT)
    }}) AS back
  FROM (SILVER) WHERE NOT test AND NOT _deleted
),
entries AS (
  SELECT currency, buyer, true AS placed, processed_at AS moment, units, gross,
    gross - net AS discounts, 0 AS returns, carried AS shipping, taxed AS taxes FROM sold
  UNION ALL
  SELECT currency, buyer, false, b.moment, 0, 0, 0, b.returns, 0, b.taxes
  FROM (SELECT currency, buyer, unnest(back) AS b FROM sold)
  UNION ALL
  SELECT currency, buyer, false, cancelled_at, 0, 0, 0,
    greatest(net - {cents("back", "x.returns")}, 0), -greatest(carried, 0),
    -greatest(taxed + {cents("back", "x.taxes")}, 0)
  FROM sold WHERE cancelled_at IS NOT NULL
),
dated AS (
  SELECT *, (moment AT TIME ZONE 'America/New_York')::DATE AS date FROM entries
),
firsts AS (SELECT buyer, min(date) AS first_date FROM dated WHERE placed GROUP BY buyer),
sums AS (
  SELECT date, currency, count(*) FILTER (placed) AS orders, sum(units) AS units,
    {", ".join(f"sum({name}) AS {name}" for name in NAMES)},
    count(DISTINCT buyer) FILTER (placed AND date = first_date) AS new_customers,
    count(DISTINCT buyer) FILTER (placed AND date > first_date) AS returning_customers
  FROM dated LEFT JOIN firsts USING (buyer) GROUP BY date, currency
),
days AS (
  SELECT currency, unnest(generate_series(min(date), max(date), INTERVAL 1 DAY))::DATE AS date
  FROM sums GROUP BY currency
),
daily AS (
  SELECT date, currency,
    {", ".join(f"coalesce({n}, 0)::BIGINT AS {n}" for n in ("orders", "units", *NAMES))},
    coalesce(new_customers, 0) AS new_customers,
    coalesce(returning_customers, 0) AS returning_customers
  FROM days LEFT JOIN sums USING (date, currency)
),
seen AS (
  SELECT *, gross - discounts - returns AS net,
    lag(gross - discounts - returns) OVER day AS before,
    sum(gross - discounts - returns) OVER week AS week, count(*) OVER week AS days
  FROM daily WINDOW day AS (PARTITION BY currency ORDER BY date),
    week AS (PARTITION BY currency ORDER BY date ROWS BETWEEN 6 PRECEDING AND CURRENT ROW)
)
SELECT date, currency, orders, units, MONEY(gross) AS gross_sales, MONEY(discounts) AS discounts,
  MONEY(returns) AS returns, MONEY(net) AS net_sales, MONEY(shipping) AS shipping,
  MONEY(taxes) AS taxes, MONEY(0) AS duties, MONEY(0) AS tips,
  MONEY(net + shipping + taxes) AS total_sales,
  IF(orders > 0, MONEY(ROUNDED(gross - discounts, orders)), NULL) AS average_order_value,
  new_customers, returning_customers,
  IF(before <> 0, (ROUNDED((net - before) * 10000, abs(before)) / 10000)::DECIMAL(18,4), NULL)
    AS net_sales_growth,
  MONEY(ROUNDED(ROUNDED(week * 10000, days), 10000)) AS net_sales_7d_avg
FROM seen ORDER BY date, currency
"""


def connection() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = false")
    con.execute("CREATE MACRO money(cents) AS (cents / 100)::DECIMAL(18,2)")
    con.execute(
        "CREATE MACRO rounded(n, d) AS sign(n)::BIGINT * ((2 * abs(n) + d) // (2 * d))::BIGINT"
    )
    return con


def files(table: str) -> str:
    return f"SELECT * FROM read_parquet({DeltaTable(table).file_uris()})"


def bring_up(con: duckdb.DuckDBPyConnection, clock: Clock) -> None:
    first = not DeltaTable.is_deltatable(SILVER)
    with clock("bronze"):
        runs = _bronze(con)
    with clock("silver"):
        wanted = ", ".join(f"'{run}'" for run in runs)
        bronze = f"{files(BRONZE)} WHERE _run_id IN ({wanted})"
        new = con.sql(LAST.replace("BRONZE", bronze)).fetch_arrow_reader(BATCH)
        if first:
            write_deltalake(SILVER, new)
        else:
            merge = DeltaTable(SILVER).merge(
                new, "old.order_id = new.order_id", source_alias="new", target_alias="old"
            )
            merge.when_matched_update_all(NEWER).when_not_matched_insert_all().execute()
    with clock("gold"):
        daily = con.sql(DAILY.replace("SILVER", files(SILVER))).fetch_arrow_reader(BATCH)
        write_deltalake(GOLD, daily, mode="overwrite")


def _bronze(con: duckdb.DuckDBPyConnection) -> list[str]:
    known = set()
    if DeltaTable.is_deltatable(RUNS):
        known = {row[0] for row in con.sql(f"SELECT run_id FROM ({files(RUNS)})").fetchall()}
    waiting = manifests(LANDING, known)
    paths = [str(LANDING / file["path"]) for manifest in waiting for file in manifest["files"]]
    mark = ',"record":'
    lines = con.sql(f"""
      SELECT unnest(from_json(substr(value, 1, cut - 1) || '}}', '{HEAD}')),
        substr(value, cut + {len(mark)}, length(value) - cut - {len(mark)}) AS record,
        filename AS _file, now() AS _ingested_at
      FROM (SELECT json::VARCHAR AS value, instr(json::VARCHAR, '{mark}') AS cut, filename
            FROM read_ndjson_objects({paths}, filename = true))
    """)
    runs = [manifest["run_id"] for manifest in waiting]
    once = CommitProperties(app_transactions=[Transaction(run, 1) for run in runs])
    write_deltalake(BRONZE, lines.fetch_arrow_reader(BATCH), mode="append", commit_properties=once)
    held = con.sql(f"SELECT _run_id, count(*) FROM ({files(BRONZE)}) GROUP BY _run_id").fetchall()
    check_counts(waiting, dict(held))
    ledger = ", ".join(f"('{manifest['run_id']}', {manifest['rows']})" for manifest in waiting)
    reader = con.sql(f"SELECT * FROM (VALUES {ledger}) AS t(run_id, rows)").fetch_arrow_reader()
    write_deltalake(RUNS, reader, mode="append")
    return runs


def daily_revenue(con: duckdb.DuckDBPyConnection) -> list[Row]:
    found = con.sql(f"SELECT COLUMNS(*)::VARCHAR FROM ({files(GOLD)}) ORDER BY date, currency")
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


if __name__ == "__main__":
    con = connection()
    play(lambda clock: bring_up(con, clock), lambda: daily_revenue(con))
