"""A clock that tests and the demo's stage can set; it ticks on from there."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path


class Clock:
    """Real time plus an offset that is kept in a file, so that it survives a restart."""

    def __init__(self, path: Path) -> None:
        self._path = path
        seconds = json.loads(path.read_text())["offset_seconds"] if path.exists() else 0.0
        self._offset = timedelta(seconds=seconds)

    def now(self) -> datetime:
        """The service's time, in UTC."""
        return datetime.now(UTC) + self._offset

    def set(self, now: datetime | None) -> None:
        """Let the clock tick on from `now`; None returns to real time."""
        self._offset = now - datetime.now(UTC) if now else timedelta()
        draft = self._path.with_suffix(".tmp")
        draft.write_text(json.dumps({"offset_seconds": self._offset.total_seconds()}))
        draft.replace(self._path)


def parse_time(text: str) -> datetime:
    """ISO 8601 to UTC; a time without a zone is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def format_time(moment: datetime) -> str:
    """UTC, whole seconds, as `2026-09-01T12:00:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
