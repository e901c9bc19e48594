"""How a command ends, how long it tries, and what it takes from the command line."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import arguments, settings
from scripts.errors import FatalError, RetriableError, run_command
from scripts.landing.window import Request
from scripts.retry import ThrottledError, with_retries

ROOT = Path(__file__).parents[2]
KNOWN = ["shop", "orders", "customers"]


@pytest.mark.parametrize(("error", "status"), [(FatalError("x"), 1), (RetriableError("x"), 75)])
def test_the_exit_status_tells_whether_to_try_again(error: Exception, status: int) -> None:
    def command() -> None:
        raise error

    with pytest.raises(SystemExit) as ended:
        run_command(command)
    assert ended.value.code == status


@pytest.mark.parametrize(
    ("name", "read"),
    [("SLACK_WEBHOOK_URL", settings.slack_webhook_url), ("KESTRA_URL", settings.kestra)],
)
@pytest.mark.parametrize(
    "value", ["hooks.slack.test/services/T1/B1/word", "htps://x", "https:///services"]
)
def test_an_address_that_is_none_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, read: Callable[[], object], value: str
) -> None:
    """It passed for a Slack or a Kestra that is away, and was tried again for two hours."""
    monkeypatch.setenv(name, value)
    with pytest.raises(FatalError, match=f"{name} is no address") as found:
        read()
    assert value not in str(found.value)


def test_no_secret_is_logged() -> None:
    """Run as a process: logging can be set up once."""
    code = (
        "from scripts.errors import FatalError, run_command\n"
        "def refused(): raise FatalError('no such key: tests-secret')\n"
        "run_command(refused)"
    )
    given = {"PATH": os.environ["PATH"], "SHOPIFY_ACCESS_TOKEN": "tests-secret"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=given, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (1, "ERROR no such key: ***\n")


@pytest.mark.parametrize("kind", ["FatalError", "ValueError"])
def test_no_email_is_logged_not_even_in_a_trace(kind: str) -> None:
    """Spark quotes the value that it could not cast, a database the row that it refused."""
    code = (
        "from scripts.errors import FatalError, run_command\n"
        f"def no(): raise {kind}('cannot cast jane.doe+x@home.example (tests-secret) to INT')\n"
        "run_command(no)"
    )
    given = {"PATH": os.environ["PATH"], "SHOPIFY_ACCESS_TOKEN": "tests-secret"}
    argv = [sys.executable, "-c", code]
    done = subprocess.run(argv, cwd=ROOT, env=given, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.endswith(" cannot cast ***@*** (***) to INT\n")
    assert "home.example" not in done.stderr


def test_a_line_of_the_log_is_one_line_in_any_locale() -> None:
    code = (
        "import logging\n"
        "from scripts.errors import FatalError, run_command\n"
        "def refused():\n"
        "    logging.warning('\\u0439 folder')\n"
        "    raise FatalError('a\\n::{\"outputs\": {}}::\\n.txt: refused')\n"
        "run_command(refused)"
    )
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    given = {"PATH": os.environ["PATH"], **ascii_only}
    argv = [sys.executable, "-c", code]
    done = subprocess.run(argv, cwd=ROOT, env=given, capture_output=True, text=True)
    assert done.stderr == 'ERROR a ::{"outputs": {}}:: .txt: refused\n'
    assert done.stdout.endswith("\\u0439 folder\n")


def test_an_unexpected_error_keeps_its_trace() -> None:
    with pytest.raises(ZeroDivisionError):
        run_command(lambda: 1 // 0)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']"),
    ],
)
def test_a_full_disk_is_a_sentence(error: OSError, caplog: pytest.LogCaptureFixture) -> None:
    """The temporary directory of a disk that is full already is not even found."""

    def command() -> None:
        raise error

    with pytest.raises(SystemExit) as ended:
        run_command(command)
    assert ended.value.code == 1
    assert [record.message for record in caplog.records] == [
        "no space left on the disk for temporary files: free some, or set TMPDIR"
    ]


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_settings_that_are_not_utf_8_are_a_sentence(tmp_path: Path, encoding: str) -> None:
    """As Notepad and PowerShell write them."""
    (tmp_path / ".env").write_bytes("# Schlüssel\nS3_BUCKET=x\n".encode(encoding))
    given = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    argv = [sys.executable, "-m", "scripts.files_to_s3"]
    done = subprocess.run(argv, cwd=tmp_path, env=given, capture_output=True, text=True)
    assert (done.returncode, done.stderr.splitlines()) == (
        1,
        ["ERROR .env is not UTF-8: save it so (Notepad: Save as, Encoding)"],
    )


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that were waited, in order."""
    found: list[float] = []
    monkeypatch.setattr("time.sleep", found.append)
    return found


def test_a_passing_fault_is_tried_six_times(waits: list[float]) -> None:
    def call() -> None:
        raise RetriableError("down")

    with pytest.raises(RetriableError, match="down"):
        with_retries(call)
    assert len(waits) == 5
    for number, wait in enumerate(waits):
        assert 0.25 * 2**number <= wait <= 0.5 * 2**number


def test_throttling_waits_as_told_and_is_no_failure(waits: list[float]) -> None:
    answers = [ThrottledError("slow down", 2.0)] * 20 + [RetriableError("down")] * 5

    def call() -> str:
        if answers:
            raise answers.pop(0)
        return "done"

    assert with_retries(call) == "done"
    assert all(2.0 <= wait <= 2.4 for wait in waits[:20])


def test_a_fatal_error_is_not_tried_again(waits: list[float]) -> None:
    def call() -> None:
        raise FatalError("wrong token")

    with pytest.raises(FatalError):
        with_retries(call)
    assert waits == []


def parsed(monkeypatch: pytest.MonkeyPatch, *given: str) -> tuple[list[str], Request]:
    monkeypatch.setattr(sys, "argv", ["pull", *given])
    return arguments.parse("", KNOWN)


def test_empty_arguments_are_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    empty = ("--streams", "", "--since", " ", "--until", "", "--full-refresh", "false")
    assert parsed(monkeypatch, *empty) == (KNOWN, Request())


def test_streams_keep_their_declared_order(monkeypatch: pytest.MonkeyPatch) -> None:
    names, request = parsed(
        monkeypatch,
        "--streams",
        "customers, shop,",
        "--since",
        "2026-01-01",
        "--full-refresh",
        "true",
    )
    assert names == ["shop", "customers"]
    assert request == Request("2026-01-01", None, full_refresh=True)
