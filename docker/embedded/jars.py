"""The Java archives that the embedded stack runs, from their locks into one verified cache.

`python -m docker.embedded.jars kestra spark` fetches lists by hand; the set-up calls `fetch`.
The cache is `jars/<sha256>/<artifact>-<version>.jar` under `ECOMM_CACHE` (else
`$XDG_CACHE_HOME/ecomm`, else `~/.cache/ecomm`): what two projects share is stored once.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from docker.embedded import jar_download, jar_maven
from docker.embedded.jar_cache import JarError, absent, cache_root, cached, exclusive, read_lock
from docker.embedded.jar_progress import Progress

__all__ = ["JarError", "fetch"]


def fetch(names: list[str]) -> dict[str, list[Path]]:
    """Every jar of the named locks, in the lock's order, verified; downloads what is missing.

    Maven is asked first where it is on the PATH, because it carries its user's mirrors and
    credentials; what it does not give comes straight from the repository. Setting
    `MAVEN_REPO_URL` names the repository and leaves Maven out. Raises JarError.
    """
    locks = {name: read_lock(name) for name in names}
    with exclusive(cache_root()) as root:
        missing = {name: absent(jars, root) for name, jars in locks.items()}
        if any(missing.values()):
            with Progress(len({jar for jars in missing.values() for jar in jars})) as progress:
                if jar_maven.usable():
                    for jars in missing.values():
                        jar_maven.fetch(absent(jars, root), root, progress)
                rest = {jar for jars in missing.values() for jar in absent(jars, root)}
                jar_download.fetch(sorted(rest, key=lambda jar: jar.file_name), root, progress)
    return {name: [cached(jar, root) for jar in jars] for name, jars in locks.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description="Fetch and verify the jars of the named lists.")
    parser.add_argument("names", nargs="+", help="kestra, s3proxy, spark, ecj")
    try:
        found = fetch(parser.parse_args().names)
    except JarError as error:
        sys.exit(str(error))
    for name, paths in found.items():
        size = sum(path.stat().st_size for path in paths)
        print(f"{name}: {len(paths)} jars, {size / 1e6:.0f} MB, verified")


if __name__ == "__main__":
    main()
