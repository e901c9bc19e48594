"""bulkOperation, bulkOperations, currentBulkOperation."""

from typing import Any

from docker.shopify.execute import Context, resolves
from docker.shopify.listing import by_id, list_documents
from docker.shopify.pages import Page
from docker.shopify.search import Filter
from docker.shopify.store import gid_number

STATUSES = frozenset(["canceled", "canceling", "completed", "created", "failed", "running"])
FILTERS = {
    "created_at": Filter("time", lambda d: d["createdAt"]),
    "completed_at": Filter("time", lambda d: d.get("completedAt")),
    "id": Filter("number", lambda d: gid_number(d["id"])),
    "status": Filter("choice", lambda d: d["status"], STATUSES),
    "operation_type": Filter("choice", lambda d: d["type"], frozenset({"query", "mutation"})),
}


by_id("bulkOperation")


@resolves("QueryRoot", "bulkOperations")
def bulk_operations(context: Context, _: Any, arguments: dict[str, Any]) -> Page:
    zone = context.service.zone
    return list_documents(context, "BulkOperation", arguments, FILTERS, None, "CREATED_AT", zone)


@resolves("QueryRoot", "currentBulkOperation")
def current(context: Context, _: Any, arguments: dict[str, Any]) -> Any:
    wanted = arguments.get("type") or "QUERY"
    found = [d for d in context.store.all("BulkOperation") if d["type"] == wanted]
    return found[-1] if found else None
