"""silver.customer_links: which of Shopify's customers a customer of Stripe is.

Three things can say so, the surest first: the Stripe customer's own metadata, the orders in the
metadata of its charges, and its email's hash, which is made alike on both sides.
"""

from spark_jobs.silver.table import Joined

CUSTOMER_LINKS = Joined(
    name="customer_links",
    sources=("stripe_customers", "customers", "stripe_charges", "orders"),
    key="stripe_customer_id",
    every="SELECT id AS stripe_customer_id FROM {stripe_customers}",
    # What a changed customer was a candidate for stands in the rows: its former email is not known.
    touched="""
    SELECT id AS stripe_customer_id FROM {stripe_customers} WHERE _run_id IN ({runs})
    UNION SELECT customer_id FROM {stripe_charges} WHERE _run_id IN ({runs})
    UNION SELECT c.customer_id FROM {stripe_charges} AS c JOIN {orders} AS o USING (order_id)
      WHERE o._run_id IN ({runs})
    UNION SELECT s.id FROM {stripe_customers} AS s JOIN {customers} AS u
      ON s.email_hash = u.email_hash WHERE u._run_id IN ({runs})
    UNION SELECT s.id FROM {stripe_customers} AS s JOIN {customers} AS u
      ON s.shopify_customer_id = u.customer_id WHERE u._run_id IN ({runs})
    UNION SELECT stripe_customer_id FROM (
        SELECT stripe_customer_id, explode(candidates.customer_id) AS customer_id FROM {self}
      ) JOIN {customers} AS u USING (customer_id) WHERE u._run_id IN ({runs})
    """,
    source="""
    WITH stripe AS (
      SELECT s.* FROM {stripe_customers} AS s
      LEFT SEMI JOIN ({keys}) AS touched ON s.id = touched.stripe_customer_id
    ),
    said AS (
      SELECT id, shopify_customer_id AS customer_id, 1 AS place, 'metadata' AS matched_by,
        1 AS times FROM stripe WHERE shopify_customer_id IS NOT NULL
      UNION ALL
      SELECT s.id, o.customer_id, 2, 'order', count(*)
      FROM stripe AS s JOIN {stripe_charges} AS c ON c.customer_id = s.id
      JOIN {orders} AS o ON o.order_id = c.order_id AND NOT o._deleted
      WHERE o.customer_id IS NOT NULL GROUP BY s.id, o.customer_id
      UNION ALL
      SELECT s.id, u.customer_id, 3, 'email', 1
      FROM stripe AS s JOIN {customers} AS u ON u.email_hash = s.email_hash
    ),
    ranked AS (
      SELECT s.id, array_sort(collect_list(struct(s.place, -s.times AS fewer,
        -coalesce(unix_micros(u.updated_at), 0) AS older, s.customer_id, s.matched_by))) AS found
      FROM said AS s LEFT JOIN {customers} AS u USING (customer_id)
      WHERE NOT coalesce(u._deleted, false) GROUP BY s.id
    )
    SELECT id AS stripe_customer_id, found[0].customer_id AS customer_id,
      found[0].matched_by AS matched_by,
      size(array_distinct(found.customer_id)) > 1 AS conflict,
      transform(found, x -> named_struct('customer_id', x.customer_id,
        'matched_by', x.matched_by)) AS candidates
    FROM ranked
    """,
    comment="One row a Stripe customer that is one of Shopify's, and what says so",
    personal=("customer_id",),
    meanings={
        "stripe_customer_id": "Stripe's customer; a Shopify customer may have several",
        "customer_id": "Shopify's customer: the first of the candidates",
        "matched_by": "metadata (Stripe's customer names it), order (a charge names its order), "
        "email (the same hash)",
        "conflict": "Whether the candidates are more than one customer",
        "candidates": "All that were found, best first: metadata, then the customer of most "
        "charges, then email, the latest changed and the smallest id",
    },
)
