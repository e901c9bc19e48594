"""What lies in the dropzone, by dataset."""

import logging
from dataclasses import dataclass

from scripts.files.datasets import DATASETS
from scripts.landing.store import Store

log = logging.getLogger(__name__)
ROOT = "dropzone/"


@dataclass(frozen=True)
class Dropped:
    """name: the key without `dropzone/`, such as `inventory/2026-11/reno.csv`."""

    name: str
    etag: str

    @property
    def key(self) -> str:
        return f"{ROOT}{self.name}"


def dropped(store: Store, prefix: str) -> dict[str, list[Dropped]]:
    """Files below `dropzone/<prefix>` by dataset, in the order of their names.

    A folder that is no dataset is named in a warning and left alone.
    """
    found: dict[str, list[Dropped]] = {}
    place = f"{ROOT}{prefix.strip().lstrip('/')}"
    for key, etag, _ in store.etags(place):
        name = key.removeprefix(ROOT)
        if name and not name.endswith("/"):  # consoles make empty objects for folders
            found.setdefault(name.partition("/")[0] if "/" in name else "", []).append(
                Dropped(name, etag)
            )
    if place != ROOT and not found:
        log.warning("s3://%s/%s: nothing lies there, is the prefix right?", store.bucket, place)
    for folder in sorted(found.keys() - DATASETS.keys()):
        log.warning(
            "s3://%s/%s%s is no dataset: its %d files stay; known are %s",
            store.bucket,
            ROOT,
            folder,
            len(found[folder]),
            ", ".join(sorted(DATASETS)),
        )
    return {name: found[name] for name in DATASETS if name in found}
