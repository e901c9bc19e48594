"""What a subscription is made of: prices and quantities, all of one interval and currency."""

import copy
from dataclasses import dataclass

from docker.stripe import lists, periods
from docker.stripe.call import Call
from docker.stripe.errors import StripeError, invalid_request, refuse
from docker.stripe.objects import merge_metadata, new_object
from docker.stripe.store import Body

MOST = 20


@dataclass(frozen=True)
class Proration:
    """An item before and after a change; None where it did not exist."""

    before: Body | None
    after: Body | None


def make(call: Call, subscription: str, given: list[Body]) -> list[Body]:
    """The items of a new subscription, whose first period begins now."""
    if not given:
        raise invalid_request("Missing required param: items.", param="items")
    if len(given) > MOST:
        message = f"A subscription can have at most {MOST} items, but you passed {len(given)}."
        raise invalid_request(message, param="items")
    prices = [_price(call, data, f"items[{n}]") for n, data in enumerate(given)]
    if len({_rhythm(price) for price in prices}) > 1:
        raise _other_rhythm()
    end = periods.end(call.now, call.now, prices[0]["recurring"])
    pairs = list(zip(given, prices, strict=True))
    # Lists are newest first: the item that was named first is to be the first.
    return [_store(call, subscription, data, price, end) for data, price in reversed(pairs)][::-1]


def change(call: Call, subscription: Body, given: list[Body]) -> list[Proration]:
    """Changes, adds and deletes items as the update asks; what each is worth is the caller's."""
    end = subscription["items"]["data"][0]["current_period_end"]
    return [_change(call, subscription, data, f"items[{n}]", end) for n, data in enumerate(given)]


def shown(call: Call, subscription: Body) -> Body:
    """The subscription with its items as they are stored."""
    id_ = subscription["id"]
    url = f"/v1/subscription_items?subscription={id_}"
    listed = lists.embedded(call.store, "subscription_item", "subscription", id_, url)
    return call.store.update("subscription", subscription | {"items": listed})


def all_of(call: Call, subscription: Body) -> list[Body]:
    field = "json_extract(body, '$.subscription') = ?"
    return call.store.select("subscription_item", field, subscription["id"])


def list_(call: Call) -> bytes:
    call.find("subscription", call.params["subscription"], "subscription")
    return lists.page(call, "subscription_item")


def retrieve(call: Call) -> Body:
    return call.target("subscription_item")


def _store(call: Call, subscription: str, data: Body, price: Body, end: int) -> Body:
    item = new_object(
        "subscription_item",
        call.now,
        current_period_end=end,
        current_period_start=call.now,
        price=price,
        quantity=data.get("quantity", 1),
        subscription=subscription,
        tax_rates=[],
    )
    merge_metadata(item, data)
    return call.create("subscription_item", item)


def _change(call: Call, subscription: Body, data: Body, where: str, end: int) -> Proration:
    if "id" not in data:
        price = _price(call, data, where)
        _same_rhythm(subscription, price)
        return Proration(None, _store(call, subscription["id"], data, price, end))
    before = call.find("subscription_item", data["id"], f"{where}[id]")
    if before["subscription"] != subscription["id"]:
        raise invalid_request(f"Invalid subscription_item id {data['id']}", param=f"{where}[id]")
    if data.get("deleted"):
        if len(all_of(call, subscription)) == 1:
            raise invalid_request("A subscription must have at least one active plan.")
        call.store.db.execute("DELETE FROM subscription_item WHERE id = ?", (before["id"],))
        return Proration(before, None)
    after = copy.deepcopy(before)
    if "price" in data:
        after["price"] = _price(call, data, where)
        _same_rhythm(subscription, after["price"])
    after["quantity"] = data.get("quantity", before["quantity"])
    merge_metadata(after, data)
    call.store.update("subscription_item", after)
    return Proration(before, after)


def _price(call: Call, data: Body, where: str) -> Body:
    refuse(data, "price_data")
    price = call.find("price", data.get("price", ""), f"{where}[price]")
    if not price["recurring"]:
        message = (
            "The price specified is set to `type=one_time` but this field only accepts prices "
            "with `type=recurring`."
        )
        raise invalid_request(message, param=f"{where}[price]")
    return price


def _rhythm(price: Body) -> tuple[str, str, int]:
    recurring = price["recurring"]
    return price["currency"], recurring["interval"], recurring["interval_count"]


def _same_rhythm(subscription: Body, price: Body) -> None:
    if _rhythm(price) != _rhythm(subscription["items"]["data"][0]["price"]):
        raise _other_rhythm()


def _other_rhythm() -> StripeError:
    message = (
        "The local Stripe keeps all prices of a subscription on one interval and in one currency."
    )
    return invalid_request(message, param="items")
