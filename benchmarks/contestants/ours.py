"""`scripts.stripe` and the landing: the flow's client, fingerprint, envelope, writer and manifest.

S3 alone is left out, since the others write to disk as well.
"""

import os
import shutil
import sys
from pathlib import Path

from scripts import settings
from scripts.landing.slices import fingerprint
from scripts.landing.store import Store
from scripts.landing.writer import LandingWriter
from scripts.stripe import client


class Folder(Store):
    """The landing's one file, to a place on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def upload(self, path: Path, key: str) -> None:
        shutil.copyfile(path, self.path)

    def create(self, key: str, document: dict[str, object]) -> None:
        self.path.with_suffix(".manifest").write_text(key)


def main(path: Path) -> None:
    # The pace is there for the real Stripe's limit; the benchmark's server has none.
    client.REQUESTS_PER_SECOND = float(os.environ["BENCH_REQUESTS_PER_SECOND"])
    stripe = client.Client(settings.stripe())
    with LandingWriter(Folder(path), "stripe", "charges", stripe.version) as writer:
        seen = {}
        for record, read_at in stripe.list("/v1/charges"):
            seen[record["id"]] = fingerprint(record)
            writer.write(record["id"], record, extracted_at=read_at)
        writer.finish(None, None)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
