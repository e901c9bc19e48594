"""Products and their prices."""

import copy

from docker.stripe import lists, search
from docker.stripe.call import Call
from docker.stripe.errors import invalid_request
from docker.stripe.objects import assign, merge_metadata, new_object
from docker.stripe.store import Body

FIELDS = [
    "active",
    "default_price",
    "description",
    "images",
    "marketing_features",
    "name",
    "package_dimensions",
    "shippable",
    "statement_descriptor",
    "tax_code",
    "unit_label",
    "url",
]
PRICE_FIELDS = ["active", "lookup_key", "nickname", "tax_behavior"]
NOT_DELETED: lists.Condition = ("json_extract(body, '$.deleted') IS NULL", [])


def create(call: Call) -> Body:
    id_ = call.params.get("id", "")
    if id_ and call.store.get("product", id_):
        message = "Product already exists."
        raise invalid_request(message, param="id", code="resource_already_exists")
    product = new_object("product", call.now, id=id_, active=True, updated=call.now)
    assign(product, call.params, *FIELDS)
    merge_metadata(product, call.params)
    if call.params.get("default_price_data"):
        data = call.params["default_price_data"]
        price = _price(call, data | {"product": product["id"]})
        product["default_price"] = price["id"]
        call.create("price", price, "price.created")
    return call.create("product", product, "product.created")


def update(call: Call) -> Body:
    before = call.target("product")
    after = copy.deepcopy(before)
    assign(after, call.params, *FIELDS)
    merge_metadata(after, call.params)
    if after != before:
        after["updated"] = call.now
    return call.save("product", before, after, "product.updated")


def delete(call: Call) -> Body:
    product = call.target("product")
    if call.store.select("price", "json_extract(body, '$.product') = ?", product["id"]):
        message = "This product cannot be deleted because it has one or more user-created prices."
        raise invalid_request(message)
    stub = {"id": product["id"], "object": "product", "deleted": True}
    call.store.update("product", stub)
    call.emit("product.deleted", product)
    return stub


def retrieve(call: Call) -> Body:
    return call.target("product")


def list_(call: Call) -> bytes:
    ids = call.params.pop("ids", None)
    chosen = [(f"id IN ({', '.join('?' * len(ids))})", ids)] if ids else []
    return lists.page(call, "product", NOT_DELETED, *chosen)


def search_(call: Call) -> bytes:
    return search.page(call, "product")


def create_price(call: Call) -> Body:
    params = dict(call.params)
    data = params.get("product_data")
    if data:
        product = new_object("product", call.now, active=True, updated=call.now)
        assign(product, data, *FIELDS)
        merge_metadata(product, data)
        params["product"] = call.create("product", product, "product.created")["id"]
    elif "product" not in params:
        message = "You must specify either `product` or `product_data` when creating a price."
        raise invalid_request(message, code="parameter_missing")
    call.find("product", params["product"], "product")
    return call.create("price", _price(call, params), "price.created")


def update_price(call: Call) -> Body:
    before = call.target("price")
    after = copy.deepcopy(before)
    assign(after, call.params, *PRICE_FIELDS)
    merge_metadata(after, call.params)
    return call.save("price", before, after, "price.updated")


def retrieve_price(call: Call) -> Body:
    return call.target("price")


def list_prices(call: Call) -> bytes:
    """Active prices, unless `active=false` asks for the others (docs: List all prices)."""
    if "lookup_keys" in call.params:
        call.params["lookup_key"] = call.params.pop("lookup_keys")
    call.params.setdefault("active", True)
    return lists.page(call, "price")


def inline_price(call: Call, data: Body) -> Body:
    """The price of a `price_data`: for one use, inactive from the start."""
    if "product_data" in data:
        product = new_object("product", call.now, active=False, updated=call.now)
        assign(product, data["product_data"], *FIELDS)
        merge_metadata(product, data["product_data"])
        data = data | {"product": call.create("product", product, "product.created")["id"]}
    call.find("product", data.get("product", ""), "product")
    price = _price(call, data) | {"active": False}
    return call.create("price", price, "price.created")


def delete_price(call: Call, price: Body) -> None:
    """What the Dashboard offers for a price that was never used; the API has no such request."""
    call.store.db.execute("DELETE FROM price WHERE id = ?", (price["id"],))
    call.emit("price.deleted", price)


def search_prices(call: Call) -> bytes:
    return search.page(call, "price")


def _price(call: Call, params: Body) -> Body:
    recurring = params.get("recurring")
    amount = params.get("unit_amount")
    if amount is None and "unit_amount_decimal" in params:
        decimal = float(params["unit_amount_decimal"])
        amount = int(decimal) if decimal.is_integer() else None
    price = new_object(
        "price",
        call.now,
        active=True,
        billing_scheme=params.get("billing_scheme", "per_unit"),
        currency=params["currency"].lower(),
        product=params["product"],
        tax_behavior="unspecified",
        type="recurring" if recurring else "one_time",
        unit_amount=amount,
        unit_amount_decimal=params.get("unit_amount_decimal") or _text(amount),
    )
    assign(price, params, *PRICE_FIELDS)
    merge_metadata(price, params)
    if recurring:
        defaults = {"interval_count": 1, "meter": None}
        price["recurring"] = defaults | {"usage_type": "licensed"} | recurring
    return price


def _text(amount: int | None) -> str | None:
    return None if amount is None else str(amount)
