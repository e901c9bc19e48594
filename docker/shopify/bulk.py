"""Bulk operations: the checks of a bulk query, and running it to a JSON Lines file.

An operation runs beside the requests in slices, so the server answers meanwhile. A result line is
one node; a node of a nested connection is a line of its own with its parent's `__parentId`.
"""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlencode

import orjson

from docker.common.clock import format_time
from docker.shopify.documents import Document, Documents
from docker.shopify.errors import ApiError
from docker.shopify.execute import Context, Plan, PlanField, run
from docker.shopify.service import Service, announce
from docker.shopify.store import Document as Stored

MAX_BYTES = 65_535
MAX_CONNECTIONS = 5
MAX_DEPTH = 2
SLICE = 200
ENDED = ("CANCELED", "COMPLETED", "EXPIRED", "FAILED")
ESCAPES = {b"/": b"\\/", b"&": b"\\u0026", b"<": b"\\u003c", b">": b"\\u003e"}
NOT_A_CONNECTION = "Bulk queries must contain at least one connection."


@dataclass
class Outcome:
    """How the next operation is to go, set through `/_admin/bulk`: a stage direction."""

    status: str = "COMPLETED"
    error_code: str | None = None
    seconds: float = 0.0
    partial: float = 0.0


@dataclass
class BulkRunner:
    """The operations of one shop; `outcomes` are used up by the operations that start."""

    service: Service
    directory: Path
    base_url: str = ""
    outcomes: list[Outcome] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def start(self, operation: Stored, documents: Documents) -> None:
        outcome = self.outcomes.pop(0) if self.outcomes else Outcome()
        task = asyncio.get_running_loop().create_task(self._run(operation, documents, outcome))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _run(self, operation: Stored, documents: Documents, outcome: Outcome) -> None:
        await asyncio.sleep(0.05)
        name = f"{operation['legacyResourceId']}-{secrets.token_hex(12)}.jsonl"
        path = self.directory / name
        self.directory.mkdir(parents=True, exist_ok=True)
        if operation["status"] == "CREATED":
            self._save(operation, status="RUNNING")
            await self._pause(outcome.seconds)
        try:
            with path.open("wb") as out:
                await self._write(operation, documents, out)
        except ApiError as error:
            outcome = Outcome("FAILED", error.extensions.get("code"))
        if operation["status"] != "RUNNING":
            self._save(operation, status="CANCELED")
            return
        size = path.stat().st_size
        if outcome.status != "COMPLETED":
            self._fail(operation, outcome, path)
            return
        self._save(
            operation,
            status="COMPLETED",
            completedAt=format_time(self.service.clock.now()),
            fileSize=str(size) if size else None,
            url=self._url(name) if size else None,
        )

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.released.wait(), seconds)

    def release(self) -> None:
        """What runs now goes on to its end."""
        self.released.set()
        self.released = asyncio.Event()

    def _fail(self, operation: Stored, outcome: Outcome, path: Path) -> None:
        lines = path.read_bytes().splitlines(keepends=True)
        kept = lines[: int(len(lines) * outcome.partial)]
        path.write_bytes(b"".join(kept))
        self._save(
            operation,
            status=outcome.status,
            errorCode=outcome.error_code,
            completedAt=format_time(self.service.clock.now()),
            objectCount=str(len(kept)),
            partialDataUrl=self._url(path.name) if kept else None,
        )

    async def _write(self, operation: Stored, documents: Documents, out: BinaryIO) -> None:
        document = documents.get(operation["query"], None)
        if not isinstance(document, Document):
            raise LookupError(f"{operation['id']} holds an invalid query")
        context = Context(self.service.store, {}, self.service, unlimited=True)
        written = roots = 0
        for count, lines in enumerate(bulk_lines(document, context), 1):
            out.write(b"".join(lines))
            written, roots = written + len(lines), count
            if count % SLICE == 0:
                self._save(operation, objectCount=str(written), rootObjectCount=str(roots))
                await asyncio.sleep(0)
                if operation["status"] != "RUNNING":
                    break
        self._save(operation, objectCount=str(written), rootObjectCount=str(roots))

    def _save(self, operation: Stored, **changes: Any) -> None:
        operation.update(changes)
        self.service.store.put(operation)
        if operation["status"] in ENDED and "status" in changes:
            context = Context(self.service.store, {}, self.service)
            announce(context, "bulk_operations/finish", operation)
        self.service.store.commit()

    def _url(self, name: str) -> str:
        """As Shopify's storage names a result; connectors take the file's name out of it."""
        said = f"attachment; filename=\"bulk-{name}\"; filename*=UTF-8''bulk-{name}"
        told = {
            "response-content-disposition": said,
            "response-content-type": "application/jsonl",
        }
        return f"{self.base_url}/bulk-results/{name}?{urlencode(told)}"


