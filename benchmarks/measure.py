"""One whole process: its wall time and its CPU time."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Measured:
    """seconds: wall. cpu_seconds: user and system."""

    seconds: float
    cpu_seconds: float


def process(module: str, argument: Path, environment: dict[str, str], folder: Path) -> Measured:
    """Run `python -m module argument` to its end; RuntimeError when that is not a good one."""
    begun = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-m", module, str(argument)], cwd=folder, env=os.environ | environment
    )
    _, status, used = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - begun
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{module} ended with status {child.returncode}; its words stand above")
    return Measured(seconds, used.ru_utime + used.ru_stime)
