"""Which dropped files named a person: landing has their rows masked, so the originals can go."""

import logging
import tempfile
from bisect import bisect_right
from itertools import accumulate
from pathlib import Path
from typing import Any

import orjson

from scripts.files.datasets import DATASETS
from scripts.files.dropzone import ROOT
from scripts.files.rows import BadFileError
from scripts.files.unpacked import unpacked
from scripts.landing.state import read_state
from scripts.landing.store import Store
from scripts.landing.writer import manifests
from scripts.privacy.lines import lines
from scripts.privacy.person import Person, says

log = logging.getLogger(__name__)
ENCODINGS = ("utf-8", "latin-1")
CHUNK_BYTES = 1 << 20
OVERLAP_BYTES = 1 << 10  # longer than what is looked for


def originals(
    store: Store, manifest: dict[str, Any], parts: list[list[int]], person: Person
) -> list[str]:
    """Keys in the dropzone. parts: by part of the manifest, numbers of the rows that named them.

    A refused row names its file; of the others the manifest says how many each file gave, in the
    order in which they were written. A file's own name may name them too: left in the dropzone it
    would land again.
    """
    if manifest["source"] != "files":
        return []
    ends = list(accumulate(entry["rows"] for entry in manifest.get("sources", [])))
    names = (entry["file"] for entry in manifest.get("sources", []))
    found = {name for name in names if _is_named(name, person)}
    start = 0
    for part, numbers in zip(manifest["files"], parts, strict=True):
        if ends:
            found.update(
                manifest["sources"][bisect_right(ends, start + number)]["file"]
                for number in numbers
            )
        elif numbers:
            rows = [record["file"] for _, record in lines(store, part["path"])]
            found.update(rows[number] for number in numbers)
        start += part["rows"]
    return [f"{ROOT}{name}" for name in sorted(found)]


def delete_refused(store: Store, person: Person) -> None:
    """Files that were refused whole and name the person: landing has only how they begin. What
    waits to be landed stays, and so do folders that are no dataset's, which a warning names."""
    landed = {
        (entry["file"], entry["etag"])
        for dataset in DATASETS
        for key in store.list(manifests("files", dataset))
        for entry in orjson.loads(store.read(key)).get("sources", [])
        if "etag" in entry
    }
    lying = list(store.etags(ROOT))
    waits = waiting(store)  # asked after it: what is new by then is not looked at
    for key, etag, _ in lying:
        name = key.removeprefix(ROOT)
        if key in waits or (name, etag) in landed or not _names(store, key, person):
            continue
        if name.partition("/")[0] in DATASETS:
            store.delete([key])
        else:
            log.warning("s3://%s/%s is no dataset's and names the person", store.bucket, key)


def waiting(store: Store) -> set[str]:
    """Keys of what has not been landed, or was written anew since."""
    seen = {name: read_state(store, "files", name).seen for name in DATASETS}
    found: set[str] = set()
    for key, etag, _ in store.etags(ROOT):
        name = key.removeprefix(ROOT)
        known = seen.get(name.partition("/")[0])
        if known is not None and known.get(name, [""])[0] != etag:
            found.add(key)
    return found


def _is_named(name: str, person: Person) -> bool:
    return says(name, person.emails) or person.number.search(name) is not None


def _names(store: Store, key: str, person: Person) -> bool:
    if _is_named(key, person):
        return True
    with tempfile.TemporaryDirectory(prefix="ecomm-privacy-") as folder:
        path = Path(folder) / "file"
        store.download(key, path)
        try:
            with unpacked(path, None) as file:
                before = b""
                while chunk := file.read(CHUNK_BYTES):
                    plain = (before + chunk).replace(b"\0", b"")  # of UTF-16
                    texts = [plain.decode(code, "ignore") for code in ENCODINGS]
                    if any(says(t, person.texts) or person.number.search(t) for t in texts):
                        return True
                    before = chunk[-OVERLAP_BYTES:]
        except BadFileError:
            log.warning("s3://%s/%s cannot be read to its end", store.bucket, key)
    return False
