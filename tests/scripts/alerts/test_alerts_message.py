"""What the message of a failed run says; no network."""

from typing import Any

import pytest
from executions import entry, execution, task_run
from hypothesis import given
from hypothesis import strategies as st

from scripts.alerts.failed_run import error_lines, failing_task, message, took


def link(given: dict[str, Any]) -> str:
    return f"http://kestra/{given['id']}"


def texts(built: dict[str, Any]) -> list[str]:
    found = [built["text"]]
    for block in built["blocks"]:
        parts = [block["text"]] if "text" in block else block["fields"]
        found += [part["text"] for part in parts]
    return found


def test_the_message_says_flow_task_reason_run_and_link() -> None:
    run = execution("FAILED", task_run("ingest", "FAILED"), task_run("pull", "FAILED", "ingest"))
    built = message(run, [entry("pull", "ERROR Shopify answered 401: check the <token>")], link)
    assert texts(built) == [
        "ecomm.ingest/shopify_to_s3 failed: Shopify answered 401: check the &lt;token&gt;",
        "ecomm.ingest/shopify_to_s3 failed",
        "*Task*\npull",
        "*Run*\n6mYkExecution",
        "*Started*\n2026-11-23T04:00:00Z",
        "*Took*\n1m 2s",
        "```Shopify answered 401: check the &lt;token&gt;```",
        "<http://kestra/6mYkExecution|Open the run in Kestra>",
    ]


@pytest.mark.parametrize(
    ("state", "title"),
    [("FAILED", "failed"), ("WARNING", "ended with a warning"), ("KILLED", "was killed")],
)
def test_the_title_tells_how_it_ended(state: str, title: str) -> None:
    built = message(execution(state), [], link)
    assert built["text"] == f"ecomm.ingest/shopify_to_s3 {title}: no error was logged"


@pytest.mark.parametrize(
    ("runs", "task"),
    [
        ([], None),
        ([task_run("a", "SUCCESS")], None),
        ([task_run("wrap", "FAILED"), task_run("in", "FAILED", "wrap")], "in"),
        ([task_run("ok", "SUCCESS"), task_run("bad", "FAILED"), task_run("end", "FAILED")], "bad"),
        ([task_run("warned", "WARNING"), task_run("bad", "FAILED")], "bad"),
        ([task_run("warned", "WARNING"), task_run("ok", "SUCCESS")], "warned"),
    ],
)
def test_the_innermost_task_that_failed_is_blamed(
    runs: list[dict[str, Any]], task: str | None
) -> None:
    assert failing_task(execution("FAILED", *runs)) == task


def test_lines_are_the_last_telling_ones_of_the_failing_task() -> None:
    entries = [
        entry("other", "ERROR not this"),
        entry("pull", *[f"line {n}" for n in range(9)]),
        entry("pull", "ERROR the reason", "\tat io.kestra.X(X.java:1)", "java.lang.Exception: x"),
        entry("pull", "", "Command failed with exit code 1", "the reason"),
    ]
    assert error_lines(entries, "pull") == [*[f"line {n}" for n in range(4, 9)], "the reason"]
    assert error_lines(entries[:1], "pull") == ["not this"]
    assert error_lines([], None) == ["no error was logged"]


def test_the_reason_is_the_last_attempts_even_if_an_earlier_one_had_it_too() -> None:
    said = ("ERROR Stripe answered 500", "ERROR Stripe could not be reached")
    entries = [entry("pull", line) for line in (*said, said[0])]
    assert error_lines(entries, "pull")[-1] == "Stripe answered 500"


def test_no_secret_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    token = "-".join(("local", "token", "0123456789"))
    for name in ("SHOPIFY_ACCESS_TOKEN", "AWS_SECRET_ACCESS_KEY", "SLACK_WEBHOOK_URL"):
        monkeypatch.setenv(name, token + name)
    said = f"a {token}SHOPIFY_ACCESS_TOKEN b {token}AWS_SECRET_ACCESS_KEY {token}SLACK_WEBHOOK_URL"
    built = message(execution(), [entry("pull", said)], link)
    assert token not in str(built)
    assert "a *** b *** ***" in str(built)


def test_no_email_is_told() -> None:
    said = "Key (email)=(jane@home.example) already exists; postgresql://shop@db/x has it"
    built = message(execution(), [entry("pull", said)], link)
    assert "Key (email)=(***@***) already exists; postgresql://shop@db/x has it" in str(built)


@given(
    lines=st.lists(st.text(max_size=200).map(lambda text: text * 40), max_size=12),
    task=st.none() | st.text(min_size=1, max_size=60),
)
def test_any_error_stays_within_the_limits_of_slack(lines: list[str], task: str | None) -> None:
    runs = [task_run(task, "FAILED")] if task else []
    built = message(execution("FAILED", *runs), [entry(task or "x", *lines)], link)
    header, fields, said, linked = built["blocks"]
    assert 0 < len(header["text"]["text"]) <= 150
    assert all(0 < len(field["text"]) <= 2000 for field in fields["fields"])
    assert 6 < len(said["text"]["text"]) <= 3000
    assert len(linked["text"]["text"]) <= 3000


def test_a_long_line_does_not_hide_the_last_one() -> None:
    built = message(execution(), [entry("pull", "x" * 5000, "the reason")], link)
    assert built["blocks"][2]["text"]["text"].endswith("…\nthe reason```")


@pytest.mark.parametrize(
    ("end", "text"),
    [
        (None, "not ended"),
        ("2026-11-23T04:00:00.9Z", "1s"),
        ("2026-11-23T05:00:00Z", "60m 0s"),
    ],
)
def test_how_long_it_took(end: str | None, text: str) -> None:
    assert took({"startDate": "2026-11-23T04:00:00Z", "endDate": end}) == text
