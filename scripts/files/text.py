"""Bytes of a file → text, piece by piece: packed or not, UTF-8 unless it says otherwise."""

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from scripts.files.rows import MAX_RECORD, BadFileError
from scripts.files.unpacked import packed_as, unpacked

CHUNK = 1024 * 1024
MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",  # which begins as that of UTF-16
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def chunks(path: Path, packed: str | None = None, encoding: str | None = None) -> Iterator[str]:
    """The text in pieces of about 1 MiB. packed: see `unpacked`. encoding: as the file's name says;
    else UTF-16 and UTF-32 are known by how they begin, and all others are UTF-8.

    BadFileError: a broken archive, or bytes that are not of the encoding, with the byte (of the
    unpacked text) and line where it stops.
    """
    with unpacked(path, packed) as file:
        yield from _decoded(file, encoding)


def _decoded(file: IO[bytes], encoding: str | None) -> Iterator[str]:
    raw = file.read(CHUNK)
    while raw and len(raw) < 4 and (more := file.read(CHUNK)):
        raw += more
    if packed_as(raw):
        raise BadFileError("it is packed twice: pack it once")
    name = encoding or _encoding(raw)
    decoder = codecs.getincrementaldecoder(name)()
    offset, line = 0, 1
    while True:
        held = len(decoder.getstate()[0])
        try:
            text = decoder.decode(raw, final=not raw)
        except UnicodeDecodeError as error:
            line += error.object[: error.start].count(b"\n")
            raise BadFileError(
                f"byte {offset - held + error.start} (line {line}) is not {name.upper()}: save it "
                "as UTF-8, or put its encoding into its name, as in stock.windows-1252.csv",
                line,
            ) from error
        except UnicodeError as error:  # UTF-16 and UTF-32 that do not begin with their mark
            raise BadFileError(
                f"its name says {name.upper()}, but it has no byte order mark: say {name}-le or "
                f"{name}-be"
            ) from error
        first, offset, line = offset == 0, offset + len(raw), line + text.count("\n")
        if text:
            yield text.removeprefix("\ufeff") if first else text
        if not raw:
            return
        raw = file.read(CHUNK)


def _encoding(raw: bytes) -> str:
    mark = next((mark for mark in MARKS if raw.startswith(mark)), None)
    if mark:
        return MARKS[mark]
    # No text begins with a zero or has one in its second place.
    zero = raw[:2].find(0)
    return "utf-8" if zero < 0 else "utf-16-le" if zero else "utf-16-be"


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
