"""What Stripe wrote is what lands: in one line, and otherwise as it came."""

import json
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.errors import FatalError
from scripts.landing.slices import fingerprint
from scripts.stripe.pages import head_of, page_of

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
objects = st.dictionaries(st.text(), values).map(lambda fields: {**fields, "id": "ch_1"})


@given(records=st.lists(objects), indent=st.sampled_from((None, 2)), ascii_only=st.booleans())
def test_each_object_is_one_line_of_the_same(
    records: list[dict[str, Any]], indent: int | None, ascii_only: bool
) -> None:
    answer = {"object": "list", "url": "/v1/charges", "has_more": True, "data": records}
    body = json.dumps(answer, indent=indent, ensure_ascii=ascii_only).encode()
    page = page_of(body)
    assert page.has_more
    texts = [bytes(raw) for raw in page.data]
    assert [json.loads(text) for text in texts] == json.loads(body)["data"]
    assert all(b"\n" not in text for text in texts)


def test_a_carriage_return_is_a_line_break_too() -> None:
    page = page_of(b'{"data": [{"id":\r"ch_1"}], "has_more": false}')
    assert bytes(page.data[0]) == b'{"id":"ch_1"}'


def test_an_amount_stays_as_it_was_written() -> None:
    page = page_of(
        b'{"data": [{"id": "pi_1",\n "rate": 2.50, "big": 123456789012345678901}]}'[:-1]
        + b', "has_more": false}'
    )
    assert bytes(page.data[0]) == b'{"id":"pi_1","rate":2.50,"big":123456789012345678901}'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'{"data": [{"id": "ch_1"',
        b'{"has_more": false}',
        b'{"data": [{"id": "\xff"}], "has_more": false}',
    ],
)
def test_a_page_that_cannot_be_read_is_refused(body: bytes) -> None:
    with pytest.raises((UnicodeDecodeError, msgspec.DecodeError)):
        page_of(body)


def test_when_an_object_was_made() -> None:
    assert head_of(b'{"id": "ch_1", "created": 5}').made == 5
    assert head_of(b'{"id": "ii_1", "date": 7}').made == 7
    with pytest.raises(FatalError, match="ch_2 does not say when"):
        _ = head_of(b'{"id": "ch_2"}').made


def test_a_record_and_its_text_have_one_fingerprint() -> None:
    record = {"id": "ch_1", "amount": 5, "metadata": {"b": "é", "a": None}}
    assert fingerprint(json.dumps(record).encode()) == fingerprint(record)
    assert fingerprint(orjson.dumps({**record, "amount": 6})) != fingerprint(record)
