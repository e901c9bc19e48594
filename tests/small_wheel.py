"""A wheel of a few lines, as a bundle would upload it: tasks that do what a test asks for."""

import io
import zipfile

PACKAGE = "small_jobs"
ENTRY_POINTS = ("says", "fails", "holds", "fails_once", "writes_delta")
MODULE = '''
import os
import sys
import time
from pathlib import Path


def says():
    print("given", *sys.argv[1:])


def fails():
    print("row 6 is well")
    raise ValueError(sys.argv[1])


def holds():
    """Until the named file is there; another file says that it has begun, and its pid."""
    Path(sys.argv[1] + ".begun").write_text(str(os.getpid()))
    while not Path(sys.argv[1]).exists():
        time.sleep(0.02)


def fails_once():
    if not Path(sys.argv[1]).exists():
        Path(sys.argv[1]).touch()
        raise ValueError("not yet")


def writes_delta():
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.getOrCreate()
    spark.range(int(sys.argv[2])).write.format("delta").mode("append").save(sys.argv[1])
    print("rows", spark.read.format("delta").load(sys.argv[1]).count())
    print("session", spark.session_id)
'''


def wheel() -> io.BytesIO:
    """The bytes of `small_jobs-1.0-py3-none-any.whl`."""
    points = "".join(f"{name} = {PACKAGE}:{name}\n" for name in ENTRY_POINTS)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"{PACKAGE}.py", MODULE)
        about = f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: 1.0\n"
        archive.writestr(f"{PACKAGE}-1.0.dist-info/METADATA", about)
        archive.writestr(
            f"{PACKAGE}-1.0.dist-info/entry_points.txt", f"[console_scripts]\n{points}"
        )
    buffer.seek(0)
    return buffer
