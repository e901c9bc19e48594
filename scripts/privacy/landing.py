"""A person taken out of landing: new parts, then the manifest that names them, then the old go.

Of a dropped file that named the person the original goes as well: landing has its rows, masked.

Manifests are otherwise never written twice. Here each is replaced whole, because what it promises
(bytes, sha256) must hold of the files it names at every moment; rows stay as many as they were, and
`redacted` says by which request. One request is under way at a time (the caller's claim).
"""

import gzip
import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from scripts.landing.store import Store
from scripts.landing.writer import MANIFESTS, RECORD
from scripts.privacy.dropped import originals
from scripts.privacy.lines import lines
from scripts.privacy.mask import Person, belongs, learn, masked, quotes, unquoted

CUSTOMER_STREAMS = (("shopify", "customers"), ("shopify", "customer_metafields"))


def learn_from_landing(store: Store, person: Person) -> None:
    """Read everything until nothing new is learned: an order gives the email that a charge has."""
    known = -1
    while known != len(person.texts):
        known = len(person.texts)
        for key in store.list(MANIFESTS):
            for _, record in records_of(store, key, person):
                learn(record, person)


def redact_landing(store: Store, person: Person, request: str) -> list[dict[str, str]]:
    """Rewrite every part that names the person; source, stream and run of each changed manifest,
    those of an interrupted call included."""
    changed: list[dict[str, str]] = []
    for key in list(store.list(MANIFESTS)):
        manifest = orjson.loads(store.read(key))
        parts = [_redacted(store, file, person, request) for file in manifest["files"]]
        files = [file for file, _ in parts]
        if files != manifest["files"]:
            store.delete(originals(store, manifest, [rows for _, rows in parts]))
            done = [*manifest.get("redacted", []), request]
            total = sum(file["bytes"] for file in files)
            after = {**manifest, "files": files, "bytes": total, "redacted": done}
            put(store, key, orjson.dumps(after))
            store.delete([old["path"] for old in manifest["files"] if old not in files])
            manifest = after
        if request in manifest.get("redacted", []):
            changed.append({name: manifest[name] for name in ("source", "stream", "run_id")})
    return changed


def records_of(
    store: Store, manifest_key: str, person: Person
) -> Iterator[tuple[dict[str, Any], Any]]:
    """(envelope without its record, record) of a manifest's records that are the person's."""
    for file in orjson.loads(store.read(manifest_key))["files"]:
        for head, record in lines(store, file["path"]):
            if isinstance(record, dict) and belongs(record, person, _customers(head)):
                yield head, record


def put(store: Store, key: str, content: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        store.upload(Path(file.name), key)


def _redacted(
    store: Store, file: dict[str, Any], person: Person, request: str
) -> tuple[dict[str, Any], list[int]]:
    """The part's entry, of a new part beside it when it named the person, and which rows did."""
    out: list[bytes] = []
    named: list[int] = []
    for number, (head, record) in enumerate(lines(store, file["path"])):
        of_customer = _customers(head)
        if isinstance(record, dict) and belongs(record, person, of_customer):
            named.append(number)
            record = masked(record, person, of_customer)
            if of_customer:
                head["_id"] = head["_id"].replace(person.customer_id, person.token)
        elif quotes(record, person):
            named.append(number)
            record = unquoted(record, person)
        out.append(orjson.dumps(head)[:-1] + RECORD + orjson.dumps(record) + b"}\n")
    if not named:
        return file, named
    content = gzip.compress(b"".join(out), mtime=0)
    path = file["path"].removesuffix(".jsonl.gz").partition("-r-")[0] + f"-r-{request}.jsonl.gz"
    put(store, path, content)
    digest = hashlib.sha256(content).hexdigest()
    return {"path": path, "rows": len(out), "bytes": len(content), "sha256": digest}, named


def _customers(head: dict[str, Any]) -> bool:
    return (head["_source"], head["_stream"]) in CUSTOMER_STREAMS
