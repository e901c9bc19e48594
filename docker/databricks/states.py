"""Run and task states as the Jobs API 2.2 shows them: the old `state` and the new `status`."""

from typing import Any

Document = dict[str, Any]
# Code and type by result (Jobs API, TerminationCode): the platform cancels what is late, and what
# its upstream tasks forbid was never executed.
TERMINATION = {
    "SUCCESS": ("SUCCESS", "SUCCESS"),
    "FAILED": ("RUN_EXECUTION_ERROR", "CLIENT_ERROR"),
    "TIMEDOUT": ("CANCELED", "CLIENT_ERROR"),
    "CANCELED": ("USER_CANCELED", "CLIENT_ERROR"),
    "UPSTREAM_FAILED": ("SKIPPED", "CLIENT_ERROR"),
    "UPSTREAM_CANCELED": ("SKIPPED", "CLIENT_ERROR"),
    "MAXIMUM_CONCURRENT_RUNS_REACHED": ("MAX_CONCURRENT_RUNS_EXCEEDED", "CLIENT_ERROR"),
}


def waiting(life_cycle: str) -> Document:
    """`state` and `status` of something that has not ended."""
    return {
        "state": {
            "life_cycle_state": life_cycle,
            "state_message": "",
            "user_cancelled_or_timedout": False,
        },
        "status": {"state": life_cycle},
    }


def before_start(task: Document) -> Document:
    return waiting("BLOCKED" if task.get("depends_on") else "PENDING")


def ended(result: str, message: str = "", life_cycle: str = "TERMINATED") -> Document:
    """`state` and `status` of something that has ended with `result`."""
    code, kind = TERMINATION[result]
    return {
        "state": {
            "life_cycle_state": life_cycle,
            "result_state": result,
            "state_message": message,
            "user_cancelled_or_timedout": result in ("CANCELED", "TIMEDOUT"),
        },
        "status": {
            "state": "TERMINATED",
            "termination_details": {"code": code, "type": kind, "message": message},
        },
    }


def is_ended(thing: Document) -> bool:
    return "result_state" in thing["state"]


def result(thing: Document) -> str | None:
    found = thing["state"].get("result_state")
    return str(found) if found else None
