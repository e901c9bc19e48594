"""What a stream's lists hold of a time: objects by when they were made, and their children."""

import logging
from collections.abc import Iterator
from urllib.parse import parse_qsl, quote, urlsplit

from scripts.landing.slices import Change
from scripts.landing.window import Slice
from scripts.stripe.client import Client, MissingError, Record
from scripts.stripe.pages import head_of
from scripts.stripe.plan import bounds, created, instant
from scripts.stripe.streams import Stream

log = logging.getLogger(__name__)


def listed(client: Client, stream: Stream, piece: Slice) -> Iterator[Change]:
    span = {"created": bounds(piece)}
    if stream.parent:
        for parent, _ in client.list(stream.parent, **span):
            for record, read_at in children(client, stream, parent):
                yield Change(record["id"], record, instant(created(record)), read_at=read_at)
        return
    expand = {"expand": [f"data.{name}" for name in stream.expand]} if stream.expand else {}
    for chosen in stream.filters:
        for text, read_at in client.texts(stream.path, **span, **chosen, **expand):
            head = head_of(text)
            yield Change(head.id, text, instant(head.changes), read_at=read_at)


def children(client: Client, stream: Stream, parent: Record) -> Iterator[tuple[Record, str]]:
    if any(parent.get(name) != value for name, value in stream.having.items()):
        return
    url = urlsplit(stream.children.format(id=quote(parent["id"], safe="")))
    named = {stream.owner: parent["id"]} if stream.owner else {}
    try:
        for record, read_at in client.list(url.path, **dict(parse_qsl(url.query))):
            yield record | named, read_at
    except MissingError:
        log.info("the owner of %s was deleted meanwhile", url.path)
