from __future__ import annotations

import subprocess
from pathlib import Path

from docker.embedded import jre

ASKED_BY_SPARK = "--add-modules=jdk.incubator.vector"


def test_sparks_java_runs_without_the_module_it_asks_for(tmp_path: Path) -> None:
    shim = jre.spark_java_home(tmp_path / "java home") / "bin" / "java"
    assert version(jre.java(), ASKED_BY_SPARK).returncode != 0
    answer = version(shim, ASKED_BY_SPARK, "-Dwords=two words")
    assert answer.returncode == 0
    assert "words = two words" in answer.stderr


def version(java: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(java), *arguments, "-XshowSettings:properties", "-version"]
    return subprocess.run(command, capture_output=True, text=True)
