from datetime import UTC, datetime, timedelta
from pathlib import Path

from docker.common.clock import Clock, format_time, parse_time


def test_set_clock_ticks_on_and_survives_a_restart(tmp_path: Path) -> None:
    moment = datetime(2026, 9, 1, 12, tzinfo=UTC)
    Clock(tmp_path / "clock.json").set(moment)
    restarted = Clock(tmp_path / "clock.json")
    first, second = restarted.now(), restarted.now()
    assert timedelta() <= first - moment < timedelta(seconds=5)
    assert second > first


def test_none_returns_to_real_time(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock.json")
    clock.set(datetime(2020, 1, 1, tzinfo=UTC))
    clock.set(None)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_times_are_read_in_any_zone_and_written_in_utc() -> None:
    assert format_time(parse_time("2026-09-01T12:00:00-04:00")) == "2026-09-01T16:00:00Z"
    assert format_time(parse_time("2026-09-01T12:00:00")) == "2026-09-01T12:00:00Z"
