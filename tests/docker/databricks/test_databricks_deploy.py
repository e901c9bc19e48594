"""`databricks.yml` resolved as the Databricks CLI would, and deployed through the real API."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from databricks_local import ROOT, TOKEN, Databricks, Jobs

from docker.databricks.deploy import BundleError, load

OWN = """
bundle: {name: shop}
variables:
  bucket: {description: no default}
  hours: {default: 2}
workspace:
  artifact_path: /Volumes/${bundle.name}/${bundle.target}
resources:
  jobs:
    one:
      name: "one of ${var.bucket}, {{job.parameters.day}}"
      timeout_seconds: ${var.hours}
targets:
  dev:
  prod: {variables: {bucket: s3://prod}}
"""


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    path = tmp_path / "databricks.yml"
    path.write_text(OWN)
    return path


def job(resolved: dict[str, Any]) -> dict[str, Any]:
    return resolved["resources"]["jobs"]["one"]


def test_a_target_gives_values_and_a_flag_wins(bundle: Path) -> None:
    assert job(load(bundle, "prod", {}))["name"] == "one of s3://prod, {{job.parameters.day}}"
    assert job(load(bundle, "prod", {"bucket": "mine"}))["name"].startswith("one of mine,")
    resolved = load(bundle, "dev", {"bucket": "mine"})
    assert resolved["workspace"]["artifact_path"] == "/Volumes/shop/dev"


def test_a_whole_reference_keeps_its_type(bundle: Path) -> None:
    assert job(load(bundle, "prod", {}))["timeout_seconds"] == 2


@pytest.mark.parametrize(
    ("target", "given", "said"),
    [
        ("dev", {}, r"\$\{var\.bucket\} has no value; give it with --var"),
        ("stage", {}, "no target stage; its targets are: dev, prod"),
        ("prod", {"buckets": "x", "day": "y"}, "declares no variable buckets, day"),
    ],
)
def test_what_is_missing_or_unknown_is_named(
    bundle: Path, target: str, given: dict[str, str], said: str
) -> None:
    with pytest.raises(BundleError, match=said):
        load(bundle, target, given)


def test_an_unknown_reference_is_named(bundle: Path) -> None:
    bundle.write_text(OWN + "artifacts: {a: '${workspace.nowhere}'}\n")
    with pytest.raises(BundleError, match=r"workspace\.nowhere"):
        load(bundle, "prod", {})


@pytest.mark.parametrize("target", ["dev", "prod"])
def test_the_projects_bundle_resolves_for_every_target(target: str) -> None:
    resolved = load(ROOT / "databricks.yml", target, {})["resources"]["jobs"]["ecomm_medallion"]
    assert [task["task_key"] for task in resolved["tasks"]] == ["bronze", "silver", "gold"]
    assert "${" not in str(resolved)


def test_deploying_twice_is_one_job_with_the_uploaded_wheel(
    databricks: Databricks, jobs: Jobs
) -> None:
    for bucket in ("s3://first", "s3://second"):
        done = deploy(databricks, TOKEN, "--var", f"landing={bucket}")
        assert done.returncode == 0, done.stderr
    (found,) = jobs.api.list(name="ecomm_medallion", expand_tasks=True)
    settings = jobs.api.get(found.job_id).settings
    assert {item.name: item.default for item in settings.parameters}["landing"] == "s3://second"
    (wheel,) = settings.environments[0].spec.dependencies
    assert (databricks.data / "files" / wheel.lstrip("/")).stat().st_size > 10_000


@pytest.mark.parametrize(
    ("token", "flags", "said"),
    [
        ("wrong", (), "Credential was not sent"),
        (TOKEN, ("--var", "landing"), "--var landing is not NAME=VALUE"),
        (TOKEN, ("--target", "stage"), "databricks.yml has no target stage"),
    ],
)
def test_a_deployment_that_cannot_be_is_one_sentence(
    databricks: Databricks, token: str, flags: tuple[str, ...], said: str
) -> None:
    done = deploy(databricks, token, *flags)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(said)
    assert "Traceback" not in done.stderr


def deploy(server: Databricks, token: str, *flags: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "docker.databricks.deploy", *flags],
        cwd=ROOT,
        env=os.environ | {"DATABRICKS_HOST": server.url, "DATABRICKS_TOKEN": token},
        capture_output=True,
        text=True,
        check=False,
    )
