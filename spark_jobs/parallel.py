"""Statements side by side: Spark has cores to spare while one of them is planned or commits."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def for_each(work: Callable[[Item], object], items: Iterable[Item], at_once: int) -> None:
    """Do the work for every item. All that was begun ends before the first error is raised."""
    with ThreadPoolExecutor(at_once) as pool:
        for done in [pool.submit(work, item) for item in items]:
            done.result()
