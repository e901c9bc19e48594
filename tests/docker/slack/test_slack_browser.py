"""The channel's page in a real browser: the alert is there, and a text in it stays a text."""

import shutil
import subprocess
from pathlib import Path

import pytest
from slack_local import Slack

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on the PATH")
def test_the_page_shows_alerts_and_runs_nothing_of_them(slack: Slack, tmp_path: Path) -> None:
    evil = "<script>document.body.dataset.ran = 'yes'</script>"
    header = {"type": "header", "text": {"type": "plain_text", "text": "stripe_to_s3 failed"}}
    section = {"type": "section", "text": {"type": "mrkdwn", "text": f"*Task* pull {evil}"}}
    assert slack.post({"text": evil, "blocks": [header, section]}) == (200, "ok")
    dom = subprocess.run(
        [
            *(str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"),
            *(f"--user-data-dir={tmp_path}", f"{slack.url}/"),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout
    assert "stripe_to_s3 failed</h2>" in dom
    assert "<strong>Task</strong> pull" in dom
    assert "data-ran" not in dom
