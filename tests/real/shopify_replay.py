"""Reading the recorded Shopify captures, and a shop in this process to replay them on."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
REAL = Path(os.environ.get("ECOMM_REAL_DATA", ROOT.parent / "shared" / "real"))
CAPTURES = REAL / "shopify_captures"


@dataclass(frozen=True)
class Recorded:
    """One recorded request and the body that Shopify answered."""

    file: str
    step: str
    version: str
    query: str
    variables: dict[str, Any]
    answer: dict[str, Any]


def load(name: str) -> Any:
    """A capture file by the end of its path."""
    found = sorted(CAPTURES.glob(f"*/*/*/{name}"))
    return json.loads(found[0].read_text())


def recordings() -> Iterator[Recorded]:
    """Every request with its answer in the capture files."""
    for path in sorted(CAPTURES.glob("*/*/*/*.json")):
        yield from _walk(json.loads(path.read_text()), path.name, path.parts[-3], "")


def _walk(node: Any, file: str, version: str, step: str) -> Iterator[Recorded]:
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from _walk(item, file, version, f"{step}/{index}")
    if not isinstance(node, dict):
        return
    if isinstance(node.get("apiVersion"), str):
        version = node["apiVersion"]
    query = node.get("query") or node.get("document")
    if isinstance(query, str):
        variables = node.get("variables") or {}
        for name in ("response", "mutation"):
            if answer := _answer(node.get(name)):
                yield Recorded(file, f"{step}/{name}", version, query, variables, answer)
        for name, case in (node.get("cases") or {}).items():
            if isinstance(case, dict) and "query" not in case and _answer(case.get("response")):
                answer = _answer(case["response"]) or {}
                given = case.get("variables") or {}
                yield Recorded(file, f"{step}/cases/{name}", version, query, given, answer)
    for name, item in node.items():
        if name != "upstreamCalls":
            yield from _walk(item, file, version, f"{step}/{name}")


def _answer(node: Any) -> dict[str, Any] | None:
    for _ in range(3):
        if not isinstance(node, dict):
            return None
        if "data" in node or "errors" in node:
            return node
        node = node.get("payload") or node.get("body") or node.get("response")
    return None


def errors_of(answer: dict[str, Any]) -> dict[str, Any]:
    """Top-level errors and user errors of an answer, by root field; locations left out (the
    recordings strip a leading comment from some documents)."""
    found: dict[str, Any] = {}
    if answer.get("errors"):
        found["errors"] = [{**error, "locations": []} for error in answer["errors"]]
    for name, payload in (answer.get("data") or {}).items():
        if isinstance(payload, dict):
            for key, value in payload.items():
                if key.lower().endswith("usererrors") and value:
                    found[name] = value
    return found


def masked(value: Any) -> Any:
    """Without what differs from shop to shop: ids, times, order names."""
    text = json.dumps(value)
    text = re.sub(r"gid://shopify/(\w+)/\d+[^\"]*", r"\1", text)
    text = re.sub(r"\"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\"", '"<time>"', text)
    return json.loads(re.sub(r"\"#\d+(-F\d+)?\"", '"<name>"', text))
