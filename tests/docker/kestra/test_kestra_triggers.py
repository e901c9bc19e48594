"""Flow triggers, retries and schedules, on the real engine."""

from __future__ import annotations

from pathlib import Path

import requests
from kestra_process import Kestra, eventually


def test_a_failed_run_fires_the_alert_once(kestra: Kestra) -> None:
    execution = kestra.run("fails")
    assert execution["state"]["current"] == "FAILED"
    eventually(lambda: (execution["id"], "FAILED") in kestra.alerts())
    settle(kestra)
    assert [run for run, _ in kestra.alerts()].count(execution["id"]) == 1


def test_a_retry_inside_sequential_fires_no_alert(kestra: Kestra, tmp_path: Path) -> None:
    execution = kestra.run("saved_by_retry", marker=tmp_path / "tried")
    assert execution["state"]["current"] == "SUCCESS"
    task = execution["taskRunList"][1]
    assert [attempt["state"]["current"] for attempt in task["attempts"]] == ["FAILED", "SUCCESS"]
    settle(kestra)
    assert execution["id"] not in [run for run, _ in kestra.alerts()]


def test_a_backfill_runs_the_schedule_for_every_past_date(kestra: Kestra) -> None:
    backfill = {"start": "2026-11-01T00:00:00Z", "end": "2026-11-04T00:00:00Z"}
    answer = put_backfill(kestra, "every_day", backfill)
    assert answer.status_code == 200
    assert answer.json()["backfill"]["start"].startswith("2026-11-01T00:00:00")
    days = {f"day 2026-11-0{day}T03:00:00.000000Z" for day in (1, 2, 3)}
    eventually(lambda: schedule_messages(kestra) >= days)


def test_a_backfill_of_an_unknown_trigger_is_404(kestra: Kestra) -> None:
    answer = put_backfill(kestra, "never", {"start": "2026-11-01T00:00:00Z"})
    assert answer.status_code == 404


def put_backfill(kestra: Kestra, trigger: str, backfill: dict[str, str]) -> requests.Response:
    body = {"namespace": "it.main", "flowId": "daily", "triggerId": trigger, "backfill": backfill}
    return requests.put(f"{kestra.api}/triggers/backfill/create", json=body, timeout=30)


def schedule_messages(kestra: Kestra) -> set[str]:
    runs = kestra.get("/executions/search", flowId="daily", size=50)["results"]
    return {line for run in runs for line in kestra.messages(run["id"])}


def settle(kestra: Kestra) -> None:
    """Return when the alert of a later failure is there: an earlier one would be there too."""
    later = kestra.run("fails")["id"]
    eventually(lambda: later in [run for run, _ in kestra.alerts()])
