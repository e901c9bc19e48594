"""Three kinds of error, named by what to do about them, and the one way a command ends."""

import errno
import gc
import io
import logging
import sys
import traceback
from collections.abc import Callable
from types import TracebackType

log = logging.getLogger(__name__)
# New containers between two looks for cycles. Records have none and make many: at Python's 700 a
# pull spent a sixth of its CPU time on looking.
COLLECT_AFTER = 50_000
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
NO_PLACE = "No usable temporary directory"  # `tempfile`, which writes a byte to each to find out


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
    _log_by_level()
    sys.excepthook = _masked_trace
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)
    try:
        command()
    except FatalError as error:
        log.error("%s", error)
        sys.exit(1)
    except RetriableError as error:
        log.error("%s", error)
        sys.exit(75)
    except OSError as error:
        if not (error.errno in NO_ROOM or str(error.strerror).startswith(NO_PLACE)):
            raise
        log.error("no space left on the disk for temporary files: free some, or set TMPDIR")
        sys.exit(1)


class _Masked(logging.Formatter):
    """Lines without this process's secrets: a refusal may quote the key that was refused. What is
    quoted (a file's name) may hold a line break: Kestra obeys lines that begin with `::`."""

    def format(self, record: logging.LogRecord) -> str:
        from scripts.settings import redacted  # which needs this file

        return " ".join(redacted(super().format(record)).splitlines())


def _masked_trace(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """What nobody has caught does not pass through a logger."""
    from scripts.settings import redacted  # which needs this file

    sys.stderr.write(redacted("".join(traceback.format_exception(kind, error, trace))))


def _log_by_level() -> None:
    """Errors to stderr, the rest to stdout: Kestra shows whatever comes on stderr as an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name that the machine's locale cannot write
            stream.reconfigure(errors="backslashreplace")
    calm, alarming = logging.StreamHandler(sys.stdout), logging.StreamHandler(sys.stderr)
    calm.addFilter(lambda record: record.levelno < logging.ERROR)
    alarming.setLevel(logging.ERROR)
    for handler in (calm, alarming):
        handler.setFormatter(_Masked("%(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[calm, alarming])
    logging.captureWarnings(True)  # such as SQLAlchemy's; Python writes them to stderr
    for chatty in ("botocore", "databricks.sdk", "stripe", "pyactiveresource"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
