"""How a text that names a person is found: names, emails, phone numbers, links."""

import unicodedata

import pytest
from privacy_records import REST_ORDER, jane

from scripts.privacy.mask import masked, unquoted
from scripts.privacy.person import Person
from scripts.privacy.theirs import belongs, learn, quotes


@pytest.mark.parametrize(
    ("first", "last", "written"),
    [
        ("José", "Núñez", unicodedata.normalize("NFD", "JOSÉ NÚÑEZ")),
        ("İpek", "Demir", "İPEK DEMİR"),
        ("Jürgen", "Strauß", "JÜRGEN STRAUSS"),
        ("Jane", "Doe", "DOE, Jane"),
    ],
)
def test_a_name_is_found_however_it_is_written(first: str, last: str, written: str) -> None:
    person = jane()
    learn({"customer": {"id": 77001, "firstName": first, "lastName": last}}, person)
    parcel = {"id": "T1", "memo": written}
    assert belongs(parcel, person, of_customer=False)
    assert masked(parcel, person, of_customer=False) == {"id": "T1", "memo": "redacted-abc"}


@pytest.mark.parametrize(
    "other",
    ["joann@home.example", "ann@home.example.br", "ann@home.examples", "jo.ann@home.example"],
)
def test_an_address_that_ends_or_begins_like_hers_is_another_one(other: str) -> None:
    """All of a stranger's records would be masked, and what they taught would find the next."""
    person = Person("77001", "redacted-1", {"ann@home.example", "ann%40home.example", "ann lee"})
    guest = {"id": "ch_9", "receipt_email": other, "billing_details": {"name": "Joann Leeson"}}
    assert not belongs(guest, person, of_customer=False)
    assert not quotes(guest, person)
    link = f"https://x.example/?email={other.replace('@', '%40')}"
    texts = f"{other}, <{{0}}>. mailto:{{0}}?x {link}&e%3D{{1}} \\n{{0}} \\u003c{{0}}\\u003e"
    hers = texts.format("Ann@home.example", "ann%40home.example")
    assert unquoted(hers, person) == texts.format("redacted-1", "redacted-1")


def test_an_email_is_found_in_a_link() -> None:
    person = jane()
    learn({"customer": {"id": 77001, "email": "Jane+tag@home.example"}}, person)
    visit = {"id": 1, "page": "/reset?email=jane%2Btag%40home.example&step=2"}
    assert masked(visit, person, of_customer=False)["page"] == "/reset?email=redacted-abc&step=2"
    other = {**visit, "customer_id": 5}
    assert quotes(other, person)
    assert unquoted(other, person)["page"] == "/reset?email=redacted-abc&step=2"


@pytest.mark.parametrize(
    "page",
    [
        "/login?to=%2Faccount%3Femail%3Djane%2540home.example",
        "/a?to=%2Fb%3Fto%3D%252Fc%253Fwho%253Djane%252540home.example",
        "/gift?for=Jane+Doe-Smith&x=1",
        "/gift?for=Jane%20Doe-Smith",
    ],
)
def test_a_link_within_a_link_is_read(page: str) -> None:
    person = jane()
    learn(REST_ORDER, person)
    visit = {"session_id": "s", "page": page}
    assert belongs(visit, person, of_customer=False, foreign=True)
    after = masked(visit, person, of_customer=False)["page"]
    assert [text for text in ("jane", "doe") if text in after.lower()] == []


@pytest.mark.parametrize(
    "line", ["T1,Jane,Doe-Smith,7 Elm", '"Jane";"Doe-Smith"', "Jane  Doe-Smith"]
)
def test_a_name_in_two_columns_of_a_line_is_a_name(line: str) -> None:
    """A file that was refused whole, or a broken line of one, is a text."""
    person = jane()
    learn(REST_ORDER, person)
    row = {"dataset": "shipping", "file": "f.csv", "raw": line}
    assert belongs(row, person, of_customer=False, foreign=True)
    assert masked(row, person, of_customer=False)["raw"] is None
    other = {**row, "raw": line.replace("Jane", "Janet")}
    assert not belongs(other, person, of_customer=False, foreign=True)


@pytest.mark.parametrize("written", ["(555) 123-0987", "555.123.0987", "+1 555 123 0987"])
def test_a_phone_number_is_found_however_it_is_written(written: str) -> None:
    person = Person.asked("77001", ["+15551230987"])
    person.token = "redacted-abc"
    parcel = {"id": "T1", "memo": f"call {written}"}
    assert belongs(parcel, person, of_customer=False)
    assert masked(parcel, person, of_customer=False) == {"id": "T1", "memo": "redacted-abc"}
    assert not belongs({"id": "T2", "memo": "call 555-123-0988"}, person, of_customer=False)


@pytest.mark.parametrize(
    ("known", "written"),
    [
        ("+33612345678", "06 12 34 56 78"),
        ("06 12 34 56 78", "+33612345678"),
        ("0033612345678", "+33 (0)6.12.34.56.78"),
        ("+34612345678", "612 345 678"),
        ("+353861234567", "086 123 4567"),
        ("07911123456", "+447911123456"),
    ],
)
def test_a_phone_number_is_found_with_and_without_its_country(known: str, written: str) -> None:
    """Of a French number the last ten digits hold one that nobody dials at home."""
    person = Person.asked("77001", [known])
    assert belongs({"id": "T1", "memo": f"call {written}"}, person, of_customer=False)
    assert not belongs({"id": "T2", "memo": f"call {written[:-1]}9"}, person, of_customer=False)


@pytest.mark.parametrize(
    "said",
    [
        {"customer_email": "Jane@work.example"},
        {"EMAIL": "jane@work.example"},
        {"E_Mail": "jane@work.example"},
        {"Mobile": "+1 555 777 1234"},
    ],
)
def test_a_row_of_hers_teaches_whatever_its_columns_are_called(said: dict[str, str]) -> None:
    person = jane()
    learn({"customer_id": "77001", "support_email": "help@home.example", **said}, person)
    charge = {"id": "ch_9", "receipt_email": "jane@work.example", "memo": "x"}
    call = {"id": "T1", "memo": "5557771234"}
    assert belongs(call if "Mobile" in said else charge, person, of_customer=False)
    assert not belongs({"id": "1", "from": "help@home.example"}, person, of_customer=False)


@pytest.mark.parametrize(
    "said", [{"email": "unknown"}, {"email": "not provided"}, {"phone": "+1 000-000-0000"}]
)
def test_what_stands_for_nothing_is_nobody_s(said: dict[str, str]) -> None:
    person = jane()
    learn({"customer_id": "77001", **said}, person)
    guest = {"id": "ch_9", "memo": "unknown, not provided, (000) 000-0000", **said}
    assert not belongs(guest, person, of_customer=False)


def test_a_phone_number_within_a_longer_number_is_another_one() -> None:
    person = Person.asked("77001", ["+33612345678"])
    guest = {"id": "gid://shopify/Order/6123456789012", "customer": None}
    assert not belongs(guest, person, of_customer=False, of_order=True)