def bulk_lines(document: Document, context: Context) -> Iterator[list[bytes]]:
    """The result lines of each root node, parents before children."""
    for root in document.plan.fields(document.root):
        if not root.kind.endswith("Connection") or root.resolver is None:
            continue
        page = root.resolver(context, None, root.call_arguments(context))
        node = _node_field(root.plan, root.kind)
        if node is None:
            continue
        for item in page.items:
            source = context.store.get(item) if isinstance(item, str) else item
            if source is not None:
                lines: list[bytes] = []
                _flatten(node.plan, run(node.plan, source, context, node.kind), None, lines)
                yield lines


def _node_field(plan: Plan, kind: str) -> PlanField | None:
    for edges in plan.fields(kind):
        if edges.name == "edges":
            return next((f for f in edges.plan.fields(edges.kind) if f.name == "node"), None)
    return None


def _flatten(
    plan: Plan, node: dict[str, Any], parent: str | None, lines: list[bytes], kind: str = ""
) -> None:
    runtime = kind or plan.kind.name
    children: list[tuple[PlanField, list[dict[str, Any]]]] = []
    own = _without_connections(plan, node, runtime, children)
    if parent is not None:
        own["__parentId"] = parent
    lines.append(line(own))
    for part, edges in children:
        inner = _node_field(part.plan, part.kind)
        for edge in edges:
            if inner is not None:
                _flatten(inner.plan, edge[inner.key], node["id"], lines)


def line(node: dict[str, Any]) -> bytes:
    """One line as Shopify writes it: slashes and what HTML minds are escaped, as recorded."""
    text = orjson.dumps(node)
    for plain, escaped in ESCAPES.items():
        text = text.replace(plain, escaped)
    return text + b"\n"


def _without_connections(
    plan: Plan,
    node: dict[str, Any],
    runtime: str,
    children: list[tuple[PlanField, list[dict[str, Any]]]],
) -> dict[str, Any]:
    own: dict[str, Any] = {}
    for f in plan.fields(runtime):
        if f.key not in node:
            continue
        value = node[f.key]
        if f.kind.endswith("Connection"):
            children.append((f, (value or {}).get("edges") or []))
        elif isinstance(value, dict) and not f.plan.abstract and not f.leaf and f.shape is None:
            own[f.key] = _without_connections(f.plan, value, f.kind, children)
        else:
            own[f.key] = value
    return own


def check_bulk_query(text: str, documents: Documents) -> str | None:
    """What Shopify would say against a bulk query; None when it may run."""
    if len(text.encode()) > MAX_BYTES:
        size = len(text.encode())
        return f"Query is too large ({size} bytes; maximum is {MAX_BYTES} bytes)"
    document = documents.get(text, None)
    if not isinstance(document, Document):
        return f"Invalid bulk query: {document[0]['message']}"
    if document.root == "Mutation":
        return "Bulk queries must be a query operation."
    found = _Shape()
    _inspect(document, document.plan, document.root, found, 0, False)
    if not found.connections:
        return NOT_A_CONNECTION
    if found.problem:
        return found.problem
    if found.connections > MAX_CONNECTIONS:
        return f"Bulk queries cannot contain more than {MAX_CONNECTIONS} connections."
    if found.depth > MAX_DEPTH + 1:
        message = "Bulk queries cannot contain connections with a nesting depth greater than"
        return f"{message} {MAX_DEPTH}."
    return None


@dataclass
class _Shape:
    connections: int = 0
    depth: int = 0
    problem: str | None = None


def _inspect(
    document: Document, plan: Plan, runtime: str, found: _Shape, depth: int, in_list: bool
) -> None:
    for f in plan.fields(runtime):
        if f.leaf or f.name == "__typename":
            continue
        if f.kind.endswith("Connection"):
            found.connections += 1
            found.depth = max(found.depth, depth + 1)
            if in_list:
                found.problem = (
                    "Queries that contain a connection field within a list field are not "
                    "currently supported."
                )
            node = _node_field(f.plan, f.kind)
            if node is None:
                found.problem = "Connection fields in bulk queries must use edges and node."
                continue
            nested = any(x.kind.endswith("Connection") for x in node.plan.fields(node.kind))
            selects_id = any(x.key == x.name == "id" for x in node.plan.fields(node.kind))
            if nested and not selects_id:
                found.problem = (
                    "The parent 'node' field for a nested connection must select the 'id' field "
                    "without an alias and must be of 'ID' return type. Connection fields without "
                    f"'id': {f.name}."
                )
            _inspect(document, node.plan, node.kind, found, depth + 1, in_list)
        elif not f.plan.abstract:
            _inspect(document, f.plan, f.kind, found, depth, in_list or f.is_list)


def unsupported_roots(document: Document) -> None:
    """Raises for a root connection that this local service does not offer."""
    for f in document.plan.fields(document.root):
        if f.resolver is None:
            raise ApiError(
                f"QueryRoot.{f.name} is not supported by this local Shopify.",
                "NOT_SUPPORTED_LOCALLY",
            )
