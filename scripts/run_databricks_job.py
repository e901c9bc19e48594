"""Run the Databricks job and fail when its result is anything but SUCCESS.

`python -m scripts.run_databricks_job --token <execution id>`; with the same token a repeated call
waits for the run that the first one started, or repairs it.
"""

import argparse

from kestra import Kestra

from scripts import settings
from scripts.databricks.job import cancel_run, run_job
from scripts.errors import run_command


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--token", required=True, help="idempotency token, 64 characters at most")
    parser.add_argument("--cancel", action="store_true", help="end the token's run instead")
    given = parser.parse_args()
    if given.cancel:
        cancel_run(settings.databricks(), given.token)
        return
    run_id, url = run_job(settings.databricks(), given.token)
    Kestra.outputs({"run_id": str(run_id), "run_page_url": url})


if __name__ == "__main__":
    run_command(main)
