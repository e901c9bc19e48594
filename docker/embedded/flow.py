"""`make flow`: one flow through Kestra's REST path, waited for; the exit status is the run's."""

import json
import re
import sys
import time
from typing import Any

import requests

from docker.common.server import SetupError
from docker.embedded.settings import Settings

GOOD = ("SUCCESS",)
LOG_SECONDS = 5  # Kestra writes logs behind the states
ENDED = ("SUCCESS", "WARNING", "FAILED", "KILLED", "CANCELLED", "SKIPPED")


def run(settings: Settings, name: str, inputs: str) -> int:
    try:
        given = json.loads(inputs)
    except ValueError as error:
        raise SetupError(f"INPUTS is no JSON object: {error}") from error
    if not isinstance(given, dict):
        raise SetupError("INPUTS is no JSON object")
    execution = execute(settings, name, given)
    state = execution["state"]["current"]
    sys.stderr.write(f"{name}: {state} ({link(settings, execution)})\n")
    if state not in GOOD:
        for line in error_lines(settings, execution["id"]):
            sys.stderr.write(f"  {line}\n")
    return 0 if state in GOOD else 1


def start(settings: Settings, name: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """Start an execution; SetupError with Kestra's words when it refuses."""
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", name):
        raise SetupError(f"the flow {name!r} is not namespace/flow, as ecomm.ingest/shopify_to_s3")
    url = f"{settings.values['KESTRA_URL']}/api/v1/main/executions/{name}"
    fields = {key: (None, _text(value)) for key, value in inputs.items()}
    try:
        answer = requests.post(
            url, files=fields or {"": (None, "")}, timeout=60, auth=auth(settings)
        )
    except requests.ConnectionError as error:
        raise SetupError("Kestra does not answer: run `make up` first") from error
    if not answer.ok:
        raise SetupError(f"Kestra refused {name}: {_message(answer)}")
    execution: dict[str, Any] = answer.json()
    return execution


def execute(settings: Settings, name: str, inputs: dict[str, Any]) -> dict[str, Any]:
    return wait(settings, start(settings, name, inputs)["id"])


def wait(settings: Settings, execution_id: str) -> dict[str, Any]:
    while True:
        execution: dict[str, Any] = ask(settings, f"executions/{execution_id}")
        if execution["state"]["current"] in ENDED:
            return execution
        time.sleep(0.2)


def search(settings: Settings, name: str) -> list[dict[str, Any]]:
    """The latest executions of a flow, newest first."""
    namespace, flow_id = name.split("/")
    asked = {"namespace": namespace, "flowId": flow_id, "sort": "state.startDate:desc"}
    found = ask(settings, "executions/search", **asked, size="50")
    results: list[dict[str, Any]] = found["results"]
    return results


def error_lines(settings: Settings, execution_id: str) -> list[str]:
    deadline = time.monotonic() + LOG_SECONDS
    found: list[dict[str, Any]] = []
    while not found and time.monotonic() < deadline:
        found = ask(settings, f"logs/{execution_id}", minLevel="ERROR")
        time.sleep(0 if found else 0.2)
    return [line["message"] for line in found][-5:]


def ask(settings: Settings, path: str, **query: str) -> Any:
    """What Kestra answers to a GET, as JSON; SetupError when it does not."""
    url = f"{settings.values['KESTRA_URL']}/api/v1/main/{path}"
    try:
        answer = requests.get(url, params=query, timeout=30, auth=auth(settings))
        answer.raise_for_status()
    except requests.RequestException as error:
        raise SetupError(
            f"Kestra does not answer at {settings.values['KESTRA_URL']}: see `make status`"
        ) from error
    return answer.json()


def link(settings: Settings, execution: dict[str, Any]) -> str:
    place = f"{execution['namespace']}/{execution['flowId']}/{execution['id']}"
    return f"{settings.values['KESTRA_URL']}/ui/main/executions/{place}"


def auth(settings: Settings) -> tuple[str, str] | None:
    user, password = (settings.values.get(f"KESTRA_{part}") for part in ("USERNAME", "PASSWORD"))
    return (user, password) if user and password else None


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value)


def _message(answer: requests.Response) -> str:
    try:
        return str(answer.json().get("message", answer.status_code))
    except ValueError:
        return f"{answer.status_code}"
