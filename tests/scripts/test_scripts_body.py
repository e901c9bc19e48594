"""A body that comes by drops, or not whole."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
import requests
from urllib3.exceptions import HTTPError, ProtocolError

from scripts.body import TooSlowError, body_of

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"


@contextmanager
def sending(pieces: Sequence[bytes], pause: float = 0.0) -> Iterator[str]:
    """A server that answers once, a piece after the other."""
    ended = threading.Event()

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            for piece in pieces:
                connection.sendall(piece)
                if ended.wait(pause):
                    return

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        ended.set()
        thread.join()


def read(url: str, seconds: float) -> bytes:
    return body_of(requests.get(url, stream=True, timeout=9).raw, seconds)


def test_a_body_that_comes_by_drops_is_not_waited_for() -> None:
    with sending([HEAD, *[b"x"] * 9], 0.2) as url, pytest.raises(TooSlowError):
        read(url, 0.5)


def test_a_body_in_pieces_is_put_together() -> None:
    with sending([HEAD, b"abc", b"defghi"], 0.05) as url:
        assert read(url, 9) == b"abcdefghi"


@pytest.mark.parametrize(
    "pieces",
    [
        [HEAD, b"abc"],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"10\r\nabc"],
        [HEAD.replace(b"Content", b"Content-Encoding: gzip\r\nContent", 1), b"not gzip."],
    ],
)
def test_a_body_that_is_not_whole_is_an_error(pieces: list[bytes]) -> None:
    with sending(pieces) as url, pytest.raises(HTTPError):
        read(url, 9)


def test_a_body_that_breaks_off_is_told_from_a_slow_one() -> None:
    with sending([HEAD, b"abc"]) as url, pytest.raises(ProtocolError):
        read(url, 9)
