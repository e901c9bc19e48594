"""Landing files: gzip JSON Lines in parts, then one manifest that makes them count.

Layout and envelope are those of DESIGN.md. No manifest, no data: files of a killed run stay
invisible to bronze. Memory stays flat: lines go through a compressor into a temporary file, which
is uploaded while the next one is written.
"""

import hashlib
import secrets
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import orjson
from isal import isal_zlib

from scripts.landing.store import Store

# About 64 MiB of gzip is 400-600 MiB of JSON: a task of some seconds for one Spark core.
PART_BYTES = 64 * 1024 * 1024
# ISA-L's own scale (0-3): as small as zlib's 2 or 3 at several times its speed (DECISIONS.md).
GZIP_LEVEL = 2
GZIP_FORMAT = 31  # window bits that ask for a gzip header, whose time is 0: same rows, same bytes
CHUNK_BYTES = 256 * 1024
MANIFESTS = "landing/_manifests/"
RECORD = b',"record":'  # the last key of a line: what is before it is the envelope


def manifests(source: str, stream: str) -> str:
    """The prefix of a stream's manifests; `<run id>.json` follows."""
    return f"{MANIFESTS}{source}/{stream}/"


def now_utc() -> datetime:
    return datetime.now(UTC)


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with microseconds, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


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
        self.rows = 0
        origin = {"_source": source, "_stream": stream, "_api_version": api_version}
        self._origin = b"," + orjson.dumps(origin)[1:-1] + b',"_extracted_at":"'
        self._run = b'","_run_id":' + orjson.dumps(self.run_id) + b',"_deleted":'
        self._folder = tempfile.TemporaryDirectory(prefix="ecomm-landing-")
        self._uploader = ThreadPoolExecutor(1)
        self._uploads: list[Future[LandedFile]] = []
        self._part: _Part | None = None

    def __enter__(self) -> "LandingWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._uploader.shutdown(cancel_futures=True)
        self._folder.cleanup()

    def write(
        self,
        record_id: str,
        record: object,
        *,
        deleted: bool = False,
        extracted_at: str | None = None,
    ) -> None:
        """Append one source record, unchanged, in its envelope. `record` is always the last key:
        bronze cuts the raw text out of the line without parsing it. `record` may be JSON text in
        one line."""
        raw = _text(record)
        at = (extracted_at or iso(now_utc())).encode()
        flag = b"true" if deleted else b"false"
        head = b'{"_id":' + orjson.dumps(record_id) + self._origin + at + self._run + flag
        part = self._part or self._open_part()
        part.write(head + RECORD + raw + b"}\n")
        self.rows += 1
        if part.bytes >= PART_BYTES:
            self._close_part()

    def finish(self, cursor_from: str | None, cursor_to: str | None, **details: object) -> bool:
        """Upload the last part and write the manifest; False (and no manifest) for an empty run."""
        self._close_part()
        files = [upload.result() for upload in self._uploads]
        if not files:
            return False
        self.store.create(
            f"{manifests(self.source, self.stream)}{self.run_id}.json",
            {
                "source": self.source,
                "stream": self.stream,
                "run_id": self.run_id,
                "api_version": self.api_version,
                "files": [asdict(file) for file in files],
                "rows": sum(file.rows for file in files),
                "bytes": sum(file.bytes for file in files),
                "cursor": {"from": cursor_from, "to": cursor_to},
                "started_at": iso(self.started),
                "written_at": iso(now_utc()),
                **details,
            },
        )
        return True

    def _open_part(self) -> "_Part":
        name = f"part-{len(self._uploads):05d}.jsonl.gz"
        self._part = _Part(Path(self._folder.name) / name)
        return self._part

    def _close_part(self) -> None:
        if self._part is None:
            return
        part, self._part = self._part, None
        part.close()
        if self._uploads:
            self._uploads[-1].result()  # one upload at a time: the disk holds two parts at most
        self._uploads.append(self._uploader.submit(self._upload, part))

    def _upload(self, part: "_Part") -> LandedFile:
        day = self.started.strftime("%Y-%m-%d")
        key = f"landing/{self.source}/{self.stream}/dt={day}/{self.run_id}/{part.path.name}"
        self.store.upload(part.path, key)
        part.path.unlink()
        return LandedFile(key, part.rows, part.bytes, part.digest.hexdigest())


def _text(record: object) -> bytes:
    if isinstance(record, bytes):
        return record
    return record.encode() if isinstance(record, str) else orjson.dumps(record)


class _Part:
    """One gzip file under way."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = self.bytes = 0
        self.digest = hashlib.sha256()
        self._file = path.open("wb")
        self._gzip = isal_zlib.compressobj(GZIP_LEVEL, isal_zlib.DEFLATED, GZIP_FORMAT)
        self._lines: list[bytes] = []
        self._waiting = 0

    def write(self, line: bytes) -> None:
        self._lines.append(line)
        self._waiting += len(line)
        self.rows += 1
        if self._waiting >= CHUNK_BYTES:
            self._append(self._gzip.compress(b"".join(self._lines)))
            self._lines, self._waiting = [], 0

    def close(self) -> None:
        self._append(self._gzip.compress(b"".join(self._lines)) + self._gzip.flush())
        self._file.close()

    def _append(self, data: bytes) -> None:
        self._file.write(data)
        self.digest.update(data)
        self.bytes += len(data)
