"""Bytes of a file → text, piece by piece: gzip or not, UTF-8 with or without a byte order mark."""

import codecs
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from scripts.files.rows import MAX_RECORD, BadFileError

CHUNK = 1024 * 1024
GZIP_MAGIC = b"\x1f\x8b"


def chunks(path: Path, *, zipped: bool) -> Iterator[str]:
    """The text in pieces of at most 1 MiB. BadFileError: no gzip or cut off, or not UTF-8, with the
    byte (of the unzipped text) and line where it stops."""
    with path.open("rb") as raw:
        is_zipped = raw.read(2) == GZIP_MAGIC
        raw.seek(0)
        if zipped and not is_zipped:
            raise BadFileError("it is named .gz but is not gzip")
        if not is_zipped:
            yield from _decoded(raw)
            return
        try:
            with gzip.open(raw) as file:
                yield from _decoded(file)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise BadFileError("its gzip is broken or cut off: upload it again") from error


def _decoded(file: IO[bytes] | gzip.GzipFile) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    offset, line = 0, 1
    while True:
        raw = file.read(CHUNK)
        held = len(decoder.getstate()[0])
        try:
            text = decoder.decode(raw, final=not raw)
        except UnicodeDecodeError as error:
            line += error.object[: error.start].count(b"\n")
            raise BadFileError(
                f"byte {offset - held + error.start} (line {line}) is not UTF-8: save it as UTF-8",
                line,
            ) from error
        first, offset, line = offset == 0, offset + len(raw), line + text.count("\n")
        if text:
            yield text.removeprefix("\ufeff") if first else text
        if not raw:
            return


def lines(pieces: Iterator[str]) -> Iterator[str]:
    """The text by lines, each with its newline."""
    held = ""
    for number, piece in enumerate(pieces, 1):
        *whole, held = (held + piece).split("\n")
        for line in whole:
            yield f"{line}\n"
        if len(held) > MAX_RECORD:
            raise BadFileError(f"a line is longer than 64 MB (in its {number}th MB)")
    if held:
        yield held
