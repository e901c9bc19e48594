"""Posting to a Slack incoming webhook, and text that is safe to post."""

import requests

from scripts.errors import FatalError, RetriableError
from scripts.retry import ThrottledError, seconds_of, with_retries

# Seconds that a throttled message waits; what comes after is another run's. Below once.STALE.
PATIENCE = 300.0
SECTION_LIMIT = 3000  # characters of a section's text (docs: block-kit/section-block)


def post(url: str, message: dict[str, object]) -> None:
    """FatalError when Slack refuses the message or the webhook; its word is in the sentence."""
    with_retries(lambda: _attempt(url, message), patience=PATIENCE)


def _attempt(url: str, message: dict[str, object]) -> None:
    try:
        answer = requests.post(url, json=message, timeout=30, allow_redirects=False)
    except requests.RequestException as error:
        raise RetriableError(f"Slack could not be reached ({type(error).__name__})") from error
    if answer.status_code == 429:
        raise ThrottledError("Slack throttles", seconds_of(answer.headers.get("Retry-After"), 1.0))
    if answer.status_code >= 500:
        raise RetriableError(f"Slack answered {answer.status_code}")
    if not answer.ok or answer.is_redirect or _refuses(answer):
        said = answer.text[:200] or answer.status_code
        raise FatalError(f"Slack refused the message: {said}; check SLACK_WEBHOOK_URL")


def _refuses(answer: requests.Response) -> bool:
    """Slack's other addresses (chat.postMessage) say no with status 200: `{"ok": false, ...}`."""
    try:
        said = answer.json()
    except ValueError:  # a webhook says a plain ok
        return False
    return isinstance(said, dict) and said.get("ok") is False


def escape(text: str) -> str:
    """Slack's three control characters (docs: formatting text)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
