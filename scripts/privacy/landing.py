"""A person taken out of landing: new parts, then the manifest that names them, then the old go.

Of a dropped file that named the person the original goes as well: landing has its rows, masked.

Manifests are otherwise never written twice. Here each is replaced whole, because what it promises
(bytes, sha256) must hold of the files it names at every moment; rows stay as many as they were, and
`redacted` says by which request. One request is under way at a time (the caller's claim).
"""

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from scripts.landing.store import Store
from scripts.landing.writer import MANIFESTS
from scripts.privacy.dropped import originals, waiting
from scripts.privacy.lines import Line, lines, packed, parsed, texts, written
from scripts.privacy.mask import forgotten, masked, unquoted
from scripts.privacy.person import Person
from scripts.privacy.theirs import belongs, learn, quotes

CUSTOMER_STREAMS = (("shopify", "customers"), ("shopify", "customer_metafields"))
ORDER_STREAMS = (("shopify", "orders"), ("files", "shopify_orders"))
ORDER_FIELDS = ("shopify", "order_metafields")
REPORTS = "privacy/reports/"
STATES = "state/"
OWN_STATES = "state/privacy/"  # of the request itself
PART = ".jsonl.gz"


def learn_from_landing(store: Store, person: Person) -> None:
    """Read everything until nothing new is learned: an order gives the email that a charge has.
    What only names an order of theirs teaches nothing: somebody else may have paid for it."""
    known, surely = -1, replace(person, orders=set())
    orders = tuple(f"{MANIFESTS}{source}/{stream}/" for source, stream in ORDER_STREAMS)
    while known != person.known:
        known = person.known
        for key in store.list(MANIFESTS):
            whose = person if key.startswith(orders) else surely
            for head, record in records_of(store, key, whose):
                learn(record, person, (head["_source"], head["_stream"]) in ORDER_STREAMS)


def redact_landing(store: Store, person: Person, request: str) -> list[dict[str, str]]:
    """Rewrite every part that names the person; source, stream and run of each changed manifest,
    those of an interrupted call included."""
    changed: list[dict[str, str]] = []
    waits = waiting(store)  # landing does not have it
    for key in _manifests(store):
        manifest = orjson.loads(store.read(key))
        parts = [_redacted(store, file, person, request) for file in manifest["files"]]
        files = [file for file, _ in parts]
        after = _unnamed(manifest, person)
        if files != manifest["files"]:
            done = [*manifest.get("redacted", []), request]
            total = sum(file["bytes"] for file in files)
            after |= {"files": files, "bytes": total, "redacted": done}
        if after != manifest:
            dropped = originals(store, manifest, [rows for _, rows in parts], person)
            store.delete([name for name in dropped if name not in waits])
            put(store, key, orjson.dumps(after))
            store.delete([old["path"] for old in manifest["files"] if old not in files])
            manifest = after
        if request in manifest.get("redacted", []):
            changed.append({name: manifest[name] for name in ("source", "stream", "run_id")})
    return changed


def _unnamed(manifest: dict[str, Any], person: Person) -> dict[str, Any]:
    """The manifest without the person in names of dropped files: as the state has them then, too.
    Bronze knows no such names, so a run that changes in nothing else is none that it must read."""
    named = {"sources": forgotten(manifest["sources"], person)} if "sources" in manifest else {}
    return {**manifest, **named}


def _manifests(store: Store) -> Iterator[str]:
    """Every manifest's key, also of pulls that end while the others are looked through."""
    seen: set[str] = set()
    while new := [key for key in store.list(MANIFESTS) if key not in seen]:
        seen.update(new)
        yield from new


def records_of(
    store: Store, manifest_key: str, person: Person
) -> Iterator[tuple[dict[str, Any], Any]]:
    """(envelope without its record, record) of a manifest's records that are the person's."""
    for file in orjson.loads(store.read(manifest_key))["files"]:
        for head, record in lines(store, file["path"]):
            if _is_theirs((head, record), person):
                yield head, record


