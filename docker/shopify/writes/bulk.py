"""bulkOperationRunQuery and bulkOperationCancel."""

from typing import Any

from docker.shopify.bulk import ENDED, check_bulk_query, unsupported_roots
from docker.shopify.documents import Document
from docker.shopify.errors import UserError, invalid_id
from docker.shopify.execute import Context
from docker.shopify.service import Arguments, create, mutation
from docker.shopify.store import gid_type

# five query operations of an app run at once since 2026-01, one before
FIVE_SINCE = "2026-01"


@mutation("bulkOperationRunQuery", "bulkOperation")
def run_query(context: Context, arguments: Arguments) -> dict[str, Any]:
    service, text = context.service, arguments["query"]
    documents = service.documents(service.version)
    if problem := check_bulk_query(text, documents):
        raise UserError(["query"], problem, "INVALID")
    document = documents.get(text, None)
    if isinstance(document, Document):
        unsupported_roots(document)
    busy = [d["id"] for d in context.store.all("BulkOperation") if d["status"] not in ENDED]
    if len(busy) >= (5 if service.version >= FIVE_SINCE else 1):
        message = "A bulk query operation for this app and shop is already in progress: "
        raise UserError(None, f"{message}{', '.join(busy)}.", "OPERATION_IN_PROGRESS")
    operation = create(context, "BulkOperation", status="CREATED", type="QUERY", query=text)
    operation |= {
        "errorCode": None,
        "completedAt": None,
        "objectCount": "0",
        "rootObjectCount": "0",
        "fileSize": None,
        "url": None,
        "partialDataUrl": None,
        "_version": service.version,
    }
    context.store.put(operation)
    service.bulk.start(operation, documents)
    return {"bulkOperation": dict(operation)}


@mutation("bulkOperationCancel", "bulkOperation")
def cancel(context: Context, arguments: Arguments) -> dict[str, Any]:
    gid = arguments["id"]
    if gid_type(gid) != "BulkOperation":
        raise invalid_id(gid)
    operation = context.store.get(gid)
    if operation is None:
        raise UserError(["id"], "Bulk operation does not exist")
    if operation["status"] in ENDED:
        status = operation["status"].lower()
        message = f"A bulk operation cannot be canceled when it is {status}"
        entry = {"field": None, "message": message, "code": None}
        return {"bulkOperation": operation, "userErrors": [entry]}
    operation["status"] = "CANCELING"
    context.store.put(operation)
    return {"bulkOperation": dict(operation)}
