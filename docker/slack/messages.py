"""The messages that were posted, in SQLite."""

import json
import sqlite3
from datetime import datetime
from pathlib import Path

from docker.common.clock import format_time, parse_time
from docker.slack.payload import plain_text
from docker.slack.shapes import Json

TABLE = """
CREATE TABLE IF NOT EXISTS message (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, posted REAL NOT NULL, payload TEXT NOT NULL
)
"""


def open_messages(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute(TABLE)
    return db


def add(db: sqlite3.Connection, payload: Json, posted: datetime) -> None:
    db.execute(
        "INSERT INTO message (posted, payload) VALUES (?, ?)",
        (posted.timestamp(), json.dumps(payload)),
    )


def since(db: sqlite3.Connection, moment: str | None, limit: int = 1000) -> list[Json]:
    """Oldest first: `{ts, at, text, payload}`, the last `limit` posted at or after `moment`
    (ISO 8601, or a message's own `ts`, which leaves that message out). Raises ValueError."""
    where, value = "posted >= ?", 0.0
    if moment and moment.replace(".", "").isdigit():
        where, value = "seq > ?", float(int(moment.partition(".")[2] or 0))
    elif moment:
        value = parse_time(moment).timestamp()
    rows = db.execute(
        f"SELECT seq, posted, payload FROM message WHERE {where} ORDER BY seq DESC LIMIT ?",
        (value, limit),
    ).fetchall()
    return [_message(*row) for row in reversed(rows)]


def _message(seq: int, posted: float, text: str) -> Json:
    """`ts` is Slack's: seconds, a point, and a number that makes it unique."""
    payload = json.loads(text)
    at = format_time(datetime.fromtimestamp(posted).astimezone())
    return {
        "ts": f"{int(posted)}.{seq:06d}",
        "at": at,
        "text": plain_text(payload),
        "payload": payload,
    }
