import pytest

from scripts.errors import RecordError
from scripts.files.datasets import DATASETS, check, record_id

ROW = {"timestamp": "2026-01-01", "location_id": 7, "sku": "A", "available": 1}


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=lambda dataset: dataset.name)
def test_a_declaration_agrees_with_itself(dataset) -> None:
    assert DATASETS[dataset.name] is dataset
    assert set(dataset.filled) <= set(dataset.columns)
    assert not {*dataset.whole, *dataset.numbers} & dataset.aliases.keys()
    assert not set(dataset.aliases) & {c for column in dataset.columns for c in column.split("|")}
    assert all(alias == alias.lower() and " " not in alias for alias in dataset.aliases)


def test_a_record_of_json_and_of_csv_has_one_id() -> None:
    inventory = DATASETS["inventory"]
    from_csv = {key: str(value) for key, value in ROW.items()}
    assert record_id(inventory, ROW) == record_id(inventory, from_csv)
    other = {**ROW, "sku": "B"}
    assert record_id(inventory, other) != record_id(inventory, ROW)


def test_values_of_a_key_do_not_run_into_each_other() -> None:
    inventory = DATASETS["inventory"]
    one = {**ROW, "product_title": "a/b", "variant_title": "c"}
    two = {**ROW, "product_title": "a", "variant_title": "b/c"}
    assert record_id(inventory, one) != record_id(inventory, two)


def test_an_order_is_known_by_its_id_and_an_event_may_have_none() -> None:
    assert record_id(DATASETS["shopify_orders"], {"id": 6233}) == "6233"
    clicks = DATASETS["clickstream"]
    assert record_id(clicks, {"event_id": "e1"}) == "e1"
    assert record_id(clicks, {"event_id": " "}) is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"location_id": " "}, "empty: location_id"),
        ({"timestamp": None, "location_id": ""}, "empty: timestamp, location_id"),
        ({"sku": " ", "product_title": ""}, "empty: sku|product_title"),
        ({"sku": ["A"], "location_id": True}, "neither a text nor a number: location_id, sku"),
        ({"sku": None, "product_title": {}}, "neither a text nor a number: product_title"),
        ({"available": "1.234,56"}, "not a whole number: available"),
        ({"available": "12 pcs", "on_hand": 7.5}, "not a whole number: available, on_hand"),
        ({"available": "5\u00a0"}, "not a whole number: available"),  # as Excel pads; silver: NULL
        ({"available": "\u0665"}, "not a whole number: available"),  # an Arabic 5; silver: NULL
        ({"available": True, "incoming": "1,234"}, "not a whole number: available, incoming"),
    ],
)
def test_a_missing_value_is_named_and_not_quoted(change, reason) -> None:
    with pytest.raises(RecordError) as error:
        check(DATASETS["inventory"], ROW | change)
    assert str(error.value) == reason


@pytest.mark.parametrize("value", ["12,50", "$5", "1.234,56", {"amount": 5}, "\u0665"])
@pytest.mark.parametrize(
    ("dataset", "column", "rest"),
    [
        ("shipping", "cost", {"tracking_number": "1", "carrier": "DHL"}),
        ("clickstream", "value", {"timestamp": "t", "session_id": "s", "event": "e"}),
    ],
)
def test_an_amount_that_silver_would_read_as_none_is_named(dataset, column, rest, value) -> None:
    with pytest.raises(RecordError, match=f"not a number, such as 1234.56: {column}"):
        check(DATASETS[dataset], rest | {column: value})


@pytest.mark.parametrize("value", ["1e15", "-1234567890123456", 1e300, 10**15, " 1e999\0"])
def test_an_amount_that_silver_cannot_hold_is_named(value) -> None:
    parcel = {"tracking_number": "1", "carrier": "DHL", "cost": value}
    with pytest.raises(RecordError, match="a number of more than 15 digits: cost"):
        check(DATASETS["shipping"], parcel)
    check(DATASETS["shipping"], parcel | {"cost": "-999999999999999"})


@pytest.mark.parametrize("value", ["5", " 5 ", "5.0", "-5", 5, 5.0, "0", None, " "])
def test_numbers_as_programs_write_them(value) -> None:
    check(DATASETS["inventory"], ROW | {"available": value})
    check(DATASETS["shipping"], {"tracking_number": "1", "carrier": "DHL", "cost": value})


def test_zero_and_null_stock_are_values() -> None:
    check(DATASETS["inventory"], {**ROW, "available": None, "location_id": 0})
    without = {key: value for key, value in ROW.items() if key != "available"}
    with pytest.raises(RecordError, match="missing: available"):
        check(DATASETS["inventory"], without)
