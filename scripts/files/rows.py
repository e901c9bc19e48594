"""What a file is read into: rows, rejected rows, or one error for the whole file."""

from dataclasses import dataclass
from typing import Any

# No order comes near it; an unclosed quote or bracket does, and must not fill the memory.
MAX_RECORD = 64 * 1024 * 1024  # characters


@dataclass(frozen=True)
class Row:
    """A record as it stands in the file. text: its JSON on one line, numbers as they were written.
    line: where it begins, from 1. nth: of the rows that begin there; a list may be one line."""

    line: int
    text: str
    record: dict[str, Any]
    nth: int = 1


@dataclass(frozen=True)
class Rejected:
    """A row that cannot be taken. The reason quotes nothing of it, because reasons are logged."""

    line: int
    reason: str
    raw: str
    nth: int = 1


def place(line: int, nth: int) -> str:
    """Where a row stands: `7`, and `7.2` for the second one of line 7."""
    return str(line) if nth == 1 else f"{line}.{nth}"


class BadFileError(Exception):
    """Nothing of the file can be trusted; the sentence says why and quotes nothing of it."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.reason, self.line = reason, line
