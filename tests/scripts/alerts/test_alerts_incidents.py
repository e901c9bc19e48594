"""Incidents through a local Slack and a real S3 server: opened once, quiet, ended once."""

from typing import Any

import orjson
import pytest
import requests
from local_service import Service

from scripts.alerts.incidents import LINES, messages, read_state, tell
from scripts.errors import FatalError
from scripts.landing.store import Store


def incident(subject: str, kind: str = "stock_out", severity: str = "warning") -> dict[str, Any]:
    sentence = f"Tee <{subject}> is out of stock"
    return {
        "kind": kind,
        "subject": subject,
        "severity": severity,
        "day": "2026-11-20",
        "sentence": sentence,
    }


def found(store: Store, run: str, *incidents: dict[str, Any]) -> None:
    """What the anomalies task writes, with the empty file that Spark adds."""
    line = {"run_at": run, "incidents": list(incidents)}
    store.create(f"alerts/anomalies/{run}/part-00000-a.txt", line)
    store.create(f"alerts/anomalies/{run}/_SUCCESS", {})


def channel(slack: Service) -> list[dict[str, Any]]:
    return requests.get(f"{slack.url}/api/messages", timeout=10).json()["messages"]


def test_an_incident_is_told_when_it_opens_and_when_it_ends(
    store: Store, slack_server: Service, slack_webhook: str
) -> None:
    assert tell(store, slack_webhook) == 0
    found(store, "20261120T100000Z", incident("A"), incident("B"))
    assert tell(store, slack_webhook) == 1
    assert tell(store, slack_webhook) == 0
    found(store, "20261120T110000Z", incident("A"), incident("B"))
    assert tell(store, slack_webhook) == 0
    found(store, "20261120T120000Z", incident("A"), incident("C"))
    assert tell(store, slack_webhook) == 2
    said = [str(message["payload"]) for message in channel(slack_server)]
    assert len(said) == 3
    assert "Out of stock: 2" in said[0]
    assert "Tee &lt;A&gt; is out of stock" in said[0]
    assert "&lt;C&gt;" in said[1]
    assert "&lt;A&gt;" not in said[1]
    assert "Out of stock: B, open since 2026-11-20" in said[2]


def test_kinds_are_messages_of_their_own_and_the_worst_stands_first() -> None:
    now = [incident("A"), incident("B", severity="critical"), incident("USD", "revenue")]
    said = messages({}, {f"{one['kind']}|{one['subject']}": one for one in now})
    assert [message["blocks"][0]["text"]["text"] for message in said] == [
        "Out of stock: 2",
        "Unusual revenue",
    ]
    assert said[0]["blocks"][1]["text"]["text"].startswith(":red_circle: Tee &lt;B&gt;")


def test_a_warning_that_becomes_critical_is_told_once_more(
    store: Store, slack_server: Service, slack_webhook: str
) -> None:
    """After a day of thrice the usual sales came one without any, and nobody was told."""
    severities = ["warning", "critical", "warning", "critical", None]
    for hour, severity in enumerate(severities):
        days = {"day": f"2026-11-{20 + hour}"}
        given = [incident("USD", "revenue", severity) | days] if severity else []
        found(store, f"20261120T1{hour}0000Z", *given)
        tell(store, slack_webhook)
    said = [str(message["payload"]) for message in channel(slack_server)]
    assert ["large_yellow_circle" in said[0], "red_circle" in said[1]] == [True, True]
    assert "Over" in said[2]
    assert "open since 2026-11-20" in said[2]
    assert len(said) == 3


def test_the_longest_message_is_taken_by_slack(
    store: Store, slack_server: Service, slack_webhook: str
) -> None:
    found(store, "20261120T100000Z", *(incident(f"{n:04d}" + "x" * 600) for n in range(200)))
    assert tell(store, slack_webhook) == 1
    assert f"and {200 - LINES} more" in str(channel(slack_server)[0]["payload"])


def test_what_is_no_run_is_left_alone(store: Store, slack_webhook: str) -> None:
    """A file that a person or a tool puts beside the runs ended every alert."""
    store.create("alerts/anomalies/20261120T110000Z_$folder$", {})
    found(store, "20261120T100000Z", incident("A"))
    assert tell(store, slack_webhook) == 1


def test_what_slack_refused_is_posted_the_next_time(
    store: Store, slack_server: Service, slack_webhook: str
) -> None:
    found(store, "20261120T100000Z", incident("A"))
    slack_server.admin("POST", "webhook", {"refuses_with": "no_active_hooks"})
    with pytest.raises(FatalError, match="no_active_hooks"):
        tell(store, slack_webhook)
    slack_server.admin("POST", "webhook", {"refuses_with": None})
    found(store, "20261120T110000Z", incident("A"))
    assert tell(store, slack_webhook) == 1
    assert len(channel(slack_server)) == 1


def test_a_process_that_dies_before_posting_loses_nothing(
    store: Store, slack_server: Service, slack_webhook: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found(store, "20261120T100000Z", incident("A"), incident("USD", "revenue"))

    def dies(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("scripts.alerts.incidents.once", dies)
        with pytest.raises(KeyboardInterrupt):
            tell(store, slack_webhook)
    assert channel(slack_server) == []
    assert set(read_state(store).open) == {"stock_out|A", "revenue|USD"}
    assert tell(store, slack_webhook) == 2
    assert tell(store, slack_webhook) == 0
    assert len(channel(slack_server)) == 2


def test_old_runs_and_generations_are_forgotten(store: Store, slack_webhook: str) -> None:
    for number in range(24):
        found(store, f"20261120T1000{number:02d}Z")
        tell(store, slack_webhook)
    assert len(list(store.list("state/alerts/anomalies/"))) == 20
    assert len({key.split("/")[2] for key in store.list("alerts/anomalies/")}) == 20
    assert orjson.loads(store.read(list(store.list("state/alerts/anomalies/"))[-1]))["run"]
