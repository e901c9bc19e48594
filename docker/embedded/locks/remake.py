"""Remake a jar lock from its pom: `python -m docker.embedded.locks.remake NAME...`.

To upgrade, change the version in `<NAME>.pom.xml`, run this with Maven on the PATH, and read the
difference in git. Everything else reads only the lock.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent
# group:artifact:jar[:classifier]:version:scope:/path/of/the.jar
LISTED = re.compile(
    r"^\s+(?P<group>[^:\s]+):(?P<artifact>[^:]+):jar:(?:(?P<classifier>[^:]+):)?"
    r"(?P<version>[^:]+):(?:compile|runtime):(?P<path>.+?\.jar)(?: -- module.*)?$"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=sorted(p.name[:-8] for p in poms()))
    for name in parser.parse_args().names:
        path = HERE / f"{name}.lock"
        path.write_text(lock_text(name, resolve(HERE / f"{name}.pom.xml")))
        print(f"{path.name}: {len(path.read_text().splitlines()) - 2} jars")


def poms() -> list[Path]:
    return list(HERE.glob("*.pom.xml"))


def lock_text(name: str, listed: str) -> str:
    """The lock's text from what Maven listed, without what pyspark brings itself."""
    shipped = pyspark_artifacts() if name == "spark" else set[str]()
    jars = [m for m in map(LISTED.match, listed.splitlines()) if m]
    lines = sorted(lock_line(jar) for jar in jars if jar["artifact"] not in shipped)
    header = f"# Made from {name}.pom.xml by `python -m docker.embedded.locks.remake {name}`."
    return "\n".join([header, "# group:artifact:version[:classifier] sha256", *lines]) + "\n"


def lock_line(jar: re.Match[str]) -> str:
    parts = [jar["group"], jar["artifact"], jar["version"], jar["classifier"]]
    digest = hashlib.sha256(Path(jar["path"]).read_bytes()).hexdigest()
    return f"{':'.join(part for part in parts if part)} {digest}"


def resolve(pom: Path) -> str:
    with tempfile.TemporaryDirectory() as folder:
        listing = Path(folder) / "list.txt"
        settings = ["-DincludeScope=runtime", "-DoutputAbsoluteArtifactFilename=true"]
        command = ["mvn", "-B", "-q", "-f", str(pom), "dependency:list", *settings]
        subprocess.run([*command, f"-DoutputFile={listing}"], check=True)
        return listing.read_text()


def pyspark_artifacts() -> set[str]:
    """Names without version of the jars inside pyspark: two versions of one must not meet."""
    spec = find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise SystemExit("pyspark is not installed; install requirements.lock and run this again.")
    jars = (Path(spec.origin).parent / "jars").glob("*.jar")
    return {re.sub(r"-\d.*$", "", jar.stem) for jar in jars}


if __name__ == "__main__":
    main()
