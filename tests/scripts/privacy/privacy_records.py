"""A person who asked to be deleted, and an order of hers in the REST shape."""

from typing import Any

from scripts.privacy.person import Person

ADDRESS = {
    "first_name": "Jane",
    "last_name": "Doe-Smith",
    "address1": "1 Main St",
    "city": "Springfield",
    "zip": "12345",
    "phone": "+15550001111",
    "province_code": "NY",
    "country_code": "US",
}
REST_ORDER: dict[str, Any] = {
    "id": 5001,
    "name": "#1001",
    "email": "jane@home.example",
    "total_price": "20.00",
    "note": "ring twice",
    "customer": {"id": 77001, "email": "jane@home.example", "first_name": "Jane"},
    "shipping_address": ADDRESS,
    "line_items": [{"id": 1, "name": "Tee - M", "price": "10.00", "sku": "TEE", "quantity": 2}],
    "browser_ip": "203.0.113.7",
}


def jane() -> Person:
    return Person("77001", "redacted-abc")
