"""Several streams in one run: some at once, and one that fails does not hold up the others."""

import gc
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

from kestra import Kestra

from scripts.errors import FatalError, RetriableError
from scripts.landing.pull import Result

log = logging.getLogger(__name__)
T = TypeVar("T")


def run_streams(streams: Sequence[T], pull: Callable[[T], Result], at_once: int) -> None:
    """Pull every stream; rows landed become Kestra metrics.

    Errors are raised when all have ended: FatalError if any of them is one, else RetriableError.
    What no one has foreseen is raised as it is.
    """
    errors: list[Exception] = []
    gc.freeze()  # what is imported stays: looking through it again took a seventh of a pull's CPU
    with ThreadPoolExecutor(at_once) as pool:
        for future in as_completed([pool.submit(pull, stream) for stream in streams]):
            try:
                result = future.result()
            except (FatalError, RetriableError) as error:
                errors.append(error)
            else:
                Kestra.counter("rows", result.landed, {"stream": result.stream})
    if errors:
        kind = next((FatalError for error in errors if isinstance(error, FatalError)), None)
        # One wrong key is one sentence, however many streams it stopped.
        said = dict.fromkeys(str(error) for error in errors)
        raise (kind or RetriableError)("; ".join(said))
