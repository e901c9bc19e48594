"""Airbyte sources and Singer taps: how they are told what to read, and what they write."""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from benchmarks.measure import Command
from benchmarks.peers import MissingPeerError
from benchmarks.real_names import RealNames

Config = Mapping[str, object]


def airbyte_command(
    names: RealNames, source: str, config: Config, cursors: Mapping[str, str], folder: Path
) -> Command:
    """A first incremental sync; cursors: stream → its cursor field."""
    streams = [
        {
            "stream": {
                "name": name,
                "json_schema": {},
                "supported_sync_modes": ["full_refresh", "incremental"],
            },
            "sync_mode": "incremental",
            "cursor_field": [cursor],
            "destination_sync_mode": "append",
        }
        for name, cursor in cursors.items()
    ]
    _write(folder / "config.json", config)
    _write(folder / "catalog.json", {"streams": streams})
    argv = [source, "read", "--config", "config.json", "--catalog", "catalog.json"]
    return names.command(Command(argv, {}, folder))


def singer_command(
    names: RealNames, tap: str, config: Config, streams: Sequence[str], folder: Path
) -> Command:
    """Streams whole, every field; the tap's own discovery comes first, unmeasured."""
    _write(folder / "config.json", config)
    asked = names.command(Command([tap, "--config", "config.json", "--discover"], {}, folder))
    discovered = subprocess.run(asked.argv, env=asked.env, cwd=folder, capture_output=True)
    if discovered.returncode:
        raise MissingPeerError(discovered.stderr.decode(errors="replace")[-1000:])
    catalog = json.loads(discovered.stdout)
    catalog["streams"] = [_selected(s) for s in catalog["streams"] if s["stream"] in streams]
    _write(folder / "catalog.json", catalog)
    argv = [tap, "--config", "config.json", "--catalog", "catalog.json"]
    return names.command(Command(argv, {}, folder))


def airbyte_ids(out: Path) -> Sequence[str]:
    """`stream:id` of each record, as of Singer's."""
    records = (message["record"] for message in _messages(out))
    return [_id(record["stream"], record["data"]) for record in records]


def singer_ids(out: Path) -> Sequence[str]:
    return [_id(message["stream"], message["record"]) for message in _messages(out)]


def _id(stream: str, record: Mapping[str, Any]) -> str:
    """A gid of Shopify's is its number, as its REST API has it."""
    return f"{stream}:{str(record['id']).rpartition('/')[2]}"


def _messages(out: Path) -> Iterator[Any]:
    """Both protocols: a JSON object a line, those of `"type": "RECORD"` have the rows."""
    with out.open("rb") as file:
        for line in file:
            if b"RECORD" in line:
                message = orjson.loads(line)
                if message["type"] == "RECORD":
                    yield message


def _selected(stream: dict[str, Any]) -> dict[str, Any]:
    for entry in stream["metadata"]:
        entry["metadata"]["selected"] = True
    return stream


def _write(path: Path, document: object) -> None:
    path.write_text(json.dumps(document))
