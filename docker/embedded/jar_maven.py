"""Jars through the machine's own Maven, with its mirrors, proxies and local repository."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from xml.sax.saxutils import escape

from docker.embedded.jar_cache import Jar, keep
from docker.embedded.jar_progress import Progress
from docker.embedded.settings import given

GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
DOWNLOADED = re.compile(r"Downloaded from \S+ \S+\.jar \((?P<size>[\d.]+) (?P<unit>[kM]?B)")
UNITS = {"B": 1, "kB": 1_000, "MB": 1_000_000}


def usable() -> bool:
    return shutil.which("mvn") is not None and not given("MAVEN_REPO_URL")


def fetch(jars: list[Jar], root: Path, progress: Progress) -> None:
    """Put what Maven gives into the cache. What it cannot give is left for the direct download,
    so a Maven that is broken or has no network is not an error here."""
    if not jars:
        return
    with tempfile.TemporaryDirectory(dir=root) as folder:
        work = Path(folder)
        (work / "pom.xml").write_text(pom(jars))
        run(work, progress)
        for jar in jars:
            found = work / "repository" / jar.repository_path
            if found.exists() and keep(found, jar, root):
                progress.add_jar()


def run(work: Path, progress: Progress) -> None:
    command = ["mvn", "-B", "-f", str(work / "pom.xml"), GOAL, "-Dmdep.useRepositoryLayout=true"]
    process = subprocess.Popen(
        [*command, f"-DoutputDirectory={work / 'repository'}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if match := DOWNLOADED.search(line):
            progress.add_bytes(int(float(match["size"]) * UNITS[match["unit"]]))
    process.wait()


def pom(jars: list[Jar]) -> str:
    """A project that depends on exactly these jars: the lock is complete, so nothing follows."""
    dependencies = "".join(dependency(jar) for jar in jars)
    return f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion>
<groupId>io.ecomm</groupId><artifactId>jars</artifactId><version>1</version>
<dependencies>{dependencies}</dependencies>
</project>"""


def dependency(jar: Jar) -> str:
    parts = {
        "groupId": jar.group,
        "artifactId": jar.artifact,
        "version": jar.version,
        "classifier": jar.classifier,
    }
    tags = "".join(f"<{tag}>{escape(value)}</{tag}>" for tag, value in parts.items() if value)
    everything = "<exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion>"
    return f"<dependency>{tags}<exclusions>{everything}</exclusions></dependency>\n"
