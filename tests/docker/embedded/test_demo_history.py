"""What `make demo` hears from the synthetic activity."""

from datetime import date
from io import StringIO

import pytest

from docker.common.server import SetupError
from docker.embedded.demo import orders_told

DAY = date(2026, 11, 7)


def test_a_request_that_was_repeated_does_not_end_the_demo(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = StringIO(
        "WARNING Stripe could not be reached; attempt 2 of 6 in 0.4 s\n"
        "2026-11-07 orders 31 shipped 20 refunded 1 cancelled 0\n"
        "2026-11-08 orders 7 shipped 0 refunded 0 cancelled 0\n"
    )
    assert orders_told(said, DAY) == 31
    assert "attempt 2 of 6" in capsys.readouterr().out
    assert orders_told(said, date(2026, 11, 8)) == 7


def test_the_last_word_is_told_when_the_day_never_comes() -> None:
    with pytest.raises(SetupError, match="2026-11-07 failed: ERROR the key is refused"):
        orders_told(StringIO("INFO 1 day\nERROR the key is refused\n"), DAY)
    with pytest.raises(SetupError, match="no word"):
        orders_told(StringIO(), DAY)
