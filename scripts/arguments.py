"""Command-line arguments that every pull shares."""

import argparse
from collections.abc import Sequence

from scripts.errors import FatalError
from scripts.landing.window import Request


def parse(description: str, known: Sequence[str]) -> tuple[list[str], Request]:
    """(streams in their declared order, request) from the command line; empty strings are unset,
    because a flow passes every input."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--streams", default="", help=f"comma-separated; default all: {known}")
    parser.add_argument("--since", default="", help="ISO 8601, inclusive; default: the cursor")
    parser.add_argument("--until", default="", help="ISO 8601, inclusive; default: now")
    parser.add_argument("--full-refresh", default="false", choices=("true", "false"))
    given = parser.parse_args()
    wanted = [name.strip() for name in given.streams.split(",") if name.strip()]
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        raise FatalError(f"unknown streams {unknown}: choose from {sorted(known)}")
    request = Request(
        since=given.since.strip() or None,
        until=given.until.strip() or None,
        full_refresh=given.full_refresh == "true",
    )
    return [name for name in known if not wanted or name in wanted], request
