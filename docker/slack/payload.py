"""From a request's body to the message that Slack would post, or the word it refuses with."""

import json
from typing import Any
from urllib.parse import parse_qs

from docker.slack import blocks
from docker.slack.errors import SlackError
from docker.slack.shapes import Json

MAX_TEXT = 40_000
MAX_ATTACHMENTS = 100


def read(content_type: str, body: bytes) -> Json:
    """The checked payload; its text is cut at 40,000 characters, as Slack does."""
    payload = _decode(content_type.partition(";")[0].strip().lower(), body)
    text, attachments = payload.get("text", ""), payload.get("attachments", [])
    if not isinstance(text, str):
        raise SlackError("invalid_payload", "text must be a text")
    if not isinstance(attachments, list):
        raise SlackError("invalid_attachments", "attachments must be a list")
    if len(attachments) > MAX_ATTACHMENTS:
        raise SlackError("too_many_attachments", f"more than {MAX_ATTACHMENTS} attachments")
    if "blocks" in payload:
        if not isinstance(payload["blocks"], list):
            raise SlackError("invalid_blocks_format", "blocks must be a list")
        blocks.check(payload["blocks"])
    for index, attachment in enumerate(attachments):
        _check_attachment(attachment, index)
    if not text.strip() and not payload.get("blocks") and not attachments:
        raise SlackError("no_text", "no text, no blocks, no attachments")
    return payload | {"text": text[:MAX_TEXT]}


def _decode(content_type: str, body: bytes) -> Json:
    """JSON, or a form whose `payload` field holds JSON."""
    try:
        if content_type == "application/json":
            payload: Any = json.loads(body)
        else:
            payload = json.loads(parse_qs(body.decode())["payload"][0])
    except (KeyError, ValueError) as error:
        reason = f"content type {content_type or 'missing'}: the body cannot be read as it"
        raise SlackError("invalid_payload", reason) from error
    if not isinstance(payload, dict):
        raise SlackError("invalid_payload", "the payload must be a JSON object")
    return payload


def _check_attachment(attachment: Any, index: int) -> None:
    pointer = f"/attachments/{index}"
    if not isinstance(attachment, dict):
        raise SlackError("invalid_attachments", f"{pointer} must be an object")
    if "blocks" in attachment:
        blocks.check(attachment["blocks"], f"{pointer}/blocks")
    elif not any(attachment.get(name) for name in CONTENT):
        raise SlackError("no_text", f"{pointer} has nothing to show")


CONTENT = ["text", "fallback", "title", "pretext", "fields", "image_url", "author_name", "footer"]


def plain_text(payload: Json) -> str:
    """All the text of a message, a line each: for tests, search and notifications."""
    lines: list[str] = [payload.get("text", "")]
    for attachment in payload.get("attachments", []):
        lines += [str(attachment.get(name, "")) for name in ("pretext", "title", "text")]
        for field in attachment.get("fields", []):
            lines.append(f"{field.get('title', '')} {field.get('value', '')}")
        lines += _texts(attachment.get("blocks", []))
    lines += _texts(payload.get("blocks", []))
    return "\n".join(line for line in lines if line.strip())


def _texts(node: Any) -> list[str]:
    if isinstance(node, list):
        return [text for item in node for text in _texts(item)]
    if not isinstance(node, dict):
        return []
    own = [node["text"]] if isinstance(node.get("text"), str) else []
    return own + [text for value in node.values() for text in _texts(value)]
