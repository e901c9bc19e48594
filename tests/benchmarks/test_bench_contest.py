"""What a report says of rows that are not there, not known, or there twice."""

from collections import Counter

from benchmarks.contest import Runs, beside, report
from benchmarks.measure import Measured


def runs(seconds: float, cpu: float, *ids: str) -> Runs:
    return Runs([Measured(seconds, cpu, 80.0)], Counter(ids))


def test_rows_are_compared_with_what_is_there() -> None:
    found = report({"a": runs(1.0, 1.0, "1", "2", "2", "9")}, {"1", "2", "3"}, {})["a"]
    assert (found["missing"], found["unexpected"], found["repeated"]) == (1, 1, 1)


def test_ratios_are_to_the_fastest_peer_and_not_to_the_floor() -> None:
    ids = {str(number) for number in range(100)}
    played = {
        "ours": runs(1.0, 0.5, *ids),
        "floor": runs(0.5, 0.5, *ids),
        "slow": runs(8.0, 9.0, *ids),
        "fast": runs(4.0, 2.0, *ids),
        "broken": Runs(failure="did not start"),
    }
    found = beside(report(played, ids, {}), "ours", "floor")
    assert found["fastest_peer"] == "fast"
    assert found["cpu_seconds_times"] == 0.25
    assert found["to floor"]["cpu_seconds_times"] == 1.0
