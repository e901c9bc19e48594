"""Land dropped files: `python -m scripts.files_to_s3 --prefix inventory/`.

Exits 0 also when files or rows were refused: they are in `files/rejected` with their reasons and
named in the log, and trying again would not mend them.
"""

import argparse

from kestra import Kestra

from scripts import settings
from scripts.errors import run_command
from scripts.files.land import land_files
from scripts.landing.store import Store


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prefix", default="", help="only files below dropzone/<prefix>")
    for done in land_files(Store(settings.s3()), parser.parse_args().prefix):
        tags = {"stream": done.dataset}
        Kestra.counter("files", done.files, tags)
        Kestra.counter("rows", done.rows, tags)
        Kestra.counter("rejected_files", done.bad_files, tags)
        Kestra.counter("rejected_rows", done.bad_rows, tags)


if __name__ == "__main__":
    run_command(main)
