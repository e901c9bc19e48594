"""What a mart means: the TOML file beside its code (tomllib: Databricks may lack a YAML reader).

Checks compare two numbers that must be equal; their SQL names tables as `silver.orders`, and the
shop's day of the last extraction as AS_OF.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class Check:
    """says: what must hold. measured, expected: SQL queries of one number each."""

    name: str
    says: str
    measured: str
    expected: str


@dataclass(frozen=True)
class Description:
    """grain: columns that identify a row. sources: tables that the query reads, with their layer.

    columns: name -> meaning, in the table's order. personal: those that say who somebody is, whose
    values Delta's log, which outlives the rows, must not hold.
    """

    name: str
    title: str
    owner: str
    grain: tuple[str, ...]
    sources: tuple[str, ...]
    freshness: str
    columns: dict[str, str]
    checks: tuple[Check, ...]
    personal: tuple[str, ...] = ()


@cache
def describe(name: str) -> Description:
    file = resources.files("spark_jobs.gold.marts") / f"{name}.toml"
    found = tomllib.loads(file.read_text(encoding="utf-8"))
    return Description(
        name=name,
        title=found["title"],
        owner=found["owner"],
        grain=tuple(found["grain"]),
        sources=tuple(found["sources"]),
        freshness=found["freshness"],
        columns=found["columns"],
        checks=tuple(Check(**check) for check in found.get("checks", [])),
        personal=tuple(found.get("personal", [])),
    )
