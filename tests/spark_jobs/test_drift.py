"""New fields, changed types and new values are told once, and silver goes on."""

import logging

import pytest

from spark_jobs.bronze.ingest import ingest
from spark_jobs.silver.drift import flat
from spark_jobs.silver.job import run as run_silver


def charge(number: int, **changes: object) -> dict[str, object]:
    common = {"id": f"ch_{number}", "object": "charge", "created": 1760000000 + number}
    money = {"amount": 1000, "amount_captured": 1000, "amount_refunded": 0, "currency": "usd"}
    facts = {"status": "succeeded", "paid": True, "captured": True, "refunded": False}
    open_ends = {"metadata": {"a": "1"}, "review": None, "outcome": {"risk_score": 3}}
    return {**common, **money, **facts, **open_ends, **changes}


def test_what_is_new_is_told_once(new_lab, caplog: pytest.LogCaptureFixture) -> None:
    lab = new_lab()

    def said(*records: dict[str, object]) -> list[str]:
        caplog.clear()
        lab.land("stripe", "charges", list(records))
        ingest(lab.lake)
        with caplog.at_level(logging.WARNING, "spark_jobs.silver.drift"):
            run_silver(lab.lake)
        return sorted(record.message.partition("; ")[0] for record in caplog.records)

    assert said(charge(1)) == []
    strange = charge(
        2,
        metadata={"b": "2"},  # the shop's own words
        review={"id": "prv_1", "open": True},  # was always null
        outcome={"risk_score": 3.5, "network": "visa"},
        risk_level="normal",
        captured="yes",
        status="quarantined",
    )
    assert said(strange) == [
        "silver.stripe_charges: new value status = quarantined",
        "stripe_charges: field captured was BOOLEAN and is STRING",
        "stripe_charges: new field outcome.network (STRING)",
        "stripe_charges: new field risk_level (STRING)",
    ]
    assert said(charge(3, risk_level="high", status="quarantined")) == []
    assert [row["id"] for row in lab.rows("silver.stripe_charges", order="id")] == [
        "ch_1",
        "ch_2",
        "ch_3",
    ]


def test_a_schema_is_flattened() -> None:
    written = "OBJECT<a: BIGINT, `b c`: ARRAY<OBJECT<x: DECIMAL(10,2), y: VOID>>, d: OBJECT<>>"
    assert flat(written) == {
        "": "OBJECT",
        "a": "NUMBER",
        "b c": "ARRAY",
        "b c[]": "OBJECT",
        "b c[].x": "NUMBER",
        "b c[].y": "VOID",
        "d": "OBJECT",
    }
    assert flat("ARRAY<VARIANT>") == {"": "ARRAY", "[]": "VARIANT"}
