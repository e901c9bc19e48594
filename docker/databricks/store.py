"""What the server remembers: job definitions, runs and uploaded files, in SQLite and a folder."""

import json
import sqlite3
import threading
from pathlib import Path
from typing import Any

Document = dict[str, Any]
SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (id INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS runs (id INTEGER PRIMARY KEY, job_id INTEGER, token TEXT, body TEXT);
CREATE UNIQUE INDEX IF NOT EXISTS run_tokens ON runs (job_id, token) WHERE token IS NOT NULL;
CREATE TABLE IF NOT EXISTS numbers (name TEXT PRIMARY KEY, last INTEGER NOT NULL);
"""


class Store:
    """Documents by id; every call is one transaction and safe between threads."""

    def __init__(self, data: Path) -> None:
        self.files = data / "files"
        self.runs_folder = data / "runs"
        self._lock = threading.RLock()
        self._database = sqlite3.connect(data / "databricks.db", check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.executescript(SCHEMA)

    def output_folder(self, task: Document) -> Path:
        """Where an attempt of a task leaves its log and its error."""
        return self.runs_folder / f"{task['run_id']}-{task['attempt_number']}"

    def new_id(self, name: str) -> int:
        with self._lock, self._database:
            row = self._database.execute(
                "INSERT INTO numbers VALUES (?, 1000) "
                "ON CONFLICT (name) DO UPDATE SET last = last + 1 RETURNING last",
                (name,),
            ).fetchone()
            return int(row[0])

    def put_job(self, job: Document) -> None:
        self._put("INSERT OR REPLACE INTO jobs VALUES (?, ?)", job["job_id"], json.dumps(job))

    def delete_job(self, job_id: int) -> None:
        self._put("DELETE FROM jobs WHERE id = ?", job_id)

    def job(self, job_id: int) -> Document | None:
        found = self._all("SELECT body FROM jobs WHERE id = ?", job_id)
        return found[0] if found else None

    def jobs(self) -> list[Document]:
        return self._all("SELECT body FROM jobs ORDER BY id DESC")

    def add_run(self, run: Document, token: str | None) -> Document:
        """Keep a new run; the earlier one when its idempotency token has been used."""
        with self._lock:
            if token:
                known = self._all(
                    "SELECT body FROM runs WHERE job_id = ? AND token = ?", run["job_id"], token
                )
                if known:
                    return known[0]
            self._put(
                "INSERT INTO runs VALUES (?, ?, ?, ?)",
                run["run_id"],
                run["job_id"],
                token,
                json.dumps(run),
            )
        return run

    def put_run(self, run: Document) -> None:
        self._put("UPDATE runs SET body = ? WHERE id = ?", json.dumps(run), run["run_id"])

    def run(self, run_id: int) -> Document | None:
        found = self._all("SELECT body FROM runs WHERE id = ?", run_id)
        return found[0] if found else None

    def runs(self) -> list[Document]:
        """Newest first."""
        return self._all("SELECT body FROM runs ORDER BY id DESC")

    def reset(self) -> None:
        with self._lock, self._database:
            self._database.execute("DELETE FROM jobs")
            self._database.execute("DELETE FROM runs")

    def _put(self, statement: str, *values: object) -> None:
        with self._lock, self._database:
            self._database.execute(statement, values)

    def _all(self, query: str, *values: object) -> list[Document]:
        with self._lock:
            return [json.loads(row[0]) for row in self._database.execute(query, values)]
