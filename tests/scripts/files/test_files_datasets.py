import pytest

from scripts.errors import RecordError
from scripts.files.datasets import DATASETS, check, record_id

ROW = {"timestamp": "2026-01-01", "location_id": 7, "sku": "A", "available": 1}


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=lambda dataset: dataset.name)
def test_a_declaration_agrees_with_itself(dataset) -> None:
    assert DATASETS[dataset.name] is dataset
    assert set(dataset.filled) <= set(dataset.columns)
    assert not set(dataset.aliases) & {c for column in dataset.columns for c in column.split("|")}
    assert all(alias == alias.lower() and " " not in alias for alias in dataset.aliases)


def test_a_record_of_json_and_of_csv_has_one_id() -> None:
    inventory = DATASETS["inventory"]
    from_csv = {key: str(value) for key, value in ROW.items()}
    assert record_id(inventory, ROW, "a", "1") == record_id(inventory, from_csv, "b", "2")
    other = {**ROW, "sku": "B"}
    assert record_id(inventory, other, "a", "1") != record_id(inventory, ROW, "a", "1")


def test_values_of_a_key_do_not_run_into_each_other() -> None:
    inventory = DATASETS["inventory"]
    one = {**ROW, "product_title": "a/b", "variant_title": "c"}
    two = {**ROW, "product_title": "a", "variant_title": "b/c"}
    assert record_id(inventory, one, "f", "1") != record_id(inventory, two, "f", "1")


def test_an_order_is_known_by_its_id_and_an_event_without_one_by_its_place() -> None:
    assert record_id(DATASETS["shopify_orders"], {"id": 6233}, "f", "1") == "6233"
    clicks = DATASETS["clickstream"]
    assert record_id(clicks, {"event_id": "e1"}, "clickstream/f.csv", "9") == "e1"
    assert record_id(clicks, {"event_id": " "}, "clickstream/f.csv", "9") == "clickstream/f.csv:9"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"location_id": " "}, "empty: location_id"),
        ({"timestamp": None, "location_id": ""}, "empty: timestamp, location_id"),
    ],
)
def test_a_missing_value_is_named_and_not_quoted(change, reason) -> None:
    with pytest.raises(RecordError) as error:
        check(DATASETS["inventory"], ROW | change)
    assert str(error.value) == reason


def test_zero_and_null_stock_are_values() -> None:
    check(DATASETS["inventory"], {**ROW, "available": None, "location_id": 0})
    without = {key: value for key, value in ROW.items() if key != "available"}
    with pytest.raises(RecordError, match="missing: available"):
        check(DATASETS["inventory"], without)
