"""One whole process: wall time, CPU time and the most memory that it held.

`python -S measure.py RESULT ARGV...` is run for each: Linux counts as a process's peak what the one
that forked it held, so that one has to be small.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Command:
    """argv as it is typed; env replaces this process's own but for PATH, HOME and the like."""

    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    cwd: Path | None = None


@dataclass(frozen=True)
class Measured:
    """seconds: wall. cpu_seconds: user and system, children included. peak_mib: resident, of the
    biggest process."""

    seconds: float
    cpu_seconds: float
    peak_mib: float


KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "TZ")


def run(command: Command, out: Path) -> Measured:
    """Run to the end, stdout into `out` and stderr beside it; RuntimeError with the last lines of
    both when it does not end well."""
    env = {name: os.environ[name] for name in KEPT if name in os.environ} | command.env
    errors, result = out.with_suffix(".err"), out.with_suffix(".json")
    small = [sys.executable, "-S", __file__, str(result)]
    with out.open("wb") as stdout, errors.open("wb") as stderr:
        ended = subprocess.run(
            [*small, *command.argv], cwd=command.cwd, env=env, stdout=stdout, stderr=stderr
        )
    if ended.returncode:
        said = errors.read_text(errors="replace")[-1500:] or out.read_text(errors="replace")[-1500:]
        raise RuntimeError(f"{command.argv[0]} ended with {ended.returncode}: {said}")
    return Measured(**json.loads(result.read_text()))


def _measure(result: str, argv: list[str]) -> int:
    begun = time.perf_counter()
    child = subprocess.Popen(argv)
    _, status, used = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - begun
    peak = used.ru_maxrss / 1024
    spent = {"seconds": seconds, "cpu_seconds": used.ru_utime + used.ru_stime, "peak_mib": peak}
    Path(result).write_text(json.dumps(spent))
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(_measure(sys.argv[1], sys.argv[2:]))
