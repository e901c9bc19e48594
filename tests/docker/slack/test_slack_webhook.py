"""The webhook over HTTP: what it answers, what it keeps, what the page shows."""

from typing import Any

import pytest
import requests
from slack_local import HOOK, Slack

HEADER = {"type": "header", "text": {"type": "plain_text", "text": ":x: stripe_to_s3 failed"}}


def test_json_and_forms_are_kept(slack: Slack) -> None:
    assert slack.post({"text": "first"}) == (200, "ok")
    form = slack.http.post(slack.url + HOOK, data={"payload": '{"text": "second"}'}, timeout=10)
    assert (form.status_code, form.text) == (200, "ok")
    assert slack.post({"blocks": [HEADER]}) == (200, "ok")
    texts = [message["text"] for message in slack.messages()]
    assert texts == ["first", "second", ":x: stripe_to_s3 failed"]


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        ({}, (400, "no_text")),
        ({"text": "  "}, (400, "no_text")),
        ({"text": 7}, (400, "invalid_payload")),
        (["text"], (400, "invalid_payload")),
        ({"blocks": "x"}, (400, "invalid_blocks_format")),
        ({"blocks": [{"type": "marquee"}]}, (400, "invalid_blocks")),
        ({"attachments": "x"}, (400, "invalid_attachments")),
        ({"attachments": [{"text": "a"}] * 101}, (400, "too_many_attachments")),
        ({"attachments": [{"color": "red"}]}, (400, "no_text")),
        ({"attachments": [{"blocks": [{"type": "x"}]}]}, (400, "invalid_blocks")),
    ],
)
def test_what_slack_refuses(slack: Slack, payload: Any, answer: tuple[int, str]) -> None:
    assert slack.post(payload) == answer
    assert slack.messages() == []


def test_bodies_that_are_not_what_they_say(slack: Slack) -> None:
    json_type = {"Content-Type": "application/json"}
    form_type = {"Content-Type": "application/x-www-form-urlencoded"}
    for body, headers in ((b"{", json_type), (b'{"text": "a"}', form_type), (b"", json_type)):
        answer = slack.http.post(slack.url + HOOK, data=body, headers=headers, timeout=10)
        assert (answer.status_code, answer.text) == (400, "invalid_payload")


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/services/T0LOCAL/B0LOCAL/wrong", (403, "invalid_token")),
        ("/services/T0LOCAL/B0OTHER/secretpart", (404, "no_service")),
        ("/services/T0OTHER/B0LOCAL/secretpart", (404, "no_team")),
        ("/services/nonsense", (404, "no_team")),
    ],
)
def test_wrong_addresses(slack: Slack, path: str, answer: tuple[int, str]) -> None:
    assert slack.post({"text": "hi"}, path) == answer


def test_a_stage_can_disable_the_webhook(slack: Slack) -> None:
    slack.admin("webhook", {"refuses_with": "no_active_hooks"})
    assert slack.post({"text": "hi"}) == (404, "no_active_hooks")
    slack.admin("webhook", {"refuses_with": "channel_is_archived"})
    assert slack.post({"text": "hi"}) == (410, "channel_is_archived")
    slack.admin("webhook", {"refuses_with": None})
    assert slack.post({"text": "hi"}) == (200, "ok")
    bad = slack.http.post(f"{slack.url}/_admin/webhook", json={"refuses_with": "x"}, timeout=10)
    assert bad.status_code == 400


def test_a_burst_passes_then_one_a_second(slack: Slack) -> None:
    answers = [
        slack.http.post(slack.url + HOOK, json={"text": str(n)}, timeout=10) for n in range(12)
    ]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert 5 <= len(slack.messages()) <= 7
    assert len(refused) == 12 - len(slack.messages())
    assert refused[0].text == "rate_limited"
    assert int(refused[0].headers["Retry-After"]) >= 1


def test_text_is_cut_at_forty_thousand_characters(slack: Slack) -> None:
    assert slack.post({"text": "é" * 40_001}) == (200, "ok")
    assert slack.messages()[0]["payload"]["text"] == "é" * 40_000


def test_messages_since_a_time_or_a_message(slack: Slack) -> None:
    slack.admin("clock", {"now": "2026-09-01T12:00:00Z"})
    slack.post({"text": "old"})
    slack.admin("clock", {"now": "2026-09-02T12:00:00Z"})
    slack.post({"text": "new"})
    old, new = slack.messages()
    assert (old["at"][:16], new["at"][:16]) == ("2026-09-01T12:00", "2026-09-02T12:00")
    assert slack.messages(since="2026-09-02T00:00:00Z") == [new]
    assert slack.messages(since=old["ts"]) == [new]
    assert slack.messages(since=new["ts"]) == []
    bad = slack.http.get(f"{slack.url}/api/messages", params={"since": "noon"}, timeout=10)
    assert bad.status_code == 400


def test_the_page_shows_the_channel(slack: Slack) -> None:
    assert "No message yet" in requests.get(slack.url, timeout=10).text
    field = {"type": "mrkdwn", "text": "*Flow*\nstripe_to_s3"}
    link = {
        "type": "button",
        "text": {"type": "plain_text", "text": "Logs"},
        "url": "http://kestra.example/1",
    }
    slack.post({"blocks": [HEADER, {"type": "section", "fields": [field]}]})
    slack.post({"blocks": [{"type": "actions", "elements": [link]}]})
    page = requests.get(slack.url, timeout=10).text
    assert "<h2>❌ stripe_to_s3 failed</h2>" in page
    assert "<strong>Flow</strong><br>stripe_to_s3" in page
    assert 'href="http://kestra.example/1"' in page


def test_kill_nine_loses_no_message(slack: Slack) -> None:
    assert slack.post({"text": "kept"}) == (200, "ok")
    slack.kill()
    slack.start()
    assert [message["text"] for message in slack.messages()] == ["kept"]
