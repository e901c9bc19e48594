"""Running flows through the REST paths, on the real engine."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from kestra_process import SECRETS, Kestra, eventually


def test_wait_answers_with_the_ended_execution_and_its_outputs(kestra: Kestra) -> None:
    execution = kestra.run("typed", count=7, since="2026-11-01T00:00:00Z", streams='["a","b"]')
    assert execution["state"]["current"] == "SUCCESS"
    assert execution["inputs"]["count"] == 7
    assert execution["inputs"]["streams"] == ["a", "b"]
    path = f"/ui/main/executions/it.main/typed/{execution['id']}"
    assert execution["url"].endswith(path)
    assert kestra.get(f"/outputs/executions/{execution['id']}") == {"next": 8}
    said = "count=8 since=2026-11-01T00:00:00"
    eventually(lambda: any(said in line for line in kestra.messages(execution["id"])))


def test_without_wait_the_execution_is_created_and_ends_later(kestra: Kestra) -> None:
    execution = kestra.run("typed", wait=False)
    assert execution["state"]["current"] == "CREATED"
    eventually(lambda: kestra.state(execution["id"]) == "SUCCESS")


def test_many_may_wait_at_once(kestra: Kestra) -> None:
    with ThreadPoolExecutor(12) as pool:
        ended = pool.map(lambda count: kestra.run("typed", count=count), range(1, 49))
        assert [run["state"]["current"] for run in ended] == ["SUCCESS"] * 48


def test_inputs_as_json_and_as_urlencoded_form(kestra: Kestra) -> None:
    path, wait = "/executions/it.main/typed", {"wait": "true"}
    from_json = kestra.post(path, params=wait, json={"count": 9, "streams": ["x"]}).json()
    from_form = kestra.post(path, params=wait, data={"count": "9", "streams": '["x"]'}).json()
    assert from_json["inputs"] == from_form["inputs"]
    assert from_json["state"]["current"] == "SUCCESS"


def test_a_file_input_reaches_the_task(kestra: Kestra) -> None:
    upload = {"rows": ("rows.csv", "sku,on_hand\nA-1,4\n")}
    answer = kestra.post("/executions/it.main/typed", params={"wait": "true"}, files=upload)
    run = answer.json()["id"]
    eventually(lambda: {"sku,on_hand", "A-1,4"} <= set(kestra.messages(run)))


@pytest.mark.parametrize(("count", "reason"), [("zero", "'zero' to Integer"), ("0", "more than")])
def test_a_wrong_input_is_rejected(kestra: Kestra, count: str, reason: str) -> None:
    answer = kestra.post("/executions/it.main/typed", files={"count": (None, count)})
    assert answer.status_code == 422
    assert "`count`" in answer.json()["message"]
    assert reason in answer.json()["message"]


def test_what_does_not_exist_is_404_in_the_official_shape(kestra: Kestra) -> None:
    answer = kestra.post("/executions/it.main/nothing")
    assert answer.status_code == 404
    assert answer.json()["message"].startswith("Not Found")
    assert kestra.get_status("/executions/nothing") == 404
    assert kestra.get("/logs/nothing") == []
    assert kestra.get_status("/nothing") == 404


def test_labels_of_the_caller_are_kept_and_system_labels_refused(kestra: Kestra) -> None:
    query = {"wait": "true", "labels": ["team:data", "run:7"]}
    labels = kestra.post("/executions/it.main/typed", params=query).json()["labels"]
    assert {"key": "team", "value": "data"} in labels
    assert {"key": "run", "value": "7"} in labels
    refused = kestra.post("/executions/it.main/typed", params={"labels": "system.test:x"})
    assert refused.status_code == 422


def test_a_task_sees_what_its_flow_passes_and_secrets_are_masked(kestra: Kestra) -> None:
    run = kestra.run("environment")["id"]
    shown = "('SHOP_URL', 'http://shop.test')"
    lines = eventually(lambda: shown in (said := "\n".join(kestra.messages(run, "TRACE"))) and said)
    assert str(Path(sys.executable).parent) in lines
    assert "('SHOP_TOKEN', '******')" in lines
    assert SECRETS["SHOP_TOKEN"] not in lines
    assert "('SECRET_SHOP_TOKEN', '')" in lines
    assert "('KESTRA_URL', 'http://kestra.test')" in lines
    assert "NOT_FOR_TASKS" not in lines


def test_a_webhook_needs_its_key(kestra: Kestra) -> None:
    path, body = "/executions/webhook/it.main/hooked/", {"source": "shopify"}
    assert kestra.post(path + "wrong", json=body).status_code == 404
    answer = kestra.post(path + SECRETS["HOOK_KEY"], json=body)
    assert answer.status_code == 200
    eventually(lambda: kestra.state(answer.json()["id"]) == "SUCCESS")
    eventually(lambda: kestra.messages(answer.json()["id"]) == ["source shopify"])


def test_killing_a_run_ends_its_process(kestra: Kestra, tmp_path: Path) -> None:
    marker = tmp_path / "pid"
    execution = kestra.run("sleeper", wait=False, marker=marker)
    pid = int(eventually(lambda: marker.exists() and marker.read_text().strip()))
    assert alive(pid)
    answer = requests.delete(f"{kestra.api}/executions/{execution['id']}/kill", timeout=10)
    assert answer.status_code == 202
    eventually(lambda: not alive(pid))
    eventually(lambda: kestra.state(execution["id"]) == "KILLED")
    eventually(lambda: (execution["id"], "KILLED") in kestra.alerts())


def test_search_filters_sorts_and_pages(kestra: Kestra) -> None:
    failed = kestra.run("fails")
    kestra.run("typed")
    only = kestra.get("/executions/search", flowId="fails", state="FAILED")
    assert failed["id"] in [run["id"] for run in only["results"]]
    assert {run["flowId"] for run in only["results"]} == {"fails"}
    assert "taskRunList" not in only["results"][0]
    assert only["results"][0]["lastTaskRun"]["taskId"] == "break"
    nested = kestra.get("/executions/search", **{"filters[state][IN]": "FAILED,KILLED", "size": 1})
    assert len(nested["results"]) == 1
    assert nested["total"] >= only["total"]
    newest = kestra.get("/executions/search", namespace="it.main", sort="state.startDate:desc")
    dates = [run["state"]["startDate"] for run in newest["results"]]
    assert dates == sorted(dates, reverse=True)
    of_flow = kestra.get("/executions", namespace="it.main", flowId="fails")
    assert of_flow["total"] == only["total"]


def test_the_log_of_a_failure_names_the_error_and_can_be_narrowed(kestra: Kestra) -> None:
    execution = kestra.run("fails")
    task_run = execution["taskRunList"][0]["id"]
    errors = kestra.get(f"/logs/{execution['id']}", minLevel="ERROR", taskRunId=task_run)
    assert "1 order has no id" in errors[0]["message"]
    assert {line["level"] for line in errors} == {"ERROR"}


def test_the_page_of_an_execution_shows_state_tasks_and_escaped_log(kestra: Kestra) -> None:
    execution = kestra.run("fails")
    page = requests.get(execution["url"], timeout=10)
    assert page.headers["Content-Type"].startswith("text/html")
    assert "FAILED" in page.text
    assert "<td>break</td>" in page.text
    assert "echo '1 order has no id' &gt;&amp;2" in page.text


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
