"""The alert through a local Slack and a real S3 server; Kestra is told what to say."""

import pytest
import requests
from executions import entry, execution, kestra_telling, task_run
from hostile import Answer, hostile
from local_service import Service

from scripts.alerts import slack
from scripts.alerts.failed_run import alert
from scripts.errors import FatalError, RetriableError
from scripts.landing.store import Store
from scripts.settings import Kestra

FAILED = execution("FAILED", task_run("pull", "FAILED"))
LOGS = [entry("pull", "ERROR Shopify answered 401")]
STATE = "state/alerts/failed_run/6mYkExecution/"


def messages(slack: Service) -> list[dict[str, str]]:
    return requests.get(f"{slack.url}/api/messages", timeout=10).json()["messages"]


def told(url: str) -> Kestra:
    return Kestra(url, None, None, "http://kestra.example")


def test_one_message_however_often_it_is_called(
    store: Store, slack_server: Service, slack_webhook: str
) -> None:
    with kestra_telling([FAILED], LOGS) as url:
        assert alert(told(url), slack_webhook, store, FAILED["id"]) is True
        assert alert(told(url), slack_webhook, store, FAILED["id"]) is False
    (message,) = messages(slack_server)
    assert "ecomm.ingest/shopify_to_s3 failed" in message["text"]
    assert "Shopify answered 401" in message["text"]
    link = "http://kestra.example/ui/main/executions/ecomm.ingest/shopify_to_s3/6mYkExecution"
    assert link in str(message["payload"])


@pytest.mark.usefixtures("no_waiting")
def test_a_run_that_a_retry_saved_is_not_told(
    store: Store, slack_server: Service, slack_webhook: str
) -> None:
    states = [execution("RETRYING"), execution("RUNNING"), execution("SUCCESS")]
    with kestra_telling(states, LOGS) as url:
        assert alert(told(url), slack_webhook, store, FAILED["id"]) is False
    assert messages(slack_server) == []
    assert list(store.list(STATE)) == []


def test_a_run_that_was_restarted_and_failed_again_is_told_again(
    store: Store, slack_server: Service, slack_webhook: str
) -> None:
    """A restarted run keeps its id, and its second failure was nobody's business."""
    passed = ["CREATED", "RUNNING", "FAILED", "RESTARTED", "RUNNING", "FAILED"]
    again = execution("FAILED", task_run("pull", "FAILED"))
    again["state"]["histories"] = [{"state": name} for name in passed]
    with kestra_telling([FAILED, FAILED, again], LOGS) as url:
        told_of = [alert(told(url), slack_webhook, store, FAILED["id"]) for _ in range(4)]
    assert told_of == [True, False, True, False]
    assert len(messages(slack_server)) == 2


def test_the_claim_is_given_back_when_slack_refuses(
    store: Store, slack_server: Service, slack_webhook: str
) -> None:
    slack_server.admin("POST", "webhook", {"refuses_with": "no_active_hooks"})
    with kestra_telling([FAILED], LOGS) as url:
        with pytest.raises(FatalError, match="Slack refused the message: no_active_hooks"):
            alert(told(url), slack_webhook, store, FAILED["id"])
        assert list(store.list(STATE)) == []
        slack_server.admin("POST", "webhook", {"refuses_with": None})
        assert alert(told(url), slack_webhook, store, FAILED["id"]) is True
    assert len(messages(slack_server)) == 1


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize("kind", ["429", "503", "drop"])
def test_a_passing_fault_of_slack_is_waited_out(
    store: Store, slack_server: Service, slack_webhook: str, kind: str
) -> None:
    slack_server.admin("POST", "faults", {"match": "services", "kind": kind, "times": 2})
    with kestra_telling([FAILED], LOGS) as url:
        assert alert(told(url), slack_webhook, store, FAILED["id"]) is True
    assert len(messages(slack_server)) == 1


def test_the_longest_message_is_taken_by_slack(
    store: Store, slack_server: Service, slack_webhook: str
) -> None:
    logs = [entry("pull", *["<&>" * 1000 + str(n) for n in range(9)])]
    with kestra_telling([FAILED], logs) as url:
        assert alert(told(url), slack_webhook, store, FAILED["id"]) is True
    assert len(messages(slack_server)) == 1


@pytest.mark.parametrize(
    "answer",
    [
        Answer({"ok": False, "error": "not_authed"}),
        Answer(status=302, headers={"Location": "/sign-in"}),
        Answer(b"<html>gone", status=410),
    ],
)
def test_what_is_no_webhook_has_not_taken_the_message(answer: Answer) -> None:
    """Slack's other addresses refuse with status 200; a proxy sends to its sign-in page."""
    with hostile(answer, Answer(b"welcome")) as service:
        with pytest.raises(FatalError, match=r"Slack refused the message: .*SLACK_WEBHOOK_URL"):
            slack.post(service.url, {"text": "hello"})
        assert len(service.asked) == 1


@pytest.mark.usefixtures("no_waiting")
def test_a_throttled_message_does_not_outlive_its_claim() -> None:
    """It waited for hours, while another process took the claim over and said it as well."""
    with hostile(Answer(status=429, headers={"Retry-After": "120"})) as service:
        with pytest.raises(RetriableError, match=r"^Slack throttles and asks to come back in 120"):
            slack.post(service.url, {"text": "hello"})
        assert len(service.asked) == 3
