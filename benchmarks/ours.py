"""The shipped commands, as a flow runs them, and what they landed."""

import gzip
import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import orjson

from benchmarks.measure import Command
from benchmarks.services import PROJECT, S3


def command(
    module: str, streams: str, s3: S3, settings: Mapping[str, str], folder: Path
) -> Command:
    """`python -m scripts.<module> --streams <streams>` into an empty bucket of the run's own."""
    bucket = s3.bucket()
    (folder / "bucket").symlink_to(bucket.folder)
    argv = [sys.executable, "-m", f"scripts.{module}", "--streams", streams]
    return Command(argv, {**bucket.environment, **settings}, PROJECT)


def landed(out: Path) -> Sequence[str]:
    """`stream:id` of the rows in the files that manifests name: no manifest, no data."""
    bucket = (out.parent / "bucket").resolve()
    found: list[str] = []
    for manifest in sorted((bucket / "landing/_manifests").rglob("*.json")):
        for file in json.loads(manifest.read_bytes())["files"]:
            for line in gzip.decompress((bucket / file["path"]).read_bytes()).splitlines():
                envelope = orjson.loads(line)
                found.append(f"{envelope['_stream']}:{envelope['_id'].rpartition('/')[2]}")
    shutil.rmtree(bucket)
    return found
