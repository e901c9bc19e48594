"""Three kinds of error, named by what to do about them, and the one way a command ends."""

import logging
import sys
from collections.abc import Callable

log = logging.getLogger(__name__)


class FatalError(Exception):
    """Wrong configuration or credentials, or a result not to be trusted: stop, say what to fix."""


class RetriableError(Exception):
    """A passing fault (429, 5xx, time-out, a lost race): the same run may succeed later."""


class RecordError(Exception):
    """One bad record: quarantine it with this reason, count it, go on."""


def run_command(command: Callable[[], None]) -> None:
    """Run a command; exit 1 on a fatal error, 75 (EX_TEMPFAIL) on a retriable one.

    Only the sentence is printed: a stack trace may carry credentials and says less.
    An unexpected exception keeps its trace, because nobody has written its sentence yet.
    """
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("botocore").setLevel(logging.WARNING)
    try:
        command()
    except FatalError as error:
        log.error("%s", error)
        sys.exit(1)
    except RetriableError as error:
        log.error("%s", error)
        sys.exit(75)
