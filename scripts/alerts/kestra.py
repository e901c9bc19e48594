"""What Kestra knows of an execution, through its REST API."""

import time
from typing import Any

import requests

from scripts.errors import FatalError, RetriableError
from scripts.retry import with_retries
from scripts.settings import Kestra

ENDED = ("SUCCESS", "WARNING", "FAILED", "KILLED", "CANCELLED", "SKIPPED")
LOG_SECONDS = 5  # Kestra writes logs behind the states
SETTLE_SECONDS = 3600  # a retry may be an hour away; the flow's own time-out is above


class Client:
    def __init__(self, settings: Kestra) -> None:
        self._settings = settings
        self._http = requests.Session()
        if settings.username and settings.password:
            self._http.auth = (settings.username, settings.password)

    def ended(self, execution_id: str) -> dict[str, Any]:
        """The execution once it has really ended.

        Kestra 2.0 shows FAILED for a moment before RETRYING, and fires failure triggers then
        (FACTS.md); what a retry saves must not alarm anybody.
        """
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            execution: dict[str, Any] = self._get(f"executions/{execution_id}")
            if execution["state"]["current"] in ENDED:
                return execution
            if time.monotonic() > deadline:
                raise RetriableError(f"execution {execution_id} has not ended after an hour")
            time.sleep(1)

    def error_lines(self, execution_id: str) -> list[dict[str, Any]]:
        """Log entries of level ERROR, oldest first; a run that was killed may have none."""
        deadline = time.monotonic() + LOG_SECONDS
        found: list[dict[str, Any]] = []
        while not found and time.monotonic() < deadline:
            found = self._get(f"logs/{execution_id}", minLevel="ERROR")
            time.sleep(0 if found else 0.2)
        return found

    def link(self, execution: dict[str, Any]) -> str:
        place = f"{execution['namespace']}/{execution['flowId']}/{execution['id']}"
        return f"{self._settings.public_url}/ui/main/executions/{place}"

    def _get(self, path: str, **params: str) -> Any:
        return with_retries(lambda: self._attempt(path, params))

    def _attempt(self, path: str, params: dict[str, str]) -> Any:
        url = f"{self._settings.url}/api/v1/main/{path}"
        try:
            answer = self._http.get(url, params=params, timeout=30)
        except requests.RequestException as error:
            raise RetriableError(f"Kestra could not be reached at {self._settings.url}") from error
        if answer.status_code in (401, 403):
            raise FatalError("Kestra refused: check KESTRA_USERNAME and KESTRA_PASSWORD")
        if answer.status_code == 404:
            raise FatalError(f"Kestra does not know {path}")
        if not answer.ok:
            raise RetriableError(f"Kestra answered {answer.status_code} for {path}")
        return answer.json()
