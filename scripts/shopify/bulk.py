"""Bulk operations: start one, wait for it, fetch its file, give its records.

Shopify's states and what they mean here: FAILED and an hour without progress ask for a smaller
slice; a wrong count, a cancelled or an expired operation is tried again by the next run;
ACCESS_DENIED is a missing scope. What a failed operation leaves (`partialDataUrl`) is never read.
"""

import logging
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.errors import FatalError, RetriableError
from scripts.landing.slices import SliceTooBigError
from scripts.landing.writer import iso
from scripts.shopify.begun import Begun, Task
from scripts.shopify.bulk_download import download
from scripts.shopify.bulk_result import CountError, joined
from scripts.shopify.client import Client, MissingScopeError
from scripts.shopify.documents import document
from scripts.shopify.pages import PARTS_AT_ONCE, Record, add_parts, whole
from scripts.shopify.streams import Bulk, Stream

POLL_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)  # the last one goes on
STALLED_SECONDS = 3600.0
GONE, STALLED = "unknown to the shop", "made no progress for an hour"  # ends that are not Shopify's
# How long to wait for one of the five places.
PLACE_SECONDS = 3600.0
# Shopify runs five operations of an app at once: one is left to others.
PLACES = threading.BoundedSemaphore(4)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Waiting:
    """How time passes; tests put their own."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] | None = None

    def pause(self, number: int) -> None:
        seconds = POLL_SECONDS[min(number, len(POLL_SECONDS) - 1)]
        (self.sleep or time.sleep)(seconds)


def read_bulk(
    client: Client, task: Task, records: int | None = None, waiting: Waiting | None = None
) -> Iterator[tuple[Record, str]]:
    """Each whole record of the stream's search, with the time before the operation was started.
    records: how many the shop counts."""
    waiting = waiting or Waiting()
    stream, begun = task.stream, task.left
    if stream.bulk is None:
        raise FatalError(f"shopify/{stream.name} has no bulk document")
    with PLACES:
        if begun is None:
            _check_search(client, stream, task.query)
            read_at = iso(client.clock.now())
            begun = Begun(_start(client, stream, task.text, waiting), read_at, records)
            task.notes.write(task.asked, begun)
        else:
            log.info("shopify/%s: going on with %s, left behind", stream.name, begun.operation)
        operation = _wait(client, begun.operation, waiting)
    try:
        for record in _result(client, task, stream.bulk, operation):
            yield record, begun.read_at
    except (FatalError, RetriableError):  # the next pull is to begin another one
        task.notes.drop(task.asked, begun)
        raise
    task.notes.drop(task.asked, begun)


def _result(client: Client, task: Task, bulk: Bulk, operation: Record) -> Iterator[Record]:
    """The records of an operation that has ended."""
    stream = task.stream
    if operation["status"] != "COMPLETED":
        raise _failure(stream, operation)
    with tempfile.TemporaryDirectory(prefix="ecomm-bulk-") as folder:
        path = Path(folder) / "result.jsonl"
        size = int(operation["fileSize"] or 0)
        download(operation["url"], path, size)
        try:
            yield from _records(client, stream, bulk, operation, path)
        except CountError as error:
            raise RetriableError(
                f"shopify/{stream.name}: {error} ({operation['id']}, {task.query}); the cursor was "
                "left where it was"
            ) from error


def _check_search(client: Client, stream: Stream, query: str) -> None:
    """A bulk operation does not tell that it ignored a filter; a page does."""
    if query and not stream.parent:
        client.execute(document(stream.document), {"first": 1, "query": query})


def _start(client: Client, stream: Stream, text: str, waiting: Waiting) -> str:
    begun, number = waiting.clock(), 0
    while True:
        answer = client.execute(document("bulk_start"), {"query": text})["bulkOperationRunQuery"]
        if not (answer and (answer["bulkOperation"] or answer["userErrors"])):
            raise RetriableError(f"shopify/{stream.name}: Shopify began no bulk operation")
        if not answer["userErrors"]:
            return str(answer["bulkOperation"]["id"])
        codes = {error.get("code") for error in answer["userErrors"]}
        message = "; ".join(error["message"] for error in answer["userErrors"])
        if not codes & {"OPERATION_IN_PROGRESS", "LIMIT_REACHED"}:
            raise FatalError(f"shopify/{stream.name}: the bulk query was refused: {message}")
        if waiting.clock() - begun > PLACE_SECONDS:
            raise RetriableError(f"shopify/{stream.name}: no place for a bulk operation: {message}")
        waiting.pause(number)
        number += 1


def _wait(client: Client, gid: str, waiting: Waiting) -> Record:
    """The operation when it has ended, or has been ended because it made no progress."""
    number, progress, moved = 0, "", waiting.clock()
    while True:
        operation: Record | None = client.execute(document("bulk_status"), {"id": gid})["operation"]
        if operation is None:
            return {"id": gid, "status": GONE, "errorCode": None, "partialDataUrl": None}
        if operation["status"] not in ("CREATED", "RUNNING", "CANCELING"):
            return operation
        seen = f"{operation['status']} {operation['objectCount']}"
        if seen != progress:
            progress, moved = seen, waiting.clock()
        if waiting.clock() - moved > STALLED_SECONDS:
            client.execute(document("bulk_cancel"), {"id": gid})
            return operation | {"status": STALLED}
        waiting.pause(number)
        number += 1


def _failure(stream: Stream, operation: Record) -> Exception:
    code, status = operation["errorCode"], operation["status"]
    if code == "ACCESS_DENIED":
        scopes = ", ".join(stream.scopes)
        return MissingScopeError(f"shopify/{stream.name}: the bulk operation was denied", scopes)
    if operation["partialDataUrl"]:
        log.info("shopify/%s: what the failed operation left is not used", stream.name)
    if status == STALLED:
        return _smaller(stream, f"the bulk operation {operation['id']} {STALLED}")
    what = f"the bulk operation {operation['id']} ended {status} ({code or 'no code'})"
    if status == "FAILED":
        return _smaller(stream, what)
    return RetriableError(f"shopify/{stream.name}: {what}; the cursor was left where it was")


def _smaller(stream: Stream, what: str) -> Exception:
    """A window can be cut; a collection that is read whole cannot."""
    kind = SliceTooBigError if stream.reads == "window" else RetriableError
    return kind(f"shopify/{stream.name}: {what}")


def _records(
    client: Client, stream: Stream, bulk: Bulk, operation: Record, path: Path
) -> Iterator[Record]:
    objects, roots = int(operation["objectCount"]), int(operation["rootObjectCount"])
    found: Iterator[Any] = joined(path, bulk, objects, roots)
    if bulk.parts is None:
        yield from found
        return
    field, parts_document = bulk.parts
    batch: list[Record] = []
    waiting = 0
    for record in found:
        batch.append(record)
        waiting += len(record[field])
        if waiting >= PARTS_AT_ONCE or len(batch) >= PARTS_AT_ONCE:
            yield from _completed(client, stream, batch, field, parts_document)
            batch, waiting = [], 0
    yield from _completed(client, stream, batch, field, parts_document)


def _completed(
    client: Client, stream: Stream, batch: list[Record], field: str, parts_document: str
) -> Iterator[Record]:
    for record in add_parts(client, batch, field, parts_document):
        if found := whole(client, stream, record):
            yield found
