"""Progress of a download: a bar on a terminal, a line every tenth elsewhere (CI logs)."""

from __future__ import annotations

import sys
import threading
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar


class Progress:
    """Counts jars and bytes; safe to call from several threads."""

    def __init__(self, total: int) -> None:
        self.total, self.done, self.size = total, 0, 0
        self.lock = threading.Lock()
        self.bar = make_bar() if sys.stderr.isatty() else None

    def __enter__(self) -> Progress:
        if self.bar:
            self.task = self.bar.add_task("Downloading jars", total=self.total, size="")
            self.bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.bar:
            self.bar.stop()

    def add_bytes(self, count: int) -> None:
        with self.lock:
            self.size += count
            if self.bar:
                self.bar.update(self.task, size=f"{self.size / 1e6:.0f} MB")

    def add_jar(self) -> None:
        with self.lock:
            self.done = min(self.done + 1, self.total)
            if self.bar:
                self.bar.update(self.task, completed=self.done)
            elif self.done * 10 // self.total > (self.done - 1) * 10 // self.total:
                print(f"Downloading jars: {self.done} of {self.total}", file=sys.stderr)


def make_bar() -> Bar:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    end = (TextColumn("{task.fields[size]}"), TimeElapsedColumn())
    return Bar(*columns, *end, console=Console(stderr=True))
