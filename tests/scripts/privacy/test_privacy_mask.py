"""What a masked record still says, and what not."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from privacy_records import REST_ORDER, jane

from scripts.privacy.mask import masked, unquoted
from scripts.privacy.person import Person
from scripts.privacy.theirs import belongs, learn, quotes


def test_an_order_keeps_its_money_and_loses_its_buyer() -> None:
    person = jane()
    learn(REST_ORDER, person)
    after = masked(REST_ORDER, person, of_customer=False)
    assert after["customer"]["id"] == "redacted-abc"
    assert after["email"] == after["customer"]["email"] == "redacted-abc@redacted.invalid"
    assert after["line_items"] == REST_ORDER["line_items"]
    assert (after["id"], after["name"], after["total_price"]) == (5001, "#1001", "20.00")
    assert after["shipping_address"]["province_code"] == "NY"
    gone = ("jane", "doe", "main st", "springfield", "12345", "+1555", "ring", "203.0", "77001")
    assert [text for text in gone if text in str(after).lower()] == []


def test_a_charge_is_found_by_what_an_order_taught() -> None:
    person = jane()
    charge = {"id": "ch_1", "amount": 2000, "receipt_email": "JANE@home.example", "metadata": {}}
    assert not belongs(charge, person, of_customer=False)
    learn(REST_ORDER, person)
    assert belongs(charge, person, of_customer=False)
    after = masked(charge, person, of_customer=False)
    assert after == {**charge, "receipt_email": "redacted-abc@redacted.invalid"}


def test_the_customer_of_another_number_is_another_one() -> None:
    person = jane()
    for other in (770012, "gid://shopify/Customer/177001", "7700"):
        assert not belongs({"customer": {"id": other}}, person, of_customer=False)
    assert not belongs({"id": 77001}, person, of_customer=False)  # an order of that number
    assert belongs({"id": 77001}, person, of_customer=True)
    assert belongs({"customer": {"id": "gid://shopify/Customer/77001"}}, person, of_customer=False)


@pytest.mark.parametrize(
    "said", [{"user_id": 799407056}, {"refunds": [{"id": 1, "user_id": 799407056}]}]
)
def test_the_staff_of_a_guest_s_order_is_no_other_customer(said: dict[str, Any]) -> None:
    """Taken at the till or refunded by hand, it kept the name and the street."""
    person = jane()
    learn(REST_ORDER, person)
    guest = {"id": 5002, "email": "jane@home.example", "customer": None, **said}
    assert belongs(guest, person, of_customer=False, of_order=True)
    assert not belongs({**guest, "customer": {"id": 5}}, person, of_customer=False, of_order=True)
    assert masked(guest, person, of_customer=False) == {
        **guest,
        "email": "redacted-abc@redacted.invalid",
    }


def test_who_shares_her_phone_is_left_alone_and_who_quotes_her_email_is_not_masked() -> None:
    person = jane()
    learn(REST_ORDER, person)
    brother = {"customer": {"id": 5, "phone": "+15550001111"}, "note": "a gift"}
    assert not belongs(brother, person, of_customer=False)
    assert not quotes(brother, person)
    writes = {**brother, "note": "ask Jane@home.example"}
    assert not belongs(writes, person, of_customer=False)
    assert unquoted(writes, person) == {**brother, "note": "ask redacted-abc"}


@pytest.mark.parametrize(
    ("said", "hers"),
    [
        ({"name": "Bob Doe-Smith", "email": "bob@home.example"}, False),
        ({"first_name": "Bob", "last_name": "Doe-Smith", "email": "bob@home.example"}, False),
        ({"name": "J. Doe-Smith", "email": "jane@work.example"}, True),
        ({"name": "Jane Marie Doe-Smith", "email": "jane@work.example"}, True),
        ({"name": "Bob Doe-Smith", "email": "jane@home.example"}, True),
        ({"name": None, "email": "jane@work.example"}, True),
        ({"name": "J. D. S.", "email": None}, True),
    ],
)
def test_who_shares_her_phone_and_says_who_they_are_is_not_her(said: dict, hers: bool) -> None:
    """All that her brother paid was masked: his charge taught the request his email and name."""
    person = jane()
    learn(REST_ORDER, person)
    charge = {"id": "ch_9", "billing_details": {**said, "phone": "+1 (555) 000-1111"}}
    assert belongs(charge, person, of_customer=False) == hers
    assert belongs(charge, person, of_customer=False, foreign=True) == hers


def test_a_text_that_quotes_her_email_loses_only_that() -> None:
    person = jane()
    learn(REST_ORDER, person)
    event = {"customer_id": "77001", "page": "/thanks?email=jane@home.example&order=5001"}
    after = masked(event, person, of_customer=False)
    assert after == {"customer_id": "redacted-abc", "page": "/thanks?email=redacted-abc&order=5001"}


def test_a_link_is_masked_like_a_record() -> None:
    page = "/thanks?checkout%5Bfirst_name%5D=Jane&zip=12345&utm_source=ads&email=j%40work.example#a"
    visit = {"customer_id": "77001", "page": page}
    assert masked(visit, jane(), of_customer=False)["page"] == (
        "/thanks?checkout%5Bfirst_name%5D=redacted-abc&zip=redacted-abc&utm_source=ads"
        "&email=redacted-abc#a"
    )


def test_json_in_a_text_is_masked_like_json() -> None:
    receipt = '{"id":"ch_9","billing_details":{"name":"J. Doe","address":{"line1":"7 Elm St"}}}'
    paid = {"customer": {"id": 77001}, "transactions": [{"id": 3, "receipt": receipt}]}
    (after,) = masked(paid, jane(), of_customer=False)["transactions"]
    empty = '{"id":"ch_9","billing_details":{"name":null,"address":{"line1":null}}}'
    assert after == {"id": 3, "receipt": empty}


WHOSE = {"customer": {"id": 77001}}
STREET = {"line1": "7 Elm St", "city": "Springfield"}


@pytest.mark.parametrize(
    "said",
    [
        {"line_items": [{"properties": [{"name": "Engraving", "value": "Jane"}]}]},
        {"order_status_url": "https://fern.example/orders/1/authenticate?key=jane"},
        {"customer_address": STREET, "customer_shipping": {"name": "J. Doe", "address": STREET}},
        {"evidence": {"customer_purchase_ip": "203.0.113.7", "uncategorized_text": "Jane wrote"}},
        {"source": {"object": "card", "name": "J. Doe", "address_line1": "7 Elm St"}},
        {
            "sources": {
                "data": [{"object": "card", "name": "J. Doe", "address_city": "Springfield"}]
            }
        },
        {"payment_method_details": {"card": {"wallet": {"visa_checkout": {"name": "J. Doe"}}}}},
        {"payment_method_details": {"ideal": {"verified_name": "J DOE"}}},
        {"payment_method_details": {"paypal": {"payer_name": "J. Doe", "payer_id": "JANE1"}}},
        {"payment_method_details": {"us_bank_account": {"account_holder_name": "J. Doe"}}},
        {"custom_fields": [{"key": "engraving", "text": {"value": "Jane"}}]},
        {"metadata": {"gift_message": "Dear Jane"}},
        {"data": {"object": {"object": "customer", "name": "J. Doe"}}},
        {"data": {"previous_attributes": {"name": "Jane Springfield"}}},
        {"ip_address": "203.0.113.7", "client_ip": "203.0.113.7", "lastIp": "203.0.113.7"},
        {"delivery_address": "7 Elm St", "addressLine1": "7 Elm St", "city": "Springfield"},
        {"full_name": "J. Doe", "signed_by": "J. Doe", "delivery_note": "ask for Jane"},
        {"zipcode": "Springfield", "lat": 203.01, "lng": "203.02", "housenumber": "Elm 7"},
        {"ship_to": "J. Doe, 7 Elm St", "consignee": "J. Doe", "telephone": "203.0 001"},
        {"shippingaddress": "7 Elm St", "userAgent": "Jane", "NOTE": "ask for Jane"},
        {"customer_tax_ids": [{"type": "br_cpf", "value": "203.0.113-70"}]},
        {"payment_method_details": {"boleto": {"tax_id": "203.0.113-70"}}, "vat_no": "203.0"},
        {"localizedFields": {"nodes": [{"key": "TAX_CREDENTIAL_BR", "value": "203.0.113-70"}]}},
        {"line_items": [{"destination_location": {"name": "J. Doe", "city": "Springfield"}}]},
        {"metafield": {"key": "card", "value": "Dear Jane"}},
        {"username": "jane84", "nickname": "Janey", "login": "jdoe", "passport_no": "203.0"},
    ],
)
def test_whatever_a_source_calls_it_is_masked(said: dict[str, Any]) -> None:
    after = str(masked({**WHOSE, **said}, jane(), of_customer=False)).lower()
    gone = ("jane", "doe", "elm", "springfield", "203.0")
    assert [text for text in gone if text in after] == []


def test_the_order_that_metadata_names_stays() -> None:
    record = {"metadata": {"shopify_order_id": "5001", "shopify_customer_id": "77001"}}
    assert masked(record, jane(), of_customer=False) == {
        "metadata": {"shopify_order_id": "5001", "shopify_customer_id": "redacted-abc"}
    }


NUMBER = "7700012345678"
SAID = '{"customer":{"id":7700012345678,"first_name":"Jane"},"shipping":{"line1":"7 Elm St"}}'


@pytest.mark.parametrize(
    "row",
    [
        {"dataset": "shopify_orders", "line": 3, "reason": "missing: created_at", "raw": SAID},
        {"dataset": "clickstream", "line": 3, "reason": "bad", "raw": f"s1,{NUMBER},Jane,7 Elm St"},
        {"id": 5, "payload": SAID},
        {"id": 5, "user_id": 17, "email": "Jane@home.example ", "name": "Jane", "street": "7 Elm"},
        {"id": 5, "shopify_id": int(NUMBER), "name": "J. Doe-Smith", "street": "7 Elm"},
        {"id": int(NUMBER), "surname": "Doe", "street": "7 Elm"},
        {"id": 5, "firstname": "Jane", "surname": "Doe-Smith", "street": "7 Elm"},
        {"id": 5, "seen_in": f"https://admin.example/customers/{NUMBER}?tab=1"},
    ],
)
def test_a_row_of_undeclared_columns_is_hers_by_number_name_or_own_email(row: dict) -> None:
    person = Person(NUMBER, "redacted-abc")
    learn({**REST_ORDER, "customer": {"id": NUMBER}}, person)
    assert belongs(row, person, of_customer=False, foreign=True)
    after = str(masked(row, person, of_customer=False)).lower()
    assert [text for text in ("jane", "doe", "elm", NUMBER) if text in after] == []


def test_a_row_of_another_numbering_that_only_quotes_her_is_not_masked() -> None:
    person = Person(NUMBER, "redacted-abc")
    learn({**REST_ORDER, "customer": {"id": NUMBER}}, person)
    row = {"user_id": 17, "email": "bob@home.example", "invited_by_email": "jane@home.example"}
    row["memo"] = f"merged with {NUMBER}"
    assert not belongs(row, person, of_customer=False, foreign=True)
    assert not belongs({"user_id": 17, "phone": "+15550001111"}, person, False, foreign=True)


@pytest.mark.parametrize(
    "row",
    [
        {"session_id": "s", "user_id": "Jane@home.example", "ip": "203.0.113.7"},
        {"tracking_number": "T1", "customer": "Jane Doe-Smith", "carrier": "UPS"},
        {"tracking_number": "T1", "customer": "J. M. Doe", "memo": "Jane Doe-Smith"},
    ],
)
def test_a_column_for_a_number_may_hold_an_email_or_a_name(row: dict[str, Any]) -> None:
    person = jane()
    learn(REST_ORDER, person)
    assert belongs(row, person, of_customer=False, foreign=True)
    after = masked(row, person, of_customer=False)
    assert "redacted-abc" in (after.get("user_id"), after.get("customer"))
    assert [text for text in ("jane", "doe", "203.0") if text in str(after).lower()] == []
    other = {"user_id": "bob@home.example", "customer": "cus_1", "memo": "jane@home.example"}
    assert not belongs(other, person, of_customer=False, foreign=True)
    assert masked({"customer_id": "77001", "customer": "cus_1"}, person, of_customer=False) == {
        "customer_id": "redacted-abc",
        "customer": "cus_1",
    }


@pytest.mark.parametrize("cost", ["4.90", "-4,90", "0"])
def test_what_the_shipping_cost_is_no_address(cost: str) -> None:
    """A database's decimals are texts."""
    row = {"customer_id": "77001", "total": "24.90", "shipping": cost}
    assert masked(row, jane(), of_customer=False) == {**row, "customer_id": "redacted-abc"}
    where = {**row, "shipping": "7 Elm St"}
    assert masked(where, jane(), of_customer=False)["shipping"] is None


@given(
    st.recursive(
        st.integers() | st.booleans() | st.none(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["amount", "price", "sku", "lines", "customer"]), inner
            )
        ),
    )
)
def test_masking_twice_is_masking_once_and_the_original_stays(value: object) -> None:
    record = {**REST_ORDER, "more": value}
    before = copy.deepcopy(record)
    once = masked(record, jane(), of_customer=False)
    assert masked(once, jane(), of_customer=False) == once
    assert record == before