def put(store: Store, key: str, content: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        store.upload(Path(file.name), key)


def redact_unnamed(store: Store, person: Person) -> None:
    """Mask what no manifest names: parts of runs that died, and old parts that an interrupted
    request could not delete. In place, row by row: a run that still lives may name them yet."""
    named = {
        file["path"]
        for key in store.list(MANIFESTS)
        for file in orjson.loads(store.read(key))["files"]
    }
    for key in list(store.list("landing/")):
        if key.endswith(PART) and key not in named:
            content, rows, _ = _masked(store, key, person)
            if rows:
                put(store, key, content)


def redact_states(store: Store, person: Person) -> None:
    """What pulls remember to have read: a database's key may be an email. In place and in every
    generation; the row's end then lands under the key that landing and silver have now."""
    for key in list(store.list(STATES)):
        if key.startswith(OWN_STATES):
            continue
        state = store.read(key)
        try:
            remembered = orjson.loads(state)
        except orjson.JSONDecodeError:  # of a damaged state the next pull tells
            continue
        if (after := forgotten(remembered, person)) != remembered:
            put(store, key, orjson.dumps(after))


def delete_reports(store: Store, person: Person) -> None:
    """What the person, or the shop, once asked to be told of them."""
    for key in list(store.list(REPORTS)):
        if any(_is_theirs(line, person) for line in lines(store, key)):
            store.delete([key])


def _redacted(
    store: Store, file: dict[str, Any], person: Person, request: str
) -> tuple[dict[str, Any], list[int]]:
    """The part's entry, of a new part beside it when it named the person, and which rows did."""
    content, named, rows = _masked(store, file["path"], person)
    if not named:
        return file, named
    path = file["path"].removesuffix(PART).partition("-r-")[0] + f"-r-{request}{PART}"
    put(store, path, content)
    digest = hashlib.sha256(content).hexdigest()
    return {"path": path, "rows": rows, "bytes": len(content), "sha256": digest}, named


def _masked(store: Store, path: str, person: Person) -> tuple[bytes, list[int], int]:
    """A part without the person, which of its rows named them, and how many it has. What does not
    name them stays as it stands, byte for byte."""
    part = store.read(path)
    named: list[int] = []
    rows = 0
    for text in texts(part):
        if _without(parsed(text), person):
            named.append(rows)
        rows += 1
    if not named:
        return b"", named, rows
    others = ((text, _without(parsed(text), person)) for text in texts(part))
    return packed(written(line) if line else text for text, line in others), named, rows


def _without(line: Line, person: Person) -> Line | None:
    """The line without the person; None when it does not name them."""
    head, record = line
    of_customer = _customers(head)
    named = {**head, "_id": unquoted(head["_id"], person)}  # a database's key may be an email
    if _is_theirs(line, person):
        if of_customer:
            named["_id"] = named["_id"].replace(person.customer_id, person.token)
        elif _foreign(head):
            named["_id"] = person.number.sub(person.token, named["_id"])
        return named, masked(record, person, of_customer)
    return (named, unquoted(record, person)) if quotes([head["_id"], record], person) else None


def _is_theirs(line: Line, person: Person) -> bool:
    head, record = line
    of_order = (head["_source"], head["_stream"]) in (*ORDER_STREAMS, ORDER_FIELDS)
    return isinstance(record, dict) and belongs(
        record, person, _customers(head), _foreign(head), of_order
    )


def _foreign(head: dict[str, Any]) -> bool:
    """Of a source whose columns nobody has declared."""
    stream = (head["_source"], head["_stream"])
    return head["_source"] in ("database", "files") and stream not in ORDER_STREAMS


def _customers(head: dict[str, Any]) -> bool:
    return (head["_source"], head["_stream"]) in CUSTOMER_STREAMS
