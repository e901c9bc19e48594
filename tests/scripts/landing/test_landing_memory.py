"""A window's size does not show in the memory of its pull."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MIB = 1024  # VmHWM is in kB
PROGRAM = """
import sys
sys.path.insert(0, "tests")
from pathlib import Path
from folder_store import FolderStore
from scripts.landing.pull import Reader, Request, pull
from scripts.landing.slices import Change, Target
from datetime import timedelta
import random

def rows(piece):
    dice = random.Random(1)
    for number in range(int(sys.argv[2])):
        noise = dice.randbytes(300).hex()
        record = {"id": number, "noise": noise, "name": "somebody"}
        yield Change(f"ch_{number:024d}", record, "2020-01-01T00:00:00.000000Z")

reader = Reader(rows, lookback=timedelta(hours=1))
pull(FolderStore(Path(sys.argv[1])), Target("stripe", "charges", "v"), Request(), reader)
# Of this program alone: ru_maxrss would count the parent that it was forked from.
status = Path("/proc/self/status").read_text().splitlines()
print(next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""


def resident(folder: Path, rows: int) -> int:
    """KiB at most of a process that lands so many rows of about 700 bytes."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder), str(rows)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


def test_the_memory_is_flat(tmp_path: Path) -> None:
    small = resident(tmp_path / "small", 2_000)
    large = resident(tmp_path / "large", 200_000)
    assert large < 300 * MIB
    assert large - small < 30 * MIB


@pytest.mark.skip(reason="a minute; run by hand: 5 million rows")
def test_five_million_rows(tmp_path: Path) -> None:
    assert resident(tmp_path, 5_000_000) < 300 * MIB
