"""Landing files: gzip JSON Lines in parts, then one manifest that makes them count.

Layout and envelope are those of DESIGN.md. No manifest, no data: files of a killed run stay
invisible to bronze. Memory stays flat: lines go through a compressor into a temporary file.
"""

import gzip
import hashlib
import secrets
import tempfile
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO

import orjson

from scripts.landing.store import Store

# About 64 MiB of gzip is 400-600 MiB of JSON: a task of some seconds for one Spark core.
PART_BYTES = 64 * 1024 * 1024
GZIP_LEVEL = 6


def now_utc() -> datetime:
    return datetime.now(UTC)


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with microseconds, so that text order is time order."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def new_run_id() -> str:
    """Sortable by time and unique: 20261123T033000123456Z-9f86d081."""
    return f"{now_utc().strftime('%Y%m%dT%H%M%S%fZ')}-{secrets.token_hex(4)}"


@dataclass(frozen=True)
class LandedFile:
    path: str
    rows: int
    bytes: int
    sha256: str


class LandingWriter:
    """Writes one run of one stream; use as a context manager, then `finish`."""

    def __init__(
        self, store: Store, source: str, stream: str, api_version: str, run_id: str | None = None
    ) -> None:
        self.store, self.source, self.stream = store, source, stream
        self.api_version = api_version
        self.run_id = run_id or new_run_id()
        self.started = now_utc()
        self.files: list[LandedFile] = []
        self._folder = tempfile.TemporaryDirectory(prefix="ecomm-landing-")
        self._part: gzip.GzipFile | None = None
        self._raw: IO[bytes] | None = None
        self._part_rows = 0

    def __enter__(self) -> "LandingWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._folder.cleanup()

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files) + self._part_rows

    def write(self, record_id: str, record: object, *, deleted: bool = False) -> None:
        """Append one source record, unchanged, in its envelope. `record` is always the last key:
        bronze cuts the raw text out of the line without parsing it."""
        raw = record.encode() if isinstance(record, str) else orjson.dumps(record)
        head = orjson.dumps(
            {
                "_id": record_id,
                "_source": self.source,
                "_stream": self.stream,
                "_api_version": self.api_version,
                "_extracted_at": iso(now_utc()),
                "_run_id": self.run_id,
                "_deleted": deleted,
            }
        )
        part = self._part or self._open_part()
        part.write(head[:-1] + b',"record":' + raw + b"}\n")
        self._part_rows += 1
        if self._raw is not None and self._raw.tell() >= PART_BYTES:
            self._close_part()

    def finish(self, cursor_from: str | None, cursor_to: str | None, **details: object) -> bool:
        """Upload the last part and write the manifest; False (and no manifest) for an empty run."""
        self._close_part()
        if not self.files:
            return False
        self.store.create(
            f"landing/_manifests/{self.source}/{self.stream}/{self.run_id}.json",
            {
                "source": self.source,
                "stream": self.stream,
                "run_id": self.run_id,
                "api_version": self.api_version,
                "files": [asdict(file) for file in self.files],
                "rows": sum(file.rows for file in self.files),
                "bytes": sum(file.bytes for file in self.files),
                "cursor": {"from": cursor_from, "to": cursor_to},
                "started_at": iso(self.started),
                "written_at": iso(now_utc()),
                **details,
            },
        )
        return True

    def _open_part(self) -> gzip.GzipFile:
        path = Path(self._folder.name) / f"part-{len(self.files):05d}.jsonl.gz"
        self._raw = path.open("wb")
        # mtime=0: the same rows give the same bytes, whenever they were written.
        self._part = gzip.GzipFile(fileobj=self._raw, mode="wb", compresslevel=GZIP_LEVEL, mtime=0)
        return self._part

    def _close_part(self) -> None:
        if self._part is None or self._raw is None:
            return
        self._part.close()
        self._raw.close()
        path = Path(self._raw.name)
        day = self.started.strftime("%Y-%m-%d")
        key = f"landing/{self.source}/{self.stream}/dt={day}/{self.run_id}/{path.name}"
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = path.stat().st_size
        self.store.upload(path, key)
        path.unlink()
        self.files.append(LandedFile(key, self._part_rows, size, digest))
        self._part, self._raw, self._part_rows = None, None, 0
