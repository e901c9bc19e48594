"""Products, variants, stock and customers."""

from typing import Any

import shopify_documents as documents
from shopify_builders import line, location, order, stock_of, tee
from shopify_local import Execute


def variant(size: str, **more: Any) -> dict[str, Any]:
    return {"optionValues": [{"optionName": "Size", "name": size}], "price": "9.50"} | more


def shirt(*sizes: str, **more: Any) -> dict[str, Any]:
    options = [{"name": "Size", "position": 1, "values": [{"name": s} for s in sizes]}]
    return {"title": "Shirt", "productOptions": options} | {
        "variants": [variant(s, sku=f"S-{s}") for s in sizes],
        **more,
    }


def test_product_set_creates_keeps_and_drops_variants(ask: Execute) -> None:
    first = ask(documents.PRODUCT_SET, input=shirt("S", "M"))["productSet"]["product"]
    kept = first["variants"]["nodes"][1]["id"]
    given = shirt("M", "L", id=first["id"])
    second = ask(documents.PRODUCT_SET, input=given)["productSet"]["product"]
    assert second["id"] == first["id"]
    assert [v["sku"] for v in second["variants"]["nodes"]] == ["S-M", "S-L"]
    assert second["variants"]["nodes"][0]["id"] == kept
    gone = "query Q($q: String) { productVariants(first: 5, query: $q) { nodes { id } } }"
    assert ask(gone, q="sku:S-S")["productVariants"]["nodes"] == []


def test_product_set_by_handle_is_repeatable(ask: Execute) -> None:
    text = documents.PRODUCT_SET.replace(
        "synchronous: true", 'synchronous: true, identifier: {handle: "shirt"}'
    )
    first = ask(text, input=shirt("S", handle="shirt"))["productSet"]["product"]
    again = ask(text, input=shirt("S", handle="shirt"))["productSet"]["product"]
    assert first["id"] == again["id"]


def test_a_product_without_media_counts_none(ask: Execute) -> None:
    """airbyte-source-shopify fails on null."""
    tee(ask)
    found = ask("{ products(first: 1) { nodes { mediaCount { count } variantsCount { count } } } }")
    assert found["products"]["nodes"] == [
        {"mediaCount": {"count": 0}, "variantsCount": {"count": 1}}
    ]


def test_a_blank_title_is_refused(run: Execute) -> None:
    answer = run(documents.PRODUCT_CREATE, product={"title": " "})["data"]["productCreate"]
    assert answer == {
        "product": None,
        "userErrors": [{"field": ["title"], "message": "Title can't be blank"}],
    }


def test_variants_replace_the_default_one(ask: Execute) -> None:
    options = [{"name": "Size", "values": [{"name": "S"}]}]
    plain = ask(documents.PRODUCT_CREATE, product={"title": "Mug"})["productCreate"]["product"]
    assert plain["variants"]["nodes"][0]["title"] == "Default Title"
    stock = [{"locationId": location(ask), "availableQuantity": 4}]
    entry = {"optionValues": [{"optionName": "Title", "name": "Big"}], "inventoryQuantities": stock}
    made = ask(documents.VARIANTS_CREATE, productId=plain["id"], variants=[entry])
    nodes = made["productVariantsBulkCreate"]["productVariants"]
    assert [(v["title"], v["inventoryQuantity"]) for v in nodes] == [("Big", 4)]
    product = ask(documents.PRODUCT_CREATE, product={"title": "Mug", "productOptions": options})
    assert product["productCreate"]["product"]["options"] == [{"name": "Size", "values": ["S"]}]


def test_variants_are_found_by_their_products_tag(ask: Execute) -> None:
    ask(documents.PRODUCT_SET, input=shirt("S", tags=["summer"]))
    tee(ask)
    text = '{ productVariants(first: 5, query: "tag:summer") { nodes { sku } } }'
    assert ask(text)["productVariants"]["nodes"] == [{"sku": "S-S"}]


def test_stock_is_compared_before_it_is_set(ask: Execute, run: Execute) -> None:
    made = tee(ask, stock=5)
    entry = {"inventoryItemId": made["inventoryItem"]["id"], "locationId": location(ask)}
    given = {"name": "available", "reason": "correction"}
    stale = given | {"quantities": [entry | {"quantity": 9, "changeFromQuantity": 4}]}
    payload = run(documents.SET_QUANTITIES, key="a", input=stale)["data"]["inventorySetQuantities"]
    assert payload["userErrors"][0]["code"] == "CHANGE_FROM_QUANTITY_STALE"
    assert stock_of(ask, made)["available"] == 5
    right = given | {"quantities": [entry | {"quantity": 9, "changeFromQuantity": 5}]}
    changes = ask(documents.SET_QUANTITIES, key="b", input=right)["inventorySetQuantities"]
    group = changes["inventoryAdjustmentGroup"]
    assert group["changes"] == [
        {"name": "available", "delta": 4, "quantityAfterChange": None},
        {"name": "on_hand", "delta": 4, "quantityAfterChange": None},
    ]


