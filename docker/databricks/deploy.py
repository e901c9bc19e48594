"""`databricks bundle deploy` for the local server: the same databricks.yml through the real API.

The Databricks CLI is a download that needs more than package registries. This builds the wheel,
uploads it with the Files API and creates or resets each job with the official SDK. Of the
resources it takes the jobs; dashboards have no local server.
`python -m docker.databricks.deploy --target dev --var landing=s3://bucket`
"""

import argparse
import logging
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors.base import DatabricksError

from docker.databricks.bundle import BundleError, load

log = logging.getLogger(__name__)


def build_wheel(project: Path, folder: Path) -> Path:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=project,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return next(folder.glob("*.whl"))


def deploy(client: WorkspaceClient, bundle: dict[str, Any], project: Path) -> dict[str, int]:
    """Upload the wheel, create or reset the jobs; job ids by resource key."""
    with tempfile.TemporaryDirectory() as folder:
        wheel = build_wheel(project, Path(folder))
        remote = f"{bundle['workspace']['artifact_path']}/{wheel.name}"
        with wheel.open("rb") as file:
            client.files.upload(remote, file, overwrite=True)
    ids = {}
    for key, job in bundle["resources"]["jobs"].items():
        settings = _with_wheel(job, remote)
        known = [found.job_id for found in client.jobs.list(name=settings["name"])]
        if known:
            body = {"job_id": known[0], "new_settings": settings}
            client.api_client.do("POST", "/api/2.2/jobs/reset", body=body)
            ids[key] = int(known[0] or 0)
        else:
            made: Any = client.api_client.do("POST", "/api/2.2/jobs/create", body=settings)
            ids[key] = int(made["job_id"])
    return ids


def _with_wheel(job: Any, remote: str) -> Any:
    """What the CLI does: the local wheel pattern becomes the uploaded file, wherever it stands."""
    if isinstance(job, dict):
        return {key: _with_wheel(value, remote) for key, value in job.items()}
    if isinstance(job, list):
        return [_with_wheel(item, remote) for item in job]
    return remote if isinstance(job, str) and job.endswith(".whl") else job


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("databricks.sdk").setLevel(logging.WARNING)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", default="dev")
    parser.add_argument("--var", action="append", default=[], metavar="NAME=VALUE")
    arguments = parser.parse_args()
    project = Path.cwd()
    try:
        given = _given(arguments.var)
        bundle = load(project / "databricks.yml", arguments.target, given)
        deployed = deploy(WorkspaceClient(), bundle, project)
    except (BundleError, DatabricksError) as error:
        sys.exit(str(error))
    for key, job_id in deployed.items():
        log.info("%s: job %d", key, job_id)


def _given(flags: list[str]) -> dict[str, str]:
    wrong = [flag for flag in flags if "=" not in flag]
    if wrong:
        raise BundleError(f"--var {wrong[0]} is not NAME=VALUE")
    return dict(flag.split("=", 1) for flag in flags)


if __name__ == "__main__":
    main()
