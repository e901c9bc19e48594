"""What is made from the downloaded jars once and kept by the hash of what it was made of."""

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
    """The jar of compiled classes and resources, made now if its sources are new."""
    sources = sorted(SOURCES.rglob("*.java"))
    name = f"launcher-{fingerprint([*sources, *resources(), ecj])}.jar"
    target = cache_root().parent / "kestra" / name
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as work:
            output = Path(work) / "classes"
            compile_into(output, sources, kestra_jars, ecj)
            shutil.copytree(RESOURCES, output, dirs_exist_ok=True)
            archive = shutil.make_archive(str(Path(work) / "launcher"), "zip", output)
            Path(archive).replace(target)
    return target


def start_archive(class_path: list[Path]) -> Path:
    """Where the archive for a quick start of this Java and these jars is kept, made or not."""
    identity = "\n".join([str(jre.java()), *map(str, class_path)])
    name = f"start-{hashlib.sha256(identity.encode()).hexdigest()[:16]}.aot"
    return cache_root().parent / "kestra" / name


def compile_into(output: Path, sources: list[Path], kestra_jars: list[Path], ecj: Path) -> None:
    class_path = ":".join(map(str, kestra_jars))
    # Kestra's jars carry annotation processors; the launcher needs none of them.
    command = [jre.java(), "-jar", ecj, "-25", "-proc:none", "-nowarn", "-cp", class_path]
    run = subprocess.run(
        [*map(str, command), "-d", str(output), *map(str, sources)], capture_output=True, text=True
    )
    if run.returncode:
        raise BuildError(f"docker/kestra/java does not compile:\n{run.stdout}{run.stderr}")


def resources() -> list[Path]:
    return sorted(path for path in RESOURCES.rglob("*") if path.is_file())


def fingerprint(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]
