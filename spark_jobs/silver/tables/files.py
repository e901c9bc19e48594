"""silver.clickstream and silver.shipments: what the web shop and the carriers drop as files."""

from spark_jobs.silver.sql import bare_day, believable, hashed, identifier, money, text, time
from spark_jobs.silver.table import Table

# Names of Shopify's web pixels, of GA4 and of plain English for the steps of the funnel.
_STEPS = {
    "product_view": ("product_view", "product_viewed", "view_item", "view_product"),
    "add_to_cart": ("add_to_cart", "product_added_to_cart", "added_to_cart", "cart_add"),
    "checkout": ("checkout", "checkout_started", "begin_checkout", "start_checkout"),
    "purchase": ("purchase", "checkout_completed", "order_completed", "order_placed"),
}
_EVENT = "regexp_replace(lower(trim(r.event)), '[^a-z0-9]+', '_')"


def _step() -> str:
    cases = (
        f"WHEN {_EVENT} IN ({', '.join(map(repr, names))}) THEN '{step}'"
        for step, names in _STEPS.items()
    )
    return f"CASE {' '.join(cases)} END"


def _readable(column: str) -> str:
    """An empty time means something: not yet. One that cannot be read must not pass for it."""
    return (
        f"{column} IS NOT NULL OR coalesce(trim(get_json_object(_record, '$.{column}')), '') = ''"
    )


CLICKSTREAM = Table(
    name="clickstream",
    streams=("files_clickstream",),
    schema="""timestamp STRING, session_id STRING, event STRING, customer_id STRING,
    user_id STRING, email STRING, page STRING, url STRING, product_id STRING, variant_id STRING,
    order_id STRING, referrer STRING, source STRING, device STRING, value STRING,
    currency STRING""",
    columns={
        # The event's own id, else its contents: a corrected file replaces its events.
        "event_id": "_id",
        "occurred_at": time("r.timestamp"),
        "session_id": text("r.session_id"),
        "event": _EVENT,
        "step": _step(),
        "customer_id": identifier("r.customer_id", "r.user_id"),
        "email_hash": hashed("r.email"),
        "page": text("r.page", "r.url"),
        "product_id": identifier("r.product_id"),
        "variant_id": identifier("r.variant_id"),
        "order_id": identifier("r.order_id"),
        "referrer": text("r.referrer", "r.source"),
        "device": text("r.device"),
        "value": money("r.value"),
        "currency": "upper(r.currency)",
    },
    key=("event_id",),
    changed_at="_extracted_at",  # a correction may move an event to before
    clustered=("occurred_at",),
    comment="One row an event of a visit to the web shop",
    expectations={
        "timestamp is missing or no time": "occurred_at IS NOT NULL",
        "timestamp is before 1990 or after 2100": f"coalesce({believable('occurred_at')}, true)",
        "session_id is missing": "session_id IS NOT NULL",
        "event is missing": "event <> ''",
    },
    personal=("customer_id", "email_hash", "page", "referrer"),
)

SHIPMENTS = Table(
    name="shipments",
    streams=("files_shipping",),
    schema="""tracking_number STRING, carrier STRING, order_name STRING, order_id STRING,
    service STRING, status STRING, shipped_at STRING, promised_at STRING, delivered_at STRING,
    updated_at STRING, cost STRING, currency STRING, country STRING""",
    columns={
        "carrier": text("r.carrier"),
        "tracking_number": text("r.tracking_number"),
        "order_name": text("r.order_name"),
        "order_id": identifier("r.order_id"),
        "service": text("r.service"),
        "status": "lower(trim(r.status))",
        "shipped_at": time("r.shipped_at"),
        "shipped_on": bare_day("r.shipped_at"),
        "promised_at": time("r.promised_at"),
        "delivered_at": time("r.delivered_at"),
        # Days as the carrier writes them: those of the place, whatever zone the times are in.
        "promised_on": "try_cast(left(trim(r.promised_at), 10) AS DATE)",
        "delivered_on": "try_cast(left(trim(r.delivered_at), 10) AS DATE)",
        "updated_at": time("r.updated_at"),
        "cost": money("r.cost"),
        "currency": "upper(r.currency)",
        "country": text("r.country"),
    },
    key=("carrier", "tracking_number"),
    changed_at="updated_at",
    comment="One row a parcel as its carrier reports it",
    expectations={
        "tracking_number is missing": "tracking_number IS NOT NULL",
        "carrier is missing": "carrier IS NOT NULL",
        **{
            f"{column} is no time, such as 2026-03-05 or 2026-03-05T17:00:00Z": _readable(column)
            for column in ("shipped_at", "promised_at", "delivered_at")
        },
        "delivered_at is before shipped_at": "delivered_at IS NULL OR shipped_at IS NULL "
        "OR delivered_at >= shipped_at",
    },
    meanings={"shipped_on": "The day of shipped_at where it has no time; NULL with a time"},
)
