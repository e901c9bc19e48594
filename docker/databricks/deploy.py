"""`databricks bundle deploy` for the local server: the same databricks.yml through the real API.

The Databricks CLI is a download that needs more than package registries. This builds the wheel,
uploads it with the Files API and creates or resets each job with the official SDK.
`python -m docker.databricks.deploy --target dev --var landing=s3://bucket`
"""

import argparse
import logging
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors.base import DatabricksError

log = logging.getLogger(__name__)
REFERENCE = re.compile(r"\$\{([\w.]+)\}")


class BundleError(Exception):
    """databricks.yml cannot be resolved; the message names the reference."""


def load(path: Path, target: str, given: dict[str, str]) -> dict[str, Any]:
    """The bundle with its target's values and every `${...}` resolved."""
    bundle: dict[str, Any] = yaml.safe_load(path.read_text())
    if target not in bundle["targets"]:
        known = ", ".join(bundle["targets"])
        raise BundleError(f"{path.name} has no target {target}; its targets are: {known}")
    chosen = bundle["targets"][target] or {}
    values = {name: spec.get("default") for name, spec in bundle["variables"].items()}
    values |= chosen.get("variables", {}) | given
    unknown = sorted(set(given) - set(bundle["variables"]))
    if unknown:
        raise BundleError(f"{path.name} declares no variable {', '.join(unknown)}")
    names = {f"var.{name}": value for name, value in values.items()}
    names |= {"bundle.name": bundle["bundle"]["name"], "bundle.target": target}
    resolved: dict[str, Any] = _resolve(bundle, names)
    return resolved


def _resolve(node: Any, names: dict[str, Any]) -> Any:
    if isinstance(node, dict):
        return {key: _resolve(value, names) for key, value in node.items()}
    if isinstance(node, list):
        return [_resolve(item, names) for item in node]
    if not isinstance(node, str):
        return node
    whole = REFERENCE.fullmatch(node)
    if whole:
        return _value(whole.group(1), names)
    return REFERENCE.sub(lambda found: str(_value(found.group(1), names)), node)


def _value(name: str, names: dict[str, Any]) -> Any:
    if names.get(name) is None:
        raise BundleError(f"databricks.yml: ${{{name}}} has no value; give it with --var")
    return names[name]


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


def _with_wheel(job: dict[str, Any], remote: str) -> dict[str, Any]:
    """What the CLI does: the local wheel pattern becomes the uploaded file."""
    environments = [
        {
            **item,
            "spec": {
                **item["spec"],
                "dependencies": [
                    remote if name.endswith(".whl") else name
                    for name in item["spec"]["dependencies"]
                ],
            },
        }
        for item in job.get("environments", [])
    ]
    return {**job, "environments": environments}


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
