"""Bulk operations on the running service."""

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from shopify_builders import line, order
from shopify_local import Server

RUN = """mutation Run($query: String!) { bulkOperationRunQuery(query: $query, groupObjects: false) {
  bulkOperation { id status objectCount } userErrors { field message code } } }"""
READ = """query Read($id: ID!) { node(id: $id) { ... on BulkOperation { id status errorCode
  objectCount rootObjectCount fileSize url partialDataUrl completedAt } } }"""
CANCEL = """mutation Cancel($id: ID!) { bulkOperationCancel(id: $id) {
  bulkOperation { id status } userErrors { field message } } }"""
ORDERS = """{ orders { edges { node { id name refunds { id }
  lineItems { edges { node { id quantity } } } } } } }"""


def run(server: Server, query: str = ORDERS) -> dict[str, Any]:
    return server.ask(RUN, query=query)["bulkOperationRunQuery"]


def finished(server: Server, gid: str) -> dict[str, Any]:
    while True:
        operation = server.ask(READ, id=gid)["node"]
        if operation["status"] not in ("CREATED", "RUNNING", "CANCELING"):
            return operation


def lines_of(url: str) -> list[dict[str, Any]]:
    return [json.loads(text) for text in requests.get(url, timeout=10).text.splitlines()]


def test_a_result_holds_parents_and_children(server: Server) -> None:
    made = [order(server.ask, line("a", "1.00"), line("b", "2.00", 2)) for _ in range(3)]
    started = run(server)["bulkOperation"]
    assert (started["status"], started["objectCount"]) == ("CREATED", "0")
    done = finished(server, started["id"])
    assert done["status"] == "COMPLETED"
    assert (done["objectCount"], done["rootObjectCount"]) == ("9", "3")
    found = lines_of(done["url"])
    assert len(requests.get(done["url"], timeout=10).content) == int(done["fileSize"])
    parents = [entry for entry in found if "__parentId" not in entry]
    assert [p["name"] for p in parents] == [o["name"] for o in made]
    assert all("lineItems" not in p and p["refunds"] == [] for p in parents)
    children = [entry for entry in found if "__parentId" in entry]
    for before in made:
        own = [c["id"] for c in children if c["__parentId"] == before["id"]]
        assert own == [n["id"] for n in before["lineItems"]["nodes"]]


def test_a_result_says_the_name_of_its_file(server: Server) -> None:
    """airbyte-source-shopify fails without it."""
    order(server.ask, line("a", "1.00"))
    url = urlsplit(finished(server, run(server)["bulkOperation"]["id"])["url"])
    told = dict(parse_qsl(url.query))
    name = url.path.rpartition("/")[2]
    said = told["response-content-disposition"]
    assert said == f"attachment; filename=\"bulk-{name}\"; filename*=UTF-8''bulk-{name}"
    assert told["response-content-type"] == "application/jsonl"


def test_an_empty_result_has_no_url(server: Server) -> None:
    done = finished(server, run(server)["bulkOperation"]["id"])
    assert (done["status"], done["objectCount"], done["url"]) == ("COMPLETED", "0", None)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{ shop { id } }", "Bulk queries must contain at least one connection."),
        ("#" + "a" * 65_535, "Query is too large (65536 bytes; maximum is 65535 bytes)"),
        ("{ products { nodes { id } } }", "must use edges and node"),
        (
            "{ products { edges { node { title variants { edges { node { id } } } } } } }",
            "must select the 'id' field",
        ),
        (
            "{ orders { edges { node { id refunds { id refundLineItems "
            "{ edges { node { id } } } } } } } }",
            "connection field within a list field",
        ),
    ],
)
def test_bulk_queries_that_are_refused(server: Server, query: str, message: str) -> None:
    answer = run(server, query)
    assert answer["bulkOperation"] is None
    error = answer["userErrors"][0]
    assert message in error["message"]
    assert (error["field"], error["code"]) == (["query"], "INVALID")


def test_five_run_at_once_the_sixth_waits(server: Server) -> None:
    server.admin("bulk", [{"seconds": 30}] * 5)
    started = [run(server)["bulkOperation"]["id"] for _ in range(5)]
    sixth = run(server)
    assert sixth["bulkOperation"] is None
    error = sixth["userErrors"][0]
    assert error["code"] == "OPERATION_IN_PROGRESS"
    assert error["message"].startswith("A bulk query operation for this app and shop is already")
    cancelled = server.ask(CANCEL, id=started[0])["bulkOperationCancel"]
    assert cancelled["bulkOperation"]["status"] == "CANCELING"


def test_a_failure_leaves_partial_data(server: Server) -> None:
    for _ in range(4):
        order(server.ask, line("a", "1.00"))
    outcome = {"status": "FAILED", "error_code": "INTERNAL_SERVER_ERROR", "partial": 0.5}
    server.admin("bulk", [outcome])
    done = finished(server, run(server)["bulkOperation"]["id"])
    assert (done["status"], done["errorCode"]) == ("FAILED", "INTERNAL_SERVER_ERROR")
    assert done["url"] is None
    assert len(lines_of(done["partialDataUrl"])) == 4


def test_an_ended_operation_cannot_be_cancelled(server: Server) -> None:
    gid = run(server)["bulkOperation"]["id"]
    finished(server, gid)
    error = server.ask(CANCEL, id=gid)["bulkOperationCancel"]["userErrors"]
    message = "A bulk operation cannot be canceled when it is completed"
    assert error == [{"field": None, "message": message}]
    text = "{ currentBulkOperation { id } bulkOperations(first: 5) { nodes { id } } }"
    found = server.ask(text)
    assert found["currentBulkOperation"]["id"] == gid
    assert found["bulkOperations"]["nodes"] == [{"id": gid}]


def test_an_interrupted_operation_is_finished_after_a_restart(own_server: Server) -> None:
    order(own_server.ask, line("a", "1.00"))
    own_server.admin("bulk", [{"seconds": 30}])
    gid = run(own_server)["bulkOperation"]["id"]
    own_server.process.kill()
    own_server.process.wait()
    own_server.start()
    done = finished(own_server, gid)
    assert (done["status"], done["objectCount"]) == ("COMPLETED", "2")
