"""Streams side by side: what fails does not hold up the others, and says it once."""

import pytest

from scripts.errors import FatalError, RetriableError
from scripts.landing.pull import Result
from scripts.landing.streams import run_streams


def test_every_stream_is_pulled_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    run_streams(["a", "b", "c"], lambda name: Result(name, 9, len(name)), 2)
    said = capsys.readouterr().out
    assert [f'"stream": "{name}"' in said for name in "abc"] == [True] * 3


@pytest.mark.parametrize("at_once", [1, 3])
def test_others_go_on_and_the_worst_error_counts(at_once: int) -> None:
    pulled: list[str] = []

    def pull(name: str) -> Result:
        if name == "wrong":
            raise FatalError("the key is wrong")
        if name in ("late", "slow"):
            raise RetriableError("no answer")
        pulled.append(name)
        return Result(name, 0, 0)

    with pytest.raises(RetriableError, match=r"^no answer$"):
        run_streams(["late", "a", "slow"], pull, at_once)
    with pytest.raises(FatalError) as error:
        run_streams(["late", "wrong", "b"], pull, at_once)
    assert sorted(str(error.value).split("; ")) == ["no answer", "the key is wrong"]
    assert pulled == ["a", "b"]


def test_what_nobody_foresaw_is_raised_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError):
        run_streams([0], lambda number: Result(str(1 // number), 0, 0), 1)
