"""What people and vendors may drop, one declaration a dataset: `dropzone/<dataset>/...`.

A new dataset is a new entry here; nothing else has to know.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from scripts.errors import RecordError

# As silver reads them, without the digits of other alphabets. A table program writes whole numbers
# beside empty ones as 5.0.
WHOLE = re.compile(r"[+-]?\d{1,18}(\.0*)?", re.ASCII)
TRIMMED = "".join(map(chr, range(33)))  # not the spaces of other alphabets, such as Excel's \xa0
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
MOST = 1e15  # silver's DECIMAL(18,2) holds what is below, however a float rounds it


@dataclass(frozen=True)
class Dataset:
    """A kind of file.

    columns: what every file (CSV) or record (JSON) must have; `a|b` asks for one of them.
    filled: columns whose value must not be empty; of `a|b` one must not be.
    whole, numbers: columns that hold a whole number, or any number, unless they are empty. In
        silver another text would pass for an empty one, which is a count that means something.
    key: the columns that identify a record. All of them empty: its contents identify it.
    aliases: other header names of a CSV column, normalized (`Item No.` is `item_no`).
    owned: a row belongs to its file, so what a corrected file no longer holds is deleted.
        Otherwise a record is a thing of its own (an order), which a file can only add or change.
    """

    name: str
    columns: tuple[str, ...]
    filled: tuple[str, ...]
    key: tuple[str, ...]
    whole: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    owned: bool = False


DATASETS = {
    dataset.name: dataset
    for dataset in (
        Dataset(
            name="inventory",
            columns=("timestamp", "location_id", "sku|product_title", "available"),
            filled=("timestamp", "location_id", "sku|product_title"),
            whole=("available", "on_hand", "committed", "incoming"),
            key=("timestamp", "location_id", "sku", "product_title", "variant_title"),
            aliases={
                "counted_at": "timestamp",
                "date": "timestamp",
                "datetime": "timestamp",
                "location": "location_id",
                "warehouse_id": "location_id",
                "warehouse": "location_name",
                "item_no": "sku",
                "item_sku": "sku",
                "variant_sku": "sku",
                "product": "product_title",
                "title": "product_title",
                "variant": "variant_title",
                "available_quantity": "available",
                "qty": "available",
                "quantity": "available",
                "stock": "available",
                "on_hand_quantity": "on_hand",
            },
            owned=True,
        ),
        # REST or GraphQL shape: dumps, webhooks' bodies.
        Dataset(
            name="shopify_orders",
            columns=(
                "id",
                "created_at|createdAt|processed_at|processedAt",
                "currency|currencyCode",
                "line_items|lineItems",
            ),
            filled=("id",),
            key=("id",),
        ),
        Dataset(
            name="shipping",
            columns=("tracking_number", "carrier"),
            filled=("tracking_number", "carrier"),
            numbers=("cost",),
            key=("carrier", "tracking_number"),
            aliases={
                "tracking": "tracking_number",
                "tracking_no": "tracking_number",
                "tracking_id": "tracking_number",
                "carrier_name": "carrier",
                "shipper": "carrier",
                "order": "order_name",
                "order_number": "order_name",
                "ship_date": "shipped_at",
                "delivery_date": "delivered_at",
                "promised_date": "promised_at",
            },
        ),
        Dataset(
            name="clickstream",
            columns=("timestamp", "session_id", "event"),
            filled=("timestamp", "session_id", "event"),
            numbers=("value",),
            key=("event_id",),
            aliases={
                "event_name": "event",
                "event_type": "event",
                "event_time": "timestamp",
                "session": "session_id",
            },
            owned=True,
        ),
    )
}


def missing_columns(dataset: Dataset, present: Sequence[str] | Mapping[str, Any]) -> list[str]:
    """The dataset's columns that are not there, as declared."""
    return [
        column
        for column in dataset.columns
        if not any(name in present for name in column.split("|"))
    ]


def check(dataset: Dataset, record: Mapping[str, Any]) -> None:
    """Raise RecordError when the record lacks a column or a value, or has a number that is none; it
    names them, no content."""
    if missing := missing_columns(dataset, record):
        raise RecordError(f"missing: {', '.join(missing)}")
    if empty := [n for n in dataset.filled if all(_empty(record.get(a)) for a in n.split("|"))]:
        raise RecordError(f"empty: {', '.join(empty)}")
    if odd := [
        name
        for column in dataset.filled
        for name in column.split("|")
        if isinstance(record.get(name), bool | list | dict)
    ]:
        raise RecordError(f"neither a text nor a number: {', '.join(odd)}")
    if bent := [name for name in dataset.whole if not _reads_as(WHOLE, record.get(name))]:
        raise RecordError(f"not a whole number: {', '.join(bent)}")
    if bent := [name for name in dataset.numbers if not _reads_as(NUMBER, record.get(name))]:
        raise RecordError(f"not a number, such as 1234.56: {', '.join(bent)}")
    if great := [name for name in dataset.numbers if _too_great(record.get(name))]:
        raise RecordError(f"a number of more than 15 digits: {', '.join(great)}")


def record_id(dataset: Dataset, record: Mapping[str, Any]) -> str | None:
    """Equal for two versions of one record: the key's value, of several their list as JSON; None
    for a record without any."""
    values = [record.get(name) for name in dataset.key]
    # As text: a location's id is a number in JSON and cannot be one in CSV.
    texts = [None if _empty(value) else str(value) for value in values]
    if not any(texts):
        return None
    return str(texts[0]) if len(texts) == 1 else orjson.dumps(texts).decode()


def _reads_as(pattern: re.Pattern[str], value: object) -> bool:
    return _empty(value) or pattern.fullmatch(str(value).strip(TRIMMED)) is not None


def _too_great(value: object) -> bool:
    return not _empty(value) and abs(float(str(value).strip(TRIMMED))) >= MOST


def _empty(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
