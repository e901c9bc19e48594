"""Compiles the launcher and the plugin classes; the result is kept by the hash of its sources."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from docker.embedded import jre
from docker.embedded.jar_cache import cache_root

HERE = Path(__file__).parent
SOURCES = HERE / "java"
RESOURCES = HERE / "resources"


class BuildError(Exception):
    """The launcher does not compile; the message is the compiler's."""


def classes(kestra_jars: list[Path], ecj: Path) -> Path:
    """The folder of compiled classes and resources, compiled now if their sources are new."""
    sources = sorted(SOURCES.rglob("*.java"))
    target = cache_root().parent / "kestra-classes" / fingerprint([*sources, *resources(), ecj])
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as work:
            output = Path(work) / "classes"
            compile_into(output, sources, kestra_jars, ecj)
            shutil.copytree(RESOURCES, output, dirs_exist_ok=True)
            publish(output, target)
    return target


def compile_into(output: Path, sources: list[Path], kestra_jars: list[Path], ecj: Path) -> None:
    class_path = ":".join(map(str, kestra_jars))
    # Kestra's jars carry annotation processors; the launcher needs none of them.
    command = [jre.java(), "-jar", ecj, "-25", "-proc:none", "-nowarn", "-cp", class_path]
    run = subprocess.run(
        [*map(str, command), "-d", str(output), *map(str, sources)], capture_output=True, text=True
    )
    if run.returncode:
        raise BuildError(f"docker/kestra/java does not compile:\n{run.stdout}{run.stderr}")


def publish(output: Path, target: Path) -> None:
    """Move the finished folder into place; another process may have been first."""
    try:
        output.rename(target)
    except OSError:
        if not target.exists():
            raise


def resources() -> list[Path]:
    return sorted(path for path in RESOURCES.rglob("*") if path.is_file())


def fingerprint(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]
