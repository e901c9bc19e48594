"""What a run remembers of its repairs, as `include_history` shows it (RepairHistoryItem)."""

from typing import Any

from docker.databricks.states import waiting

Document = dict[str, Any]
HISTORY = "repair_history"


def latest(run: Document) -> int | None:
    """The id of the last repair, which the next one must name."""
    return run[HISTORY][-1]["id"] if HISTORY in run else None


def begin_repair(run: Document, repair_id: int, now: int) -> None:
    times = {"start_time": run["start_time"], "end_time": run["end_time"]}
    states = {"state": run["state"], "status": run["status"]}
    history = run.setdefault(HISTORY, [{"type": "ORIGINAL", **times, **states}])
    history.append({"type": "REPAIR", "id": repair_id, "start_time": now, **waiting("RUNNING")})


def end_repair(run: Document) -> None:
    """Copy how the run ended into its last repair, if there was one."""
    if HISTORY in run:
        ended = {key: run[key] for key in ("state", "status", "end_time")}
        run[HISTORY][-1].update(ended)
