"""Incidents of the business: told when they open, quiet while they stay, one line when they end.

A warning that becomes critical is told once more: a day after a rush of sales may have none.

A Slack webhook cannot change what it has posted, so nothing is said in between. What is to be
said is written into the state with the incidents that are open (`state/alerts/anomalies/<n>.json`,
each generation created once) and posted from there: a process that dies leaves it to the next.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import orjson

from scripts.alerts import slack
from scripts.alerts.once import once
from scripts.landing.store import Store

STATES = "state/alerts/anomalies/"
RUNS = "alerts/anomalies/"
KEEP = 20  # generations and runs
LINES = 20  # of a message; the rest is counted
SECTION_LINES, LINE_LIMIT = 10, 290  # together what a section takes

# kind|subject -> what it was when it was told; kind, subject, severity, day, sentence.
Incidents = dict[str, dict[str, Any]]

TITLES = {
    "stock_out": "Out of stock",
    "stock_drop": "Stock fell sharply",
    "revenue": "Unusual revenue",
    "stale_source": "No news from a source",
    "quarantine": "More rows refused than usual",
    "unreconciled_payment": "Payments that do not agree",
}


@dataclass(frozen=True)
class State:
    """run: the last one that was looked at. say: messages of this generation, in order."""

    generation: int = 0
    run: str = ""
    open: Incidents = field(default_factory=dict[str, dict[str, Any]])
    say: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


def tell(store: Store, webhook_url: str) -> int:
    """Post what the newest run of the anomalies task changed; the number of messages posted.

    Raises what posting raises; what was not posted is posted by the next call. LostRaceError when
    another process was faster.
    """
    state = read_state(store)
    posted = _post(store, webhook_url, state)
    newest = newest_run(store, state.run)
    if newest is None:
        return posted
    run, found = newest
    after = State(state.generation + 1, run, _still(state.open, found), messages(state.open, found))
    store.create(f"{STATES}{after.generation:010d}.json", asdict(after))
    _forget(store)
    return posted + _post(store, webhook_url, after)


def read_state(store: Store) -> State:
    keys = list(store.list(STATES))
    return State(**orjson.loads(store.read(keys[-1]))) if keys else State()


def newest_run(store: Store, after: str) -> tuple[str, Incidents] | None:
    """(run, its incidents) of the newest run that has written its line; None when `after` is it."""
    parts = [key for key in store.list(RUNS, RUNS + after) if "/part-" in key]
    for key in reversed(parts):
        run, line = key.split("/")[2], store.read(key)
        if run <= after:
            return None
        if line.strip():  # Spark may leave empty parts beside the one with the line
            incidents = orjson.loads(line)["incidents"]
            return run, {f"{one['kind']}|{one['subject']}": one for one in incidents}
    return None


def messages(before: Incidents, now: Incidents) -> list[dict[str, Any]]:
    """One message a kind for what opened or grew worse, and one for all that ended."""
    opened = [incident for key, incident in now.items() if _is_news(before.get(key), incident)]
    said = [
        _message(title, [one for one in opened if one["kind"] == kind])
        for kind, title in TITLES.items()
        if any(one["kind"] == kind for one in opened)
    ]
    ended = [incident for key, incident in before.items() if key not in now]
    return said + ([_ended(ended)] if ended else [])


def _still(before: Incidents, now: Incidents) -> Incidents:
    """Each as it was when it was told, of the day on which it opened."""
    return {
        key: {**incident, "day": before.get(key, incident)["day"]}
        if _is_news(before.get(key), incident)
        else before[key]
        for key, incident in now.items()
    }


def _is_news(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> bool:
    return before is None or (now["severity"] == "critical" != before["severity"])


def _post(store: Store, webhook_url: str, state: State) -> int:
    posted = 0
    for number, message in enumerate(state.say):
        name = f"anomaly_messages/{state.generation:010d}-{number}"
        posted += once(store, name, partial(slack.post, webhook_url, message))
    return posted


def _message(title: str, incidents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    worst_first = sorted(incidents, key=lambda one: (one["severity"] != "critical", one["subject"]))
    marks = {"critical": ":red_circle:", "warning": ":large_yellow_circle:"}
    lines = [f"{marks[one['severity']]} {slack.escape(one['sentence'])}" for one in worst_first]
    head = title if len(lines) == 1 else f"{title}: {len(lines)}"
    return _blocks(head, lines)


def _ended(incidents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    lines = [
        f":white_check_mark: {TITLES[one['kind']]}: {slack.escape(one['subject'])}, "
        f"open since {one['day']}"
        for one in incidents
    ]
    return _blocks("Over" if len(lines) == 1 else f"Over: {len(lines)}", lines)


def _blocks(title: str, lines: list[str]) -> dict[str, Any]:
    shown = [slack.cut(line, LINE_LIMIT) for line in lines[:LINES]]
    more = len(lines) - len(shown)
    if more:
        shown.append(f"and {more} more in gold.anomalies")
    starts = range(0, len(shown), SECTION_LINES)
    parts = [shown[start : start + SECTION_LINES] for start in starts]
    sections = [
        {"type": "section", "text": {"type": "mrkdwn", "text": "\n".join(part)}} for part in parts
    ]
    header = {"type": "header", "text": {"type": "plain_text", "text": title}}
    return {"text": slack.cut(f"{title}\n{shown[0]}", 400), "blocks": [header, *sections]}


def _forget(store: Store) -> None:
    """Old generations, and runs before the last ones: they are in the table's history."""
    states = list(store.list(STATES))
    runs = sorted({key.split("/")[2] for key in store.list(RUNS)})
    old = [key for run in runs[:-KEEP] for key in store.list(f"{RUNS}{run}/")]
    store.delete([*states[:-KEEP], *old])
