"""A shop of two years as bronze tables, made by Spark itself: orders, their charges and the rest.

Everything follows from a record's number, so that a changed record is the same record with another
version. Order numbers rise with time: the last ones are the recent ones.
"""

from dataclasses import dataclass

from spark_jobs.bronze.ingest import COLUMNS, LEDGER
from spark_jobs.lakehouse import Lakehouse

DAYS = 730
FIRST = "TIMESTAMP '2024-11-01 05:00:00'"
ISO = "yyyy-MM-dd\\'T\\'HH:mm:ss\\'Z\\'"
SESSIONS = 4  # an order
EVENTS = 3  # a session
GZIP = 10  # times smaller than the records
LISTED_IN = ", 'payout', concat('po_', (created + 259200) div 86400)"


@dataclass(frozen=True)
class Shop:
    """orders: how many the shop had before anything changes."""

    orders: int

    @property
    def variants(self) -> int:
        return max(20, self.orders // 200)

    @property
    def facts(self) -> str:
        """Columns of an order by its number `i` and version `v` (0: as first pulled)."""
        return f"""
        timestampadd(SECOND, CAST(i * {DAYS * 86400 / self.orders} AS INT), {FIRST}) AS at,
        pmod(hash(i, 1), {self.orders * 2 // 5}) AS customer, 1 + pmod(hash(i, 2), 4) AS pieces,
        pmod(hash(i, 3), 100) < 8 OR v > 0 AS refunded, pmod(hash(i, 4), 100) < 2 AS cancelled,
        pmod(hash(i, 5), 100) AS dice
        """


def _facts(shop: Shop, ids: str, version: int) -> str:
    return f"SELECT i, {shop.facts} FROM (SELECT id AS i, {version} AS v FROM ({ids}))"


def _iso(at: str) -> str:
    return f"date_format({at}, '{ISO}')"


def _order(shop: Shop, ids: str, version: int) -> str:
    variant = f"pmod(hash(i, n, 6), {shop.variants})"
    return f"""
    WITH o AS (SELECT i, v, {shop.facts} FROM (SELECT id AS i, {version} AS v FROM ({ids}))),
    lined AS (
      SELECT *, transform(sequence(1, pieces), n -> named_struct('id', i * 10 + n, 'title',
        concat('Thing ', {variant}), 'sku', concat('SKU-', {variant}), 'variant_id', {variant},
        'product_id', {variant} div 4, 'quantity', 1 + pmod(hash(i, n, 7), 2),
        'price', CAST(CAST(5 + {variant} / 7 AS DECIMAL(9,2)) AS STRING),
        'tax_lines', array(named_struct('title', 'Sales tax', 'rate', '0.08',
          'price', CAST(CAST((5 + {variant} / 7) * 0.08 AS DECIMAL(9,2)) AS STRING))),
        'discount_allocations', IF(dice < 20, array(named_struct('amount', '1.00')), array())))
        AS items
      FROM o
    )
    SELECT CAST(i AS STRING) AS id, to_json(named_struct(
      'id', i, 'name', concat('#', i), 'created_at', {_iso("at")}, 'processed_at', {_iso("at")},
      'updated_at', {_iso(f"timestampadd(DAY, 800 + {version}, {FIRST})")}, 'currency', 'USD',
      'customer', named_struct('id', customer), 'email', concat('c', customer, '@example.com'),
      'shipping_address', named_struct('country_code', 'US', 'province_code',
        element_at(array('NY', 'CA', 'TX', 'WA', 'FL'), 1 + dice % 5)),
      'cancelled_at', IF(cancelled, {_iso("timestampadd(DAY, 2, at)")}, NULL),
      'total_price', '60.00', 'total_tax', '4.00', 'line_items', items,
      'discount_codes', IF(dice < 20, array(named_struct('code', concat('CODE', dice % 5))),
        array()),
      'shipping_lines', array(named_struct('id', i, 'price', '5.00', 'discounted_price', '5.00')),
      'refunds', IF(refunded, array(named_struct('id', i * 10, 'created_at',
        {_iso(f"timestampadd(DAY, 5 + {version}, at)")}, 'note', element_at(
          array('too small', 'broken', 'late'), 1 + dice % 3),
        'refund_line_items', array(named_struct('line_item_id', items[0].id, 'quantity', 1,
          'subtotal', items[0].price, 'total_tax', '0.40', 'restock_type', 'return')))), array()),
      'transactions', array(named_struct('id', i, 'kind', 'sale', 'status', 'success', 'gateway',
        'stripe', 'amount', '60.00', 'payment_id', concat('ch_', i))),
      'fulfillments', array(named_struct('id', i, 'status', 'success', 'shipment_status',
        'delivered', 'created_at', {_iso("timestampadd(HOUR, 20, at)")}, 'tracking_company', 'UPS',
        'tracking_number', concat('T', i)))
      )) AS record FROM lined
    """


def _charge(shop: Shop, ids: str, version: int) -> str:
    return f"""
    SELECT concat('ch_', i) AS id, to_json(named_struct('id', concat('ch_', i), 'created',
      unix_timestamp(at), 'amount', 6000, 'amount_captured', 6000,
      'amount_refunded', IF(refunded, 500, 0), 'currency', 'usd', 'status', 'succeeded',
      'captured', true, 'refunded', false, 'metadata', named_struct('shopify_order_id',
      CAST(i AS STRING)))) AS record
    FROM ({_facts(shop, ids, version)})
    """


def _refund(shop: Shop, ids: str, version: int) -> str:
    return f"""
    SELECT concat('re_', i) AS id, to_json(named_struct('id', concat('re_', i), 'created',
      unix_timestamp(at) + 432000, 'amount', 500, 'currency', 'usd', 'status', 'succeeded',
      'charge', concat('ch_', i), 'reason', 'requested_by_customer')) AS record
    FROM ({_facts(shop, ids, version)}) WHERE refunded
    """


def _balance(shop: Shop, ids: str, version: int, payout: str = "") -> str:
    """payout: SQL of one more field, where the rows are those of a payout's list."""
    return """
    SELECT id, to_json(named_struct('id', id, 'created', created, 'available_on',
      created + 172800, 'amount', amount, 'fee', fee, 'net', amount - fee, 'currency', 'usd',
      'type', type, 'source', source PAYOUT)) AS record FROM (
      SELECT concat('txn_', i) AS id, unix_timestamp(at) AS created, 6000 AS amount, 204 AS fee,
        'charge' AS type, concat('ch_', i) AS source, refunded FROM f
      UNION ALL SELECT concat('txr_', i), unix_timestamp(at) + 432000, -500, 0, 'refund',
        concat('re_', i), refunded FROM f WHERE refunded
    )
    """.replace("FROM f", f"FROM ({_facts(shop, ids, version)})").replace("PAYOUT", payout)


def _payouts() -> str:
    return f"""
    SELECT concat('po_', day) AS id, to_json(named_struct('id', concat('po_', day), 'created',
      day * 86400, 'arrival_date', day * 86400, 'amount', 100000, 'currency', 'usd', 'status',
      'paid', 'automatic', true)) AS record
    FROM (SELECT CAST(unix_timestamp({FIRST}) / 86400 + id AS BIGINT) AS day
          FROM range(1, {DAYS + 10}))
    """


def _levels(shop: Shop) -> str:
    """A state of each item every ten days."""
    return f"""
    SELECT CAST(id AS STRING) AS id, to_json(named_struct('id', CAST(id AS STRING), 'updatedAt',
      {_iso(f"timestampadd(DAY, CAST(id div {shop.variants} AS INT) * 10, {FIRST})")},
      'location', named_struct('id', 'L1', 'name', 'Main'), 'item', named_struct('id',
      concat('I', id % {shop.variants}), 'sku', concat('SKU-', id % {shop.variants}),
      'tracked', true,
      'variant', named_struct('id', CAST(id % {shop.variants} AS STRING))),
      'quantities', array(named_struct('name', 'available', 'quantity', pmod(hash(id), 200)),
        named_struct('name', 'on_hand', 'quantity', pmod(hash(id), 200))))) AS record
    FROM range({shop.variants * DAYS // 10})
    """


def _products(shop: Shop) -> str:
    return f"""
    SELECT CAST(id AS STRING) AS id, to_json(named_struct('id', CAST(id AS STRING), 'title',
      concat('Product ', id), 'updatedAt', '2024-11-01T00:00:00Z', 'variants', named_struct('nodes',
      transform(sequence(0, 3), n -> named_struct('id', CAST(id * 4 + n AS STRING), 'title',
        concat('V', n), 'sku', concat('SKU-', id * 4 + n), 'inventoryItem', named_struct('unitCost',
        named_struct('amount', '2.50'))))))) AS record
    FROM range({shop.variants // 4})
    """


def _clicks(ids: str) -> str:
    return f"""
    SELECT concat(i, '-', s, '-', e) AS id, to_json(named_struct('timestamp', {_iso("at")},
      'session_id', concat(i, '-', s), 'event', element_at(array('product_viewed',
      'product_added_to_cart', 'checkout_started'), e))) AS record
    FROM (SELECT id AS i, timestampadd(MINUTE, CAST(id * {{minutes}} AS INT), {FIRST}) AS at
          FROM ({ids})) LATERAL VIEW explode(sequence(1, {SESSIONS})) AS s
    LATERAL VIEW explode(sequence(1, {EVENTS})) AS e
    """


def found(lake: Lakehouse, shop: Shop) -> None:
    """The shop before anything changes."""
    lake.create("bronze", "manifests", LEDGER)
    every = f"SELECT id FROM range({shop.orders})"
    _orders(lake, shop, every, 0, "r0")
    _land(lake, "stripe", "payouts", _payouts(), "r0")
    _land(lake, "shopify", "inventory_levels", _levels(shop), "r0")
    _land(lake, "shopify", "products", _products(shop), "r0")
    minutes = str(DAYS * 1440 / shop.orders)
    clicks = _clicks(every).replace("{minutes}", minutes)
    _land(lake, "files", "clickstream", clicks, "r0")


def change(lake: Lakehouse, shop: Shop, new: int, changed: str, run: str) -> None:
    """`new` orders after the last, and a refund of each order that the SQL `changed` selects."""
    if new:
        _orders(lake, shop, f"SELECT id FROM range({shop.orders}, {shop.orders + new})", 0, run)
    _orders(lake, shop, changed, 1, f"{run}b")


def _orders(lake: Lakehouse, shop: Shop, ids: str, version: int, run: str) -> None:
    _land(lake, "files", "shopify_orders", _order(shop, ids, version), run)
    _land(lake, "stripe", "charges", _charge(shop, ids, version), run)
    _land(lake, "stripe", "refunds", _refund(shop, ids, version), run)
    _land(lake, "stripe", "balance_transactions", _balance(shop, ids, version), run)
    listed = _balance(shop, ids, version, LISTED_IN)
    _land(lake, "stripe", "payout_transactions", listed, run)


def _land(lake: Lakehouse, source: str, stream: str, records: str, run: str) -> None:
    """Rows of bronze and of its ledger, as a pull's would be; on the shop's last day."""
    run_id, table = f"{run}_{source}_{stream}", lake.name("bronze", f"{source}_{stream}")
    moment = f"timestampadd(DAY, {DAYS + 5}, {FIRST})"
    rows = f"""
    SELECT id AS _id, '{source}' AS _source, '{stream}' AS _stream, 'v' AS _api_version,
      timestampadd(MINUTE, {len(run)}, {moment}) AS _extracted_at, '{run_id}' AS _run_id,
      false AS _deleted, record, '{run_id}' AS _file, {moment} AS _ingested_at FROM ({records})
    """
    lake.create("bronze", f"{source}_{stream}", COLUMNS)
    lake.spark.sql(f"INSERT INTO {table} {rows}")
    lake.spark.sql(
        f"INSERT INTO {lake.name('bronze', 'manifests')} SELECT '{source}', '{stream}', "
        f"'{run_id}', count(*), sum(length(record)) div {GZIP}, 1, NULL, NULL, {moment}, {moment} "
        f"FROM {table} WHERE _run_id = '{run_id}'"
    )
