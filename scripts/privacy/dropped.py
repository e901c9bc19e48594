"""Which dropped files named a person: landing has their rows masked, so the originals can go."""

from bisect import bisect_right
from itertools import accumulate
from typing import Any

from scripts.landing.store import Store
from scripts.privacy.lines import lines


def originals(store: Store, manifest: dict[str, Any], parts: list[list[int]]) -> list[str]:
    """Keys in the dropzone. parts: by part of the manifest, numbers of the rows that named them.

    A refused row names its file; of the others the manifest says how many each file gave, in the
    order in which they were written.
    """
    if manifest["source"] != "files":
        return []
    ends = list(accumulate(entry["rows"] for entry in manifest.get("sources", [])))
    found: set[str] = set()
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
    return [f"dropzone/{name}" for name in sorted(found)]
