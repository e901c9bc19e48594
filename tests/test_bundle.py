"""databricks.yml and its includes against the official model, for every target, offline.

`databricks bundle validate` needs a workspace; the model (databricks-bundles) knows every field.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from databricks.bundles.dashboards import Dashboard
from databricks.bundles.jobs import Job

from docker.databricks.bundle import load

ROOT = Path(__file__).parents[1]
TARGETS = ("dev", "prod", "prod_classic")
SERVERLESS, CLASSIC = "environment_key", "job_cluster_key"
MARTS = ROOT / "spark_jobs/gold/marts"


def resources(target: str) -> dict[str, Any]:
    return load(ROOT / "databricks.yml", target, {"warehouse_id": "0123456789abcdef"})["resources"]


JOBS = [(target, key) for target in TARGETS for key in resources(target)["jobs"]]


@pytest.fixture(params=JOBS, ids=lambda pair: "-".join(pair))
def job(request: pytest.FixtureRequest) -> dict[str, Any]:
    target, key = request.param
    return resources(target)["jobs"][key]


def test_every_job_is_one_that_the_model_knows(job: dict[str, Any]) -> None:
    assert "${" not in json.dumps(job)
    checked = Job.from_dict(job)
    assert [task.task_key for task in checked.tasks] == [item["task_key"] for item in job["tasks"]]


def test_every_task_has_one_compute_and_it_is_declared(job: dict[str, Any]) -> None:
    environments = {item["environment_key"] for item in job.get("environments", [])}
    clusters = {item["job_cluster_key"] for item in job.get("job_clusters", [])}
    for task in job["tasks"]:
        named = [task[key] for key in (SERVERLESS, CLASSIC) if key in task]
        assert len(named) == 1, f"{task['task_key']}: name it once in each target of databricks.yml"
        assert named[0] in environments | clusters
        # Serverless takes the wheel from the environment, a cluster from the task.
        assert (CLASSIC in task) == ("libraries" in task)


def test_every_task_exists_and_its_parameters_are_declared(job: dict[str, Any]) -> None:
    points = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    declared = {item["name"] for item in job["parameters"]}
    keys = [task["task_key"] for task in job["tasks"]]
    for task in job["tasks"]:
        assert task["python_wheel_task"]["entry_point"] in points
        said = " ".join(task["python_wheel_task"]["parameters"])
        assert set(re.findall(r"\{\{job\.parameters\.(\w+)\}\}", said)) <= declared
        assert {item["task_key"] for item in task.get("depends_on", [])} <= set(keys)


def test_both_prods_run_the_same_tasks_and_differ_in_compute_only() -> None:
    def without_compute(target: str) -> dict[str, Any]:
        jobs = deepcopy(resources(target)["jobs"])
        for job in jobs.values():
            job.pop("environments", None)
            job.pop("job_clusters", None)
            for task in job["tasks"]:
                for key in (SERVERLESS, CLASSIC, "libraries"):
                    task.pop(key, None)
        return jobs

    assert without_compute("prod") == without_compute("prod_classic")
    medallion = resources("prod_classic")["jobs"]["ecomm_medallion"]
    (cluster,) = medallion["job_clusters"]
    assert cluster["new_cluster"]["spark_version"] == "17.3.x-scala2.13"
    assert "autoscale" not in cluster["new_cluster"]
    assert all(CLASSIC in task for task in medallion["tasks"])
    assert all(SERVERLESS in task for task in resources("prod")["jobs"]["ecomm_medallion"]["tasks"])


@pytest.mark.parametrize("target", ["prod", "prod_classic"])
def test_a_production_folder_is_nobody_elses(target: str) -> None:
    """The CLI warns of /Workspace/Shared, which every user may write to, and with --strict, as the
    runbook and CI call it, validation ends there."""
    root = load(ROOT / "databricks.yml", target, {})["workspace"]["root_path"]
    assert root == f"~/.bundle/ecomm/{target}"


def test_each_deployment_brings_a_wheel_of_its_own_and_takes_none_away() -> None:
    """Serverless does not install a version again that it has (databricks/cli issue 1621), and the
    CLI empties the folder of wheels before it uploads (issue 2958)."""
    bundle = load(ROOT / "databricks.yml", "prod", {})
    assert bundle["artifacts"]["ecomm"]["dynamic_version"] is True
    assert bundle["experimental"]["skip_artifact_cleanup"] is True


def test_the_runbook_lists_every_job_and_lets_kestra_start_those_that_flows_start() -> None:
    """Kestra had a right on the medallion only: no deletion request could have reached the lake."""
    runbook = (ROOT / "docs/databricks.md").read_text()
    listed = set(re.findall(r"^\| `(ecomm_\w+)` \|", runbook, re.MULTILINE))
    assert listed == set(resources("prod")["jobs"])
    flows = "".join(path.read_text() for path in (ROOT / "flows").rglob("*.yaml"))
    started = {"ecomm_medallion", *re.findall(r"^ +job: (\w+)$", flows, re.MULTILINE)}
    (right,) = re.findall(r"^\| service principal of Kestra \| ([^|]+) \|", runbook, re.MULTILINE)
    assert started <= set(re.findall(r"`(\w+)`", right))


def broken(job: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    """By what is wrong: how to make a copy of the job wrong."""
    task, cluster = job["tasks"][0], job["job_clusters"][0]["new_cluster"]
    return {
        "a job's field": lambda: job.update(max_concurent_runs=1),
        "a task's field": lambda: task.update(timeout_second=1),
        "a wheel task's field": lambda: task["python_wheel_task"].update(entrypoint="x"),
        "a cluster's field": lambda: cluster.update(autoscaling=False),
        "a cloud's field": lambda: cluster["aws_attributes"].update(spot=True),
        "an unknown value": lambda: cluster["aws_attributes"].update(availability="CHEAP"),
        "a wrong type": lambda: job.update(timeout_seconds="an hour"),
        "a field that is missing": lambda: task.pop("task_key"),
    }


WRONG = tuple(broken(deepcopy(resources("prod_classic")["jobs"]["ecomm_medallion"])))


@pytest.mark.parametrize("wrong", WRONG)
def test_the_model_refuses(wrong: str) -> None:
    job = deepcopy(resources("prod_classic")["jobs"]["ecomm_medallion"])
    Job.from_dict(job)
    broken(job)[wrong]()
    with pytest.raises((ValueError, TypeError)):
        Job.from_dict(job)


@pytest.mark.parametrize("target", ["prod", "prod_classic"])
def test_the_dashboard_is_one_that_the_model_knows(target: str) -> None:
    for dashboard in resources(target)["dashboards"].values():
        checked = Dashboard.from_dict(dashboard)
        assert (checked.dataset_catalog, checked.warehouse_id) == ("ecomm", "0123456789abcdef")
        assert (ROOT / dashboard["file_path"]).is_file()
        # It lies in the principal's folder, which nobody else may look into.
        assert ("users", "CAN_READ") in [
            (who.group_name, who.level.value) for who in checked.permissions
        ]


def test_the_warehouse_is_looked_up_unless_it_is_given() -> None:
    found = load(ROOT / "databricks.yml", "prod", {})["resources"]["dashboards"]["ecomm_shop"]
    assert found["warehouse_id"] == "${var.warehouse_id}"


def shop() -> dict[str, Any]:
    return json.loads((ROOT / "databricks/shop.lvdash.json").read_text())


def widgets() -> Iterator[dict[str, Any]]:
    for page in shop()["pages"]:
        yield from (item["widget"] for item in page["layout"])


def test_the_dashboards_queries_use_columns_that_the_marts_have() -> None:
    for dataset in shop()["datasets"]:
        query = "".join(dataset["queryLines"])
        (table,) = set(re.findall(r"FROM (\w+)", query))
        columns = tomllib.loads((MARTS / f"{table}.toml").read_text())["columns"]
        selected = re.findall(r"\w+", query.split("SELECT")[1].split("FROM")[0])
        assert set(selected) <= set(columns), table


def test_every_widget_shows_fields_that_its_own_query_gives() -> None:
    names = {dataset["name"] for dataset in shop()["datasets"]}
    drawn = [widget for widget in widgets() if "spec" in widget]
    for widget in drawn:
        (query,) = [item["query"] for item in widget["queries"]]
        assert query["datasetName"] in names
        given = {field["name"] for field in query["fields"]}
        used = set(re.findall(r'"fieldName": "([^"]+)"', json.dumps(widget["spec"])))
        assert used, widget["name"]
        assert used <= given, widget["name"]
    assert len({widget["name"] for widget in widgets()}) == len(list(widgets()))


def test_no_two_widgets_lie_on_each_other() -> None:
    for page in shop()["pages"]:
        cells = [
            (x, y)
            for item in page["layout"]
            for x in range(item["position"]["x"], item["position"]["x"] + item["position"]["width"])
            for y in range(
                item["position"]["y"], item["position"]["y"] + item["position"]["height"]
            )
        ]
        assert len(cells) == len(set(cells))
        assert all(0 <= x < 6 for x, _ in cells)
