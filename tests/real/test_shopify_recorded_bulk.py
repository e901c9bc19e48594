"""Recorded bulk operations and refusals of a real store, through our join and our local shop."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from shopify_replay import CAPTURES, load

from docker.shopify.access import guarded
from docker.shopify.bulk import line
from docker.shopify.errors import ApiError
from scripts.shopify.bulk_result import CountError, joined
from scripts.shopify.streams import Bulk

pytestmark = pytest.mark.skipif(not CAPTURES.exists(), reason=f"no captures at {CAPTURES}")
RUNS = ("runQueryGroupObjectsTrue", "runQueryGroupObjectsDefault")


def recorded(run: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The result's records and the operation as Shopify showed it at its end."""
    found = load("bulk-operation-run-query-group-objects.json")["runs"][run]
    return found["result"]["records"], found["terminalOperation"]


@pytest.mark.parametrize("run", RUNS)
def test_a_recorded_result_is_whole(tmp_path: Path, run: str) -> None:
    records, operation = recorded(run)
    path = tmp_path / "result.jsonl"
    path.write_bytes(b"".join(map(line, records)))
    assert path.stat().st_size == int(operation["fileSize"])
    counts = int(operation["objectCount"]), int(operation["rootObjectCount"])
    assert list(joined(path, Bulk(), *counts)) == records
    path.write_bytes(b"".join(map(line, records[:-1])))
    path.with_suffix(".index").unlink()
    with pytest.raises(CountError, match="but Shopify counted"):
        list(joined(path, Bulk(), *counts))


def test_a_refusal_is_worded_as_recorded() -> None:
    text = next(CAPTURES.glob("*/*/*/fulfillment-order-lifecycle.json")).read_text()
    (expected,) = {orjson.dumps(error) for error in _denied(orjson.loads(text))}
    with pytest.raises(ApiError) as raised:
        guarded("read_apps", "heldByApp", False, None)(_Context(), {}, {})
    said = {"message": raised.value.message, "extensions": raised.value.extensions}
    assert said == orjson.loads(expected)


class _Context:
    """An app without any scope."""

    class service:
        scopes = frozenset[str]()


def _denied(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [error for item in node for error in _denied(item)]
    if not isinstance(node, dict):
        return []
    if node.get("extensions", {}).get("code") == "ACCESS_DENIED" and "message" in node:
        return [{"message": node["message"], "extensions": node["extensions"]}]
    return _denied(list(node.values()))
