"""Backfills on the real engine: answered at once, run once, told at the end."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from flow_stack import Stack, eventually

FLOW = "ecomm.backfill/backfill"


def call(stack: Stack, body: Any, key: str | None = None) -> requests.Response:
    key = key or stack.values["BACKFILL_WEBHOOK_KEY"]
    url = f"{stack.values['KESTRA_URL']}/api/v1/main/executions/webhook/{FLOW}/{key}"
    return requests.post(url, json=body, timeout=120)


@pytest.fixture(scope="module")
def window() -> dict[str, str]:
    until = datetime.now(UTC).replace(microsecond=0)
    return {"since": (until - timedelta(days=3)).isoformat(), "until": until.isoformat()}


def windows_of(stack: Stack, execution: str) -> list[dict[str, Any]]:
    """The executions of the windows flow that a request started."""
    found = stack.executions("ecomm.backfill")
    return [run for run in found if {"key": "backfill", "value": execution} in run["labels"]]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"source": "ebay"}, "source is 'ebay': choose from shopify, stripe"),
        ({"source": "stripe", "since": "2026-01-01"}, "until is missing"),
        (["stripe"], "the body is not a JSON object"),
        # Kestra renders a task's variables once more: a body must not become a template.
        ({"source": "{{ 1 + 1 }}"}, "source is '{{ 1 + 1 }}'"),
        ({"source": "x" * 200_000}, "the body is longer than"),
        ("text", "the body is not a JSON object"),
    ],
)
def test_a_bad_body_is_answered_with_what_is_wrong(stack: Stack, body: Any, said: str) -> None:
    answer = call(stack, body)
    assert answer.status_code == 400
    assert said in answer.json()["message"]
    assert windows_of(stack, answer.json()["execution"]) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "since is missing"),
        (b'{"source": "\\ud83d"}', "the body is not JSON: "),
        (b'{"source": "\xff"}', "the body is not JSON: "),
        (b'{"source": "stripe"', "the body is not JSON: "),
        # As a part of the execution this ended the engine: it had no memory left.
        (b'{"source": "' + b"x" * 10_000_000 + b'"}', "the body is longer than 40000 bytes"),
    ],
    ids=["nothing", "half a character", "no UTF-8", "cut off", "10 MB"],
)
def test_bytes_that_are_no_request_are_answered_with_what_is_wrong(
    stack: Stack, body: bytes, said: str
) -> None:
    url = f"{stack.values['KESTRA_URL']}/api/v1/main/executions/webhook/{FLOW}"
    key = stack.values["BACKFILL_WEBHOOK_KEY"]
    headers = {"Content-Type": "application/json"}
    answer = requests.post(f"{url}/{key}", data=body, headers=headers, timeout=120)
    assert (answer.status_code, answer.json()["accepted"]) == (400, False)
    assert answer.json()["message"].startswith(said)
    assert stack.execution(answer.json()["execution"])["state"]["current"] == "SUCCESS"


def test_a_wrong_key_starts_nothing(stack: Stack, window: dict[str, str]) -> None:
    before = len(stack.executions("ecomm.backfill"))
    right = stack.values["BACKFILL_WEBHOOK_KEY"]
    for wrong in (right[:-1], right + "x", "x" * len(right)):
        assert call(stack, {"source": "stripe", **window}, key=wrong).status_code == 404
    assert len(stack.executions("ecomm.backfill")) == before


def test_the_same_request_twice_runs_once_window_by_window(
    stack: Stack, window: dict[str, str]
) -> None:
    first = call(stack, {"source": "stripe", "streams": ["customers", "charges"], **window})
    again = call(stack, {"source": "stripe", "streams": "charges,customers", **window})
    assert (first.status_code, again.status_code) == (202, 202)
    execution = first.json()["execution"]
    assert f"as execution {execution}" in again.json()["message"]
    (run,) = eventually(lambda: windows_of(stack, execution), 30)
    assert stack.ended(run["id"])["state"]["current"] == "SUCCESS"
    assert windows_of(stack, again.json()["execution"]) == []
    pulls = [
        pull
        for pull in stack.executions("ecomm.ingest")
        if {"key": "backfill", "value": run["id"]} in pull["labels"]
    ]
    asked = sorted((pull["inputs"]["since"], pull["inputs"]["until"]) for pull in pulls)
    assert len(asked) == 3
    assert all(first[1] < second[0] for first, second in itertools.pairwise(asked))
    (line,) = [item for item in stack.channel() if "Backfill finished" in str(item["payload"])]
    assert line["payload"]["text"].startswith("Backfill finished: stripe ")


def test_a_form_with_a_mistake_is_a_failed_run(stack: Stack) -> None:
    done = stack.command("backfill", "--source", "stripe", "--since", "2026-01-01")
    assert (done.returncode, "until is missing" in done.stderr) == (1, True)


def test_a_backfill_that_was_killed_may_be_asked_for_again(
    stack: Stack, window: dict[str, str]
) -> None:
    body = {"source": "stripe", "streams": "refunds", **window}
    admin = f"{stack.values['STRIPE_API_BASE']}/_admin/faults"
    slow = {"match": "GET /v1/refunds", "kind": "slow", "delay_seconds": 30}
    requests.post(admin, json=slow, timeout=10).raise_for_status()
    execution = call(stack, body).json()["execution"]
    (run,) = eventually(lambda: windows_of(stack, execution), 30)
    stack.kill(run["id"])
    requests.delete(admin, timeout=10).raise_for_status()
    assert stack.ended(run["id"])["state"]["current"] == "KILLED"
    again = eventually(lambda: is_new(call(stack, body)), 180)
    (second,) = eventually(lambda: windows_of(stack, again["execution"]), 30)
    assert stack.ended(second["id"])["state"]["current"] == "SUCCESS"


def test_a_backfill_that_was_killed_in_the_queue_may_be_asked_for_again(
    stack: Stack, window: dict[str, str]
) -> None:
    """It waits for another one, so none of its tasks has run."""
    admin = f"{stack.values['STRIPE_API_BASE']}/_admin/faults"
    slow = {"match": "GET /v1/refunds", "kind": "slow", "delay_seconds": 30}
    requests.post(admin, json=slow, timeout=10).raise_for_status()
    first = call(stack, {"source": "stripe", "streams": "refunds,payouts", **window}).json()
    (working,) = eventually(lambda: windows_of(stack, first["execution"]), 30)
    body = {"source": "stripe", "streams": "payouts", **window}
    execution = call(stack, body).json()["execution"]
    (waiting,) = eventually(lambda: windows_of(stack, execution), 30)
    eventually(lambda: stack.execution(waiting["id"])["state"]["current"] == "QUEUED", 30)
    stack.kill(waiting["id"])
    assert stack.ended(waiting["id"])["state"]["current"] in ("KILLED", "CANCELLED")
    assert eventually(lambda: is_new(call(stack, body)), 120)
    stack.kill(working["id"])
    requests.delete(admin, timeout=10).raise_for_status()


def is_new(answer: requests.Response) -> Any:
    said = answer.json()
    return said if said["message"].startswith("accepted: ") else None