def test_an_adjustment_is_compared_too(ask: Execute, run: Execute) -> None:
    made = tee(ask, stock=5)
    entry = {"inventoryItemId": made["inventoryItem"]["id"], "locationId": location(ask)}
    text = """mutation A($input: InventoryAdjustQuantitiesInput!, $key: String!) {
      inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
        inventoryAdjustmentGroup { id } userErrors { code } } }"""
    given = {"name": "available", "reason": "received"}
    for key, expected, errors in (
        ("a", 4, [{"code": "CHANGE_FROM_QUANTITY_STALE"}]),
        ("b", 5, []),
    ):
        changes = [entry | {"delta": 3, "changeFromQuantity": expected}]
        answer = run(text, key=key, input=given | {"changes": changes})["data"]
        assert answer["inventoryAdjustQuantities"]["userErrors"] == errors
    assert stock_of(ask, made)["available"] == 8


def test_unknown_things_and_bad_reasons_are_refused(run: Execute, ask: Execute) -> None:
    made = tee(ask)
    entry = {"inventoryItemId": made["inventoryItem"]["id"], "locationId": location(ask)}
    entry |= {"quantity": 1, "changeFromQuantity": None}
    missing = entry | {"locationId": "gid://shopify/Location/1"}
    cases = {
        "INVALID_NAME": {"name": "committed", "reason": "correction", "quantities": [entry]},
        "INVALID_REASON": {"name": "available", "reason": "because", "quantities": [entry]},
        "INVALID_LOCATION": {"name": "available", "reason": "other", "quantities": [missing]},
    }
    for code, given in cases.items():
        answer = run(documents.SET_QUANTITIES, key=code, input=given)["data"]
        assert answer["inventorySetQuantities"]["userErrors"][0]["code"] == code


def test_a_level_is_asked_for_by_an_item_s_id(run: Execute, ask: Execute) -> None:
    made = tee(ask)
    level = "inventoryLevel(inventoryItemId: $i) { id }"
    text = f"query($l: ID!, $i: ID!) {{ location(id: $l) {{ {level} }} }}"
    found = run(text, l=location(ask), i=made["inventoryItem"]["id"])
    assert found["data"]["location"]["inventoryLevel"]["id"]
    assert (
        run(text, l=location(ask), i=made["id"])["errors"][0]["message"]
        == f"Invalid id: {made['id']}"
    )


def test_levels_are_paged_by_their_own_clock(ask: Execute, api: Any) -> None:
    first, second = tee(ask), tee(ask)
    api.service.clock.set(api.service.clock.now().replace(year=2030))
    entry = {"inventoryItemId": second["inventoryItem"]["id"], "locationId": location(ask)}
    quantities = [entry | {"quantity": 1, "changeFromQuantity": None}]
    given = {"name": "available", "reason": "received", "quantities": quantities}
    ask(documents.SET_QUANTITIES, key="k", input=given)
    text = """query L($id: ID!) { location(id: $id) { inventoryLevels(first: 5,
      query: "updated_at:>='2030-01-01T00:00:00Z'") { nodes { item { id } } } } }"""
    levels = ask(text, id=location(ask))["location"]["inventoryLevels"]["nodes"]
    assert [level["item"]["id"] for level in levels] == [second["inventoryItem"]["id"]]
    assert first["inventoryItem"]["id"] != second["inventoryItem"]["id"]


def test_customers_are_unique_by_email_and_phone(ask: Execute, run: Execute) -> None:
    given = {"email": "Ann@example.com", "phone": "+1 (212) 555-0100", "firstName": "Ann"}
    made = ask(documents.CUSTOMER_CREATE, input=given)["customerCreate"]["customer"]
    cases = [
        ({"email": "ann@EXAMPLE.com"}, ["email"], "Email has already been taken"),
        ({"phone": "+12125550100"}, ["phone"], "Phone has already been taken"),
        ({"email": "no address"}, ["email"], "Email is invalid"),
        ({}, None, "A name, phone number, or email address must be present"),
    ]
    for wrong, path, message in cases:
        payload = run(documents.CUSTOMER_CREATE, input=wrong)["data"]["customerCreate"]
        assert payload["userErrors"] == [{"field": path, "message": message}]
    identifier = {"email": "ann@example.com"}
    text = documents.CUSTOMER_SET
    again = ask(text, input={"email": "ann@example.com", "note": "x"}, identifier=identifier)
    assert again["customerSet"]["customer"]["id"] == made["id"]


def test_a_customer_with_orders_stays(ask: Execute, run: Execute) -> None:
    gid = order(ask, line("a", "1.00"), email="bob@example.com")["customer"]["id"]
    text = """mutation D($input: CustomerDeleteInput!) { customerDelete(input: $input) {
      deletedCustomerId userErrors { field message } } }"""
    payload = run(text, input={"id": gid})["data"]["customerDelete"]
    message = "Customer can’t be deleted because they have associated orders"
    assert payload["userErrors"] == [{"field": ["id"], "message": message}]


def test_four_byte_characters_and_long_text_come_back_whole(ask: Execute) -> None:
    note = "🧦" * 5_000 + "ß\u2028end"
    gid = order(ask, line("Söckchen 🧦", "1.00"), note=note)["id"]
    text = "query N($id: ID!) { order(id: $id) { note lineItems(first: 1) { nodes { title } } } }"
    found = ask(text, id=gid)["order"]
    assert found == {"note": note, "lineItems": {"nodes": [{"title": "Söckchen 🧦"}]}}
