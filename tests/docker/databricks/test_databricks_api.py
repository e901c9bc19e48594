"""Jobs and runs as the official SDK asks for them; refusals in Databricks' shape."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import InvalidParameterValue, ResourceDoesNotExist, Unauthenticated
from databricks.sdk.service.jobs import JobSettings
from databricks_local import TOKEN, Databricks, Jobs, results, task


def test_a_job_is_created_found_reset_and_deleted(jobs: Jobs) -> None:
    job = jobs.create(task("one", "says"), name="Found By Name")
    assert [item.job_id for item in jobs.api.list(name="found by name")] == [job]
    assert [item.job_id for item in jobs.api.list(name="found by")] == []
    jobs.api.reset(job, JobSettings(name="renamed", tasks=[task("two", "says")]))
    settings = jobs.api.get(job).settings
    assert (settings.name, [item.task_key for item in settings.tasks]) == ("renamed", ["two"])
    jobs.api.delete(job)
    with pytest.raises(ResourceDoesNotExist, match=f"Job {job} does not exist"):
        jobs.api.get(job)


def test_a_run_keeps_the_job_as_it_was(jobs: Jobs) -> None:
    job = jobs.create(task("one", "says"))
    run = jobs.run(job)
    jobs.api.reset(job, JobSettings(name="renamed", tasks=[task("two", "says")]))
    assert results(jobs.api.get_run(run.run_id)) == {"one": "SUCCESS"}


def test_an_idempotency_token_is_one_run_also_at_once(jobs: Jobs) -> None:
    job = jobs.create(task("one", "says"), max_concurrent_runs=9)
    with ThreadPoolExecutor(8) as pool:
        runs = set(pool.map(lambda _: jobs.start(job, "token"), range(16)))
    assert len(runs) == 1
    jobs.ended(runs.pop())
    other = jobs.start(jobs.create(task("one", "says")), "token")
    assert len([*jobs.api.list_runs(job_id=job)]) == 1
    jobs.ended(other)
    with pytest.raises(InvalidParameterValue, match="64 characters"):
        jobs.start(job, "x" * 65)


def test_lists_come_in_pages_newest_first(jobs: Jobs) -> None:
    made = [jobs.create(task("one", "says"), name="paged") for _ in range(5)]
    listed = [item.job_id for item in jobs.api.list(name="paged", limit=2)]
    assert listed == made[::-1]
    runs = [jobs.start(made[0], str(number)) for number in range(3)]
    for run in runs:
        jobs.ended(run)
    assert [run.run_id for run in jobs.api.list_runs(job_id=made[0], limit=2)] == runs[::-1]
    assert [*jobs.api.list_runs(job_id=made[0], active_only=True)] == []


@pytest.mark.parametrize(
    ("tasks", "said"),
    [
        ([], "no tasks"),
        ([task("a", "says"), task("a", "says")], "task_key of its own"),
        ([task("a", "says", after=("b",))], "unknown task b"),
        ([task("a", "says", after=("b",)), task("b", "says", after=("a",))], "circle: a, b"),
        ([task("a", "says", "{{job.parameters.nowhere}}")], "nowhere, which is not declared"),
        ([task("a", "")], "entry_point is missing"),
    ],
)
def test_a_wrong_definition_is_refused_by_name(jobs: Jobs, tasks: list, said: str) -> None:
    with pytest.raises(InvalidParameterValue, match=said):
        jobs.create(*tasks)


def test_an_undeclared_job_parameter_is_refused(jobs: Jobs) -> None:
    job = jobs.create(task("one", "says"))
    with pytest.raises(InvalidParameterValue, match=r"'landing'.* not declared"):
        jobs.start(job, landing="s3://elsewhere")


def test_a_wrong_token_is_401_in_databricks_shape(databricks: Databricks) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Bearer {TOKEN}x"}):
        answer = requests.get(f"{databricks.url}/api/2.2/jobs/list", headers=headers, timeout=10)
        assert answer.status_code == 401
        assert answer.json()["error_code"] == "UNAUTHENTICATED"
    with pytest.raises(Unauthenticated):
        list(WorkspaceClient(host=databricks.url, token="wrong").jobs.list())


@pytest.mark.parametrize(
    ("method", "path", "arguments"),
    [
        ("POST", "jobs/run-now", {"data": "no json"}),
        ("POST", "jobs/run-now", {"json": ["no object"]}),
        ("POST", "jobs/run-now", {"json": {"job_id": "seven"}}),
        ("GET", "jobs/list", {"params": {"limit": "many"}}),
        ("GET", "jobs/runs/get", {}),
        ("GET", "jobs/runs/get-output", {"params": {"run_id": 0}}),
    ],
)
def test_nonsense_is_400_with_a_code(
    databricks: Databricks, method: str, path: str, arguments: dict
) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    url = f"{databricks.url}/api/2.2/{path}"
    answer = requests.request(method, url, headers=headers, timeout=10, **arguments)
    assert answer.status_code == 400
    assert set(answer.json()) == {"error_code", "message"}


def test_an_upload_stays_in_the_file_store(databricks: Databricks) -> None:
    answer = requests.put(
        f"{databricks.url}/api/2.0/fs/files/%2e%2e/%2e%2e/outside",
        data=b"x",
        headers={"Authorization": f"Bearer {TOKEN}"},
        timeout=10,
    )
    assert answer.status_code == 400
    assert not (databricks.data / "outside").exists()


def test_the_page_of_a_run_shows_its_error_escaped(databricks: Databricks, jobs: Jobs) -> None:
    run = jobs.run(jobs.create(task("one", "fails", "<b>no price</b>")))
    page = requests.get(databricks.url + run.run_page_url, timeout=10).text
    assert "&lt;b&gt;no price" in page
    assert "<b>no price" not in page
