"""The steps of a backfill, as its flows call them: `python -m scripts.backfill check --body ...`.

check: is the request right, and is it new? progress: a window's rows, as Kestra metrics.
finish: the line in Slack. release: a run that failed may be asked for again.
"""

import argparse
import logging
from base64 import b64decode
from datetime import timedelta
from functools import partial
from pathlib import Path

from kestra import Kestra

from scripts import settings
from scripts.alerts import slack
from scripts.alerts.once import once
from scripts.backfill.progress import landed, sentence
from scripts.backfill.request import parse, windows
from scripts.backfill.sources import SOURCES
from scripts.errors import FatalError, run_command
from scripts.landing.claims import claim, held
from scripts.landing.store import Store
from scripts.landing.writer import new_run_id

log = logging.getLogger(__name__)
# The same request within a day is a repetition; later somebody means it.
REMEMBERED = timedelta(days=1)


def check(given: argparse.Namespace) -> None:
    """Outputs `accepted`, `new`, `message` and, for a new one, what the run needs."""
    try:
        backfill = parse(given.body.read_bytes() or b64decode(given.form), SOURCES)
    except FatalError as error:
        Kestra.outputs({"accepted": False, "new": False, "message": str(error)})
        if given.strict == "true":
            raise
        log.warning("refused: %s", error)
        return
    mine, first = _claimed(Store(settings.s3()), backfill.id, given.execution)
    if mine is None:
        message = f"this request runs already or has run within a day, as execution {first}"
        log.info("%s", message)
        Kestra.outputs({"accepted": True, "new": False, "message": message})
        return
    plan = windows(backfill, SOURCES[backfill.source])
    Kestra.outputs(
        {
            "accepted": True,
            "new": True,
            "message": f"accepted: {len(plan)} windows",
            "claim": mine,
            "source": backfill.source,
            "streams": ",".join(backfill.streams),
            "since": backfill.since,
            "until": backfill.until,
            "windows": plan,
            "since_run": new_run_id(),
        }
    )


def _claimed(store: Store, identity: str, execution: str) -> tuple[str | None, str]:
    """(this execution's claim or None, the execution that has the claim)."""
    place = f"state/backfill/{identity}"
    mine = claim(store, place, REMEMBERED, {"execution": execution})
    if mine:
        return mine, execution
    key, said = held(store, place) or (None, {})
    first = str(said.get("execution", "unknown"))
    # The task may have died with the claim in its hand, and be here again.
    return (key if first == execution else None), first


def progress(given: argparse.Namespace) -> None:
    rows = _landed(given)
    for stream, count in rows.items():
        Kestra.counter("rows", count, {"stream": stream})
    log.info("%s", sentence(given.source, given.since, given.until, rows))


def finish(given: argparse.Namespace) -> None:
    said = "Backfill finished: " + sentence(given.source, given.since, given.until, _landed(given))
    message: dict[str, object] = {"text": slack.escape(said)}
    post = partial(slack.post, settings.slack_webhook_url(), message)
    # The task may have died after it had said it, and be here again.
    once(Store(settings.s3()), f"backfill/{given.since_run}", post)


def release(given: argparse.Namespace) -> None:
    Store(settings.s3()).delete([given.claim])


def _landed(given: argparse.Namespace) -> dict[str, int]:
    window = {"since": given.since, "until": given.until}
    store = Store(settings.s3())
    return landed(store, given.source, given.streams.split(","), window, given.since_run)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    steps = parser.add_subparsers(required=True)
    step = steps.add_parser("check")
    step.set_defaults(run=check)
    step.add_argument("--body", required=True, type=Path, help="file of the request's JSON")
    step.add_argument("--form", required=True, help="where it is empty: the JSON, as base64")
    step.add_argument("--execution", required=True)
    step.add_argument("--strict", default="true", help="fail on a bad request")
    for name, run in (("progress", progress), ("finish", finish)):
        step = steps.add_parser(name)
        step.set_defaults(run=run)
        for argument in ("--source", "--streams", "--since", "--until", "--since-run"):
            step.add_argument(argument, required=True)
    step = steps.add_parser("release")
    step.set_defaults(run=release)
    step.add_argument("--claim", required=True)
    return parser


def main() -> None:
    given = _parser().parse_args()
    given.run(given)


if __name__ == "__main__":
    run_command(main)
