"""The type of the fixture `read`: (name, content, dataset) → (good rows, rejected rows)."""

from collections.abc import Callable

from scripts.files.rows import Rejected, Row

Read = Callable[[str, bytes, str], tuple[list[Row], list[Rejected]]]
