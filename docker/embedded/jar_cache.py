"""Pinned jars and the cache that holds them, keyed by content."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from docker.embedded.settings import given

LOCKS = Path(__file__).parent / "locks"


class JarError(Exception):
    """What went wrong and what to do, in one sentence."""


@dataclass(frozen=True)
class Jar:
    group: str
    artifact: str
    version: str
    classifier: str | None
    sha256: str

    @property
    def file_name(self) -> str:
        suffix = f"-{self.classifier}" if self.classifier else ""
        return f"{self.artifact}-{self.version}{suffix}.jar"

    @property
    def repository_path(self) -> str:
        """The path below a Maven repository's root."""
        folder = self.group.replace(".", "/")
        return f"{folder}/{self.artifact}/{self.version}/{self.file_name}"


def read_lock(name: str) -> list[Jar]:
    path = LOCKS / f"{name}.lock"
    if not path.exists():
        known = ", ".join(sorted(lock.stem for lock in LOCKS.glob("*.lock")))
        raise JarError(f"There is no jar list called {name}; the lists are: {known}.")
    lines = path.read_text().splitlines()
    return [parse(line) for line in lines if line and not line.startswith("#")]


def parse(line: str) -> Jar:
    coordinates, sha256 = line.split()
    group, artifact, version, *classifier = coordinates.split(":")
    return Jar(group, artifact, version, classifier[0] if classifier else None, sha256)


def cache_root() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(given("ECOMM_CACHE") or f"{base}/ecomm").expanduser() / "jars"


def cached(jar: Jar, root: Path) -> Path:
    return root / jar.sha256 / jar.file_name


def absent(jars: list[Jar], root: Path) -> list[Jar]:
    """The jars whose file is not there or whose content is not what the lock says."""
    with ThreadPoolExecutor() as pool:
        good = pool.map(lambda jar: digest(cached(jar, root)) == jar.sha256, jars)
        return [jar for jar, is_good in zip(jars, good, strict=True) if not is_good]


def digest(path: Path) -> str | None:
    """The file's sha256, None where there is no file."""
    if not path.exists():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def keep(found: Path, jar: Jar, root: Path) -> bool:
    """Move a file into the cache if it is the jar that the lock names; say whether it was."""
    if digest(found) != jar.sha256:
        return False
    target = cached(jar, root)
    target.parent.mkdir(parents=True, exist_ok=True)
    found.replace(target)
    return True


@contextmanager
def exclusive(root: Path) -> Iterator[Path]:
    """The cache's folder, one process at a time: two set-ups must not write one partial file."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        lock = (root / ".lock").open("w")
    except OSError as error:
        raise JarError(
            f"The jar cache {root} cannot be written ({error.strerror}); "
            "set ECOMM_CACHE to a folder that can."
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield root
