"""Reading what landed, the way bronze does, and running a command as Kestra does."""

import gzip
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson

from scripts.landing.store import Store

ROOT = Path(__file__).parents[2]


def manifests(store: Store, source: str, stream: str) -> list[dict[str, Any]]:
    """Oldest first."""
    keys = store.list(f"landing/_manifests/{source}/{stream}/")
    return [orjson.loads(store.read(key)) for key in keys]


def landed(store: Store, source: str, stream: str) -> list[dict[str, Any]]:
    """Envelopes of every file that a manifest names, in order; checks what each promises."""
    found: list[dict[str, Any]] = []
    for manifest in manifests(store, source, stream):
        for file in manifest["files"]:
            lines = gzip.decompress(store.read(file["path"])).splitlines()
            assert len(lines) == file["rows"]
            found += map(orjson.loads, lines)
    return found


def records(store: Store, source: str, stream: str) -> list[Any]:
    return [envelope["record"] for envelope in landed(store, source, stream)]


def start_script(
    module: str, environment: dict[str, str], *arguments: str
) -> subprocess.Popen[str]:
    """`python -m scripts.<module>` with the given variables and no others of this project."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-m", f"scripts.{module}", *arguments],
        cwd=ROOT,
        env=kept | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_script(
    module: str, environment: dict[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    """The same, to its end."""
    process = start_script(module, environment, *arguments)
    out, errors = process.communicate(timeout=120)
    return subprocess.CompletedProcess(process.args, process.returncode, out, errors)
