"""Peers, each unmodified in an environment of its own below the cache folder.

`peers/<name>.txt` pins every package. The project's own `.venv` never holds any of them.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from docker.embedded.jar_cache import cache_root

PINS = Path(__file__).parent / "peers"
# airbyte-source-stripe asks for less than 3.12.
PYTHONS = ("3.11", "3.10")


class MissingPeerError(Exception):
    """The peer cannot run here; the message says why."""


def installed(name: str) -> Path:
    """The Python of the peer's environment, made on the first call; raises MissingPeerError."""
    pins = PINS / f"{name}.txt"
    folder = _cache() / "bench" / f"{name}-{hashlib.sha256(pins.read_bytes()).hexdigest()[:12]}"
    python = folder / "bin" / "python"
    if (folder / "ready").exists():
        return python
    print(f"Installing {name} from {pins.name} ...", flush=True)  # noqa: T201
    shutil.rmtree(folder, ignore_errors=True)
    try:
        subprocess.run([_base_python(), "-m", "venv", str(folder)], check=True)
        argv = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "-r", str(pins)]
        subprocess.run(argv, check=True)
    except subprocess.CalledProcessError as error:
        raise MissingPeerError(f"{name} could not be installed: {error}") from error
    (folder / "ready").touch()
    return python


def _base_python() -> str:
    if f"{sys.version_info.major}.{sys.version_info.minor}" in PYTHONS:
        return sys.executable
    for version in PYTHONS:
        if found := shutil.which(f"python{version}"):
            return found
    raise MissingPeerError(f"the peers need Python {' or '.join(PYTHONS)} on the PATH")


def _cache() -> Path:
    return cache_root().parent
