"""What the requests of one running shop share, and the helpers that mutations are written with."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from docker.common.clock import Clock, format_time
from docker.shopify import access
from docker.shopify.errors import UserError, invalid_id
from docker.shopify.execute import RESOLVERS, Context
from docker.shopify.settings import Settings
from docker.shopify.store import Document, Store, gid_type

Arguments = dict[str, Any]
Payload = dict[str, Any]
Handler = Callable[[Context, Arguments], Payload]


@dataclass
class Service:
    """A shop: its documents, its clock, what it is told by the environment."""

    store: Store
    clock: Clock
    settings: Settings
    zone: ZoneInfo
    documents: Callable[[str], Any]
    version: str = ""
    scopes: frozenset[str] = access.ALL
    bulk: Any = None
    events: deque[tuple[str, str, dict[str, Any]]] = field(default_factory=deque)


def mutation(
    name: str, *nulls: str, errors: str = "userErrors", **also: Any
) -> Callable[[Handler], Handler]:
    """Registers a mutation. A UserError becomes its payload's only user error, with the fields
    `nulls` null and `also` as given (a callable is asked with the context and arguments)."""

    def register(handler: Handler) -> Handler:
        def resolve(context: Context, _: Any, arguments: Arguments) -> Payload:
            try:
                return {errors: [], "userErrors": []} | handler(context, arguments)
            except UserError as error:
                extra = {k: v(context, arguments) if callable(v) else v for k, v in also.items()}
                found = {"userErrors": error.entries, errors: error.entries}
                return dict.fromkeys(nulls) | extra | found

        RESOLVERS["Mutation", name] = resolve
        return handler

    return register


def now(context: Context) -> str:
    """The shop's clock as a stored time."""
    return format_time(context.service.clock.now())


def find(context: Context, gid: str | None, kind: str) -> Document | None:
    return context.store.get(gid) if gid and gid_type(gid) == kind else None


def existing(
    context: Context, gid: str, kind: str, path: list[str], message: str, code: str = "NOT_FOUND"
) -> Document:
    """The document, or a UserError; a gid of another type is Shopify's top-level error."""
    if gid_type(gid) != kind:
        raise invalid_id(gid)
    document = context.store.get(gid)
    if document is None:
        raise UserError(path, message, code)
    return document


def create(context: Context, kind: str, gid: str | None = None, **fields: Any) -> Document:
    """A new document with id, legacy id and both times; not yet put."""
    gid = gid or context.store.next_id(kind)
    moment = now(context)
    number = gid.rpartition("/")[2].partition("?")[0]
    return {
        "id": gid,
        "legacyResourceId": number,
        "createdAt": moment,
        "updatedAt": moment,
    } | fields


def save(context: Context, document: Document, topic: str | None = None) -> None:
    """Puts a changed document with a new `updatedAt` and announces it to webhooks."""
    document["updatedAt"] = now(context)
    context.store.put(document)
    if topic:
        announce(context, topic, document)


def record_deletion(context: Context, document: Document, subject: str) -> None:
    """The event that a deletion leaves; products and collections leave a deletion event too."""
    gid, moment = document["id"], now(context)
    name = document.get("name") or document.get("title") or ""
    event = create(context, "BasicEvent", subjectId=gid, subjectType=subject, action="destroy")
    kind = subject.replace("_", " ").capitalize()
    event |= {"message": f"{kind} {name} was deleted.".replace("  ", " "), "author": "ecomm"}
    context.store.put(event)
    if subject in ("PRODUCT", "COLLECTION"):
        deletion = create(context, "DeletionEvent", subjectId=gid, subjectType=subject)
        context.store.put(deletion | {"occurredAt": moment})


def announce(context: Context, topic: str, document: Document) -> None:
    context.service.events.append((topic, document["id"], document))
