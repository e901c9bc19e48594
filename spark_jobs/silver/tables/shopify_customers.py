"""silver.customers: Shopify's customers."""

from spark_jobs.silver.sql import hashed, identifier, money, text, time, whole
from spark_jobs.silver.table import Table

_EMAIL = "coalesce(r.defaultEmailAddress.emailAddress, r.email)"

CUSTOMERS = Table(
    name="customers",
    streams=("shopify_customers",),
    schema="""id STRING, createdAt STRING, created_at STRING, updatedAt STRING, updated_at STRING,
    firstName STRING, first_name STRING, lastName STRING, last_name STRING, state STRING,
    email STRING, defaultEmailAddress STRUCT<emailAddress: STRING, marketingState: STRING>,
    numberOfOrders STRING, orders_count STRING, amountSpent STRUCT<amount: STRING>,
    total_spent STRING, defaultAddress STRUCT<city: STRING, provinceCode: STRING,
    countryCodeV2: STRING>, default_address STRUCT<city: STRING, province_code: STRING,
    country_code: STRING>""",
    columns={
        "customer_id": identifier("r.id"),
        "created_at": time("r.createdAt", "r.created_at"),
        "updated_at": time("r.updatedAt", "r.updated_at"),
        "first_name": text("r.firstName", "r.first_name"),
        "last_name": text("r.lastName", "r.last_name"),
        "email": text(_EMAIL),
        "email_hash": hashed(_EMAIL),
        "marketing_state": "lower(r.defaultEmailAddress.marketingState)",
        "state": "lower(r.state)",
        "city": "coalesce(r.defaultAddress.city, r.default_address.city)",
        "province": "coalesce(r.defaultAddress.provinceCode, r.default_address.province_code)",
        "country": "coalesce(r.defaultAddress.countryCodeV2, r.default_address.country_code)",
        "number_of_orders": whole("r.numberOfOrders", "r.orders_count"),
        "amount_spent": money("r.amountSpent.amount", "r.total_spent"),
    },
    key=("customer_id",),
    changed_at="updated_at",
    comment="One row a Shopify customer",
    expectations={"id is missing": "customer_id <> ''"},
    personal=("customer_id", "first_name", "last_name", "email", "email_hash", "city"),
)
