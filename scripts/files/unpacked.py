"""A file's bytes, unpacked if it is packed: gzip, Zstandard, or a zip with one file in it.

What a file is, its first bytes say; its name must not say another thing.
"""

import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import zstandard

from scripts.files.rows import BadFileError

MAGIC = {
    b"\x1f\x8b": ".gz",
    b"\x28\xb5\x2f\xfd": ".zst",
    b"PK\x03\x04": ".zip",  # not PK alone: a CSV may begin with a column of that name
    b"PK\x05\x06": ".zip",  # an empty one
}
CALLED = {".gz": "gzip", ".zst": "Zstandard", ".zip": "zip"}
ENCRYPTED = 0x1
PACKED_BYTES = 1024  # of Zstandard, unpacked at once
BROKEN = (
    EOFError,
    OSError,
    lzma.LZMAError,
    zlib.error,
    zipfile.BadZipFile,
    zstandard.ZstdError,
)


def packed_as(head: bytes) -> str | None:
    """The kind of archive that begins with these bytes."""
    return next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), None)


@contextmanager
def unpacked(path: Path, named: str | None) -> Iterator[IO[bytes]]:
    """The unpacked bytes. named: `.gz`, `.zst`, `.zip` where the file's name says so.

    Raises BadFileError when the name and the bytes disagree, when the archive is broken or cut off
    (also while it is read), or when a zip holds more than one file.
    """
    with path.open("rb") as raw:
        head = raw.read(4)
        raw.seek(0)
        kind = packed_as(head)
        if named and named != kind:
            raise BadFileError(f"it is named {named} but is not {CALLED[named]}")
        if kind is None:
            yield raw
            return
        try:
            with _opened(raw, kind) as file:
                yield file
        except NotImplementedError as error:
            # Such as Deflate64, with which Windows packs what is larger than 2 GB.
            raise BadFileError(
                "its zip is packed in a way that cannot be read: pack it as gzip"
            ) from error
        except BROKEN as error:
            raise BadFileError(
                f"its {CALLED[kind]} is broken or cut off: upload it again"
            ) from error


@contextmanager
def _opened(raw: IO[bytes], kind: str) -> Iterator[IO[bytes]]:
    if kind == ".gz":
        with gzip.open(raw) as unzipped:
            yield unzipped  # type: ignore[misc]  # a GzipFile reads as any binary file
    elif kind == ".zst":
        yield _Whole(zstandard.ZstdDecompressor(), raw)  # type: ignore[misc]
    else:
        with zipfile.ZipFile(raw) as archive, archive.open(_only_file(archive)) as member:
            yield member


class _Whole:
    """Reads Zstandard frames to their end; the library's own reader takes a cut for the end."""

    def __init__(self, decompressor: zstandard.ZstdDecompressor, raw: IO[bytes]) -> None:
        self._decompressor, self._raw = decompressor, raw
        self._frame = decompressor.decompressobj()

    def read(self, size: int) -> bytes:
        """At least one byte and about `size`, or none at the end."""
        found = bytearray()
        while len(found) < size and (piece := self._piece()):
            found += piece
        return bytes(found)

    def _piece(self) -> bytes:
        """What a few packed bytes hold, or none at the end: a kilobyte can be 32 MB of one sign."""
        while True:
            packed = self._frame.unused_data if self._frame.eof else b""
            packed = packed or self._raw.read(PACKED_BYTES)
            if not packed:
                if not self._frame.eof:
                    raise EOFError
                return b""
            if self._frame.eof:
                self._frame = self._decompressor.decompressobj()
            if piece := self._frame.decompress(packed):
                return piece


def _only_file(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    found = [
        item
        for item in archive.infolist()
        # macOS puts a shadow of each file into the archives that it makes, and its .DS_Store.
        if not item.is_dir() and not item.filename.startswith("__MACOSX/")
        if not item.filename.rpartition("/")[2].startswith(".")
    ]
    if len(found) != 1:
        raise BadFileError(f"its zip holds {len(found)} files: drop them one by one")
    (item,) = found
    if item.flag_bits & ENCRYPTED:
        raise BadFileError("its zip asks for a password: drop it without one")
    return item
