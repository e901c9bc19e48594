"""`databricks.yml` resolved as the Databricks CLI would, and deployed through the real API."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from databricks_local import ROOT, TOKEN, Databricks, Jobs

from docker.databricks.bundle import BundleError, load

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
MORE = """
resources:
  jobs:
    two:
      tasks:
        - {task_key: a, retries: 1, wheel: {parameters: [x, x], point: b}}
        - {task_key: b}
      parameters: [{name: day, default: never}]
"""
OVER = """
resources: {jobs: {two: {
  tasks: [{task_key: c, key: "${var.bucket}"}, {task_key: a, retries: 3}],
  parameters: [{name: day, default: today}]}}},
variables:"""


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


def test_a_target_adds_to_included_jobs_by_their_keys(bundle: Path) -> None:
    (bundle.parent / "more").mkdir()
    (bundle.parent / "more/jobs.yml").write_text(MORE)
    bundle.write_text("include: [more/*.yml]\n" + OWN.replace("{variables:", "{" + OVER))
    jobs = load(bundle, "prod", {})["resources"]["jobs"]
    assert list(jobs) == ["one", "two"]
    assert jobs["two"]["tasks"] == [
        {"task_key": "a", "retries": 3, "wheel": {"parameters": ["x", "x"], "point": "b"}},
        {"task_key": "b"},
        {"task_key": "c", "key": "s3://prod"},
    ]
    assert jobs["two"]["parameters"] == [{"name": "day", "default": "today"}]
    assert load(bundle, "dev", {"bucket": "x"})["resources"]["jobs"]["two"]["tasks"][1:] == [
        {"task_key": "b"}
    ]


def test_an_include_without_a_file_is_named(bundle: Path) -> None:
    bundle.write_text("include: [more/*.yml]\n" + OWN)
    with pytest.raises(BundleError, match=r"includes more/\*\.yml, and no such file"):
        load(bundle, "prod", {})


def test_a_variable_that_a_workspace_is_asked_for_stays_a_reference(bundle: Path) -> None:
    asked = "variables:\n  house: {lookup: {warehouse: small}}\n"
    bundle.write_text(OWN.replace("variables:\n", asked, 1) + "artifacts: {a: '${var.house}'}\n")
    assert load(bundle, "prod", {})["artifacts"] == {"a": "${var.house}"}
    assert load(bundle, "prod", {"house": "0a"})["artifacts"] == {"a": "0a"}


@pytest.mark.parametrize("target", ["dev", "prod", "prod_classic"])
def test_the_projects_bundle_resolves_for_every_target(target: str) -> None:
    resolved = load(ROOT / "databricks.yml", target, {})["resources"]["jobs"]["ecomm_medallion"]
    keys = [task["task_key"] for task in resolved["tasks"]]
    assert keys == ["bronze", "silver", "gold", "integrity", "anomalies"]
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
    (maintenance,) = jobs.api.list(name="ecomm_maintenance", expand_tasks=True)
    assert [task.task_key for task in maintenance.settings.tasks] == ["maintain"]


def test_a_cluster_takes_the_uploaded_wheel_as_a_library(
    databricks: Databricks, jobs: Jobs
) -> None:
    done = deploy(databricks, TOKEN, "--target", "prod_classic")
    assert done.returncode == 0, done.stderr
    (found,) = jobs.api.list(name="ecomm_medallion")
    settings = jobs.api.get(found.job_id).settings
    wheels = {task.libraries[0].whl for task in settings.tasks}
    assert len(wheels) == 1
    assert wheels.pop().startswith("/Volumes/ecomm/artifacts/wheels/ecomm-")
    assert not settings.environments


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
