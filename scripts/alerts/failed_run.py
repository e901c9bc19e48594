"""One Slack message for a run that failed: flow, failing task, error lines, link, run id."""

import re
from datetime import datetime
from typing import Any

from scripts.alerts import slack
from scripts.alerts.kestra import Client
from scripts.alerts.once import once
from scripts.landing.store import Store
from scripts.settings import Kestra, redacted

ALARMING = ("FAILED", "WARNING", "KILLED")
LINES = 6
LINE_LIMIT = 450  # characters: six fit into a section, so a long one hides none of the others
# What the runner says after the script has said why; it helps nobody.
NOISE = re.compile(
    r"^(\s+at |Caused by: |io\.kestra\.|java\.|org\.|\s*\.\.\. \d+ )|Command failed with exit code"
)
LEVEL = re.compile(r"^(ERROR|WARNING|CRITICAL)\s+")


def alert(kestra: Kestra, webhook_url: str, store: Store, execution_id: str) -> bool:
    """Post the message unless the run was saved or has been told of; whether it was posted."""
    client = Client(kestra)
    execution = client.ended(execution_id)
    if execution["state"]["current"] not in ALARMING:
        return False

    def say() -> None:
        lines = client.error_lines(execution_id)
        slack.post(webhook_url, message(execution, lines, client.link))

    return once(store, f"failed_run/{execution_id}{_restart(execution)}", say)


def _restart(execution: dict[str, Any]) -> str:
    """A run that a person restarts keeps its id, and may fail again."""
    states = [item["state"] for item in execution["state"].get("histories") or []]
    return f"-{states.count('RESTARTED')}" if "RESTARTED" in states else ""


def message(
    execution: dict[str, Any], entries: list[dict[str, Any]], link: Any
) -> dict[str, object]:
    """Block Kit for one failed execution; `entries` are its ERROR log entries."""
    state = execution["state"]["current"]
    flow = f"{execution['namespace']}/{execution['flowId']}"
    task = failing_task(execution)
    lines = error_lines(entries, task)
    title = {"FAILED": "failed", "WARNING": "ended with a warning", "KILLED": "was killed"}[state]
    said = slack.cut(slack.escape("\n".join(lines)), slack.SECTION_LIMIT - 10)
    return {
        "text": slack.cut(slack.escape(f"{flow} {title}: {lines[-1]}"), 400),
        "blocks": [
            {
                "type": "header",
                "text": {"type": "plain_text", "text": slack.cut(f"{flow} {title}", 150)},
            },
            {
                "type": "section",
                "fields": [
                    {"type": "mrkdwn", "text": f"*Task*\n{slack.escape(task or 'none')}"},
                    {"type": "mrkdwn", "text": f"*Run*\n{execution['id']}"},
                    {
                        "type": "mrkdwn",
                        "text": f"*Started*\n{execution['state']['startDate'][:19]}Z",
                    },
                    {"type": "mrkdwn", "text": f"*Took*\n{took(execution['state'])}"},
                ],
            },
            {"type": "section", "text": {"type": "mrkdwn", "text": f"```{said}```"}},
            {
                "type": "section",
                "text": {"type": "mrkdwn", "text": f"<{link(execution)}|Open the run in Kestra>"},
            },
        ],
    }


def failing_task(execution: dict[str, Any]) -> str | None:
    """The innermost task run that ended as the execution did; the wrappers around it did too.

    A run that only warned does not take the blame for one that failed after it.
    """
    runs = execution.get("taskRunList") or []
    bad = [run for run in runs if run["state"]["current"] in ALARMING]
    parents = {run.get("parentTaskRunId") for run in bad}
    leaves = [run for run in bad if run["id"] not in parents]
    state = execution["state"]["current"]
    blamed = [run for run in leaves if run["state"]["current"] == state] or leaves
    return str(blamed[0]["taskId"]) if blamed else None


def error_lines(entries: list[dict[str, Any]], task: str | None) -> list[str]:
    """The last telling lines of the failing task, without stack frames and without secrets."""
    of_task = [entry for entry in entries if entry.get("taskId") == task] or entries
    lines = [line for entry in of_task for line in str(entry["message"]).splitlines()]
    telling = [line.strip() for line in lines if line.strip() and not NOISE.search(line)]
    # Attempts repeat each other: the last time counts, for the last line is the reason.
    unique = list(dict.fromkeys(LEVEL.sub("", line) for line in reversed(telling)))[::-1]
    last = [slack.cut(redacted(line), LINE_LIMIT) for line in unique[-LINES:]]
    return last or ["no error was logged"]


def took(state: dict[str, Any]) -> str:
    """From start to end as `1m 2s`; `state` holds ISO 8601 `startDate` and `endDate`."""
    if not state.get("endDate"):
        return "not ended"
    start, end = (datetime.fromisoformat(state[key]) for key in ("startDate", "endDate"))
    minutes, seconds = divmod(round((end - start).total_seconds()), 60)
    return f"{minutes}m {seconds}s" if minutes else f"{seconds}s"
