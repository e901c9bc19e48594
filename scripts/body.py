"""An answer's body within a time: a time-out of each read lets a byte a minute go on for ever."""

import time

import urllib3
from urllib3.exceptions import HTTPError

SECONDS = 300.0
PIECE = 1024 * 1024


class TooSlowError(HTTPError):
    """The body was not there in time; what is left of it is not waited for."""


def body_of(answer: urllib3.BaseHTTPResponse, seconds: float = SECONDS) -> bytes:
    """The whole body, unpacked. Raises urllib3's HTTPError."""
    end = time.monotonic() + seconds
    pieces: list[bytes] = []
    while piece := answer.read1(PIECE, decode_content=True):
        pieces.append(piece)
        if time.monotonic() > end:
            answer.close()
            raise TooSlowError(f"the body took longer than {seconds:.0f} s")
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
