"""The result file of a bulk operation: streamed to disk, gone on with where it broke off."""

import time
from pathlib import Path

import requests
from urllib3.exceptions import HTTPError

from scripts.errors import RetriableError
from scripts.retry import with_retries

TIMEOUT = (10, 90)  # connect, read: seconds
CHUNK = 16 * 1024  # what a broken connection loses at most
# So much has to come in so many seconds, or a hundredth: a byte a minute would go on for ever.
LEAST, SECONDS = 1024 * 1024, 300.0


def download(url: str | None, path: Path, size: int) -> None:
    """Fetch `size` bytes of `url` into `path`; no url is an empty result.

    The address is signed and leads to a file store: the shop's token is not sent. RetriableError
    when the file is not the promised one after several attempts that brought nearly nothing.
    """
    path.touch()
    if url:
        with_retries(lambda: _as_far_as_it_goes(url, path, size))
    if path.stat().st_size != size:
        raise RetriableError(
            f"a bulk result has {path.stat().st_size} bytes instead of {size}; run it again"
        )


def _as_far_as_it_goes(url: str, path: Path, size: int) -> None:
    """Gone on with at once while a hundredth of the file comes each time: what cuts a connection
    off after a minute, as many a proxy does, needs as many as the file takes minutes."""
    while True:
        before = path.stat().st_size
        try:
            return _rest(url, path, size)
        except RetriableError:
            if path.stat().st_size - before < size / 100:
                raise


def _rest(url: str, path: Path, size: int) -> None:
    done = path.stat().st_size
    if done > size:  # another file than before
        path.write_bytes(b"")
        done = 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={done}-"} if done else {})
    try:
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
            if not response.ok:
                raise RetriableError(f"a bulk result's file store answered {response.status_code}")
            with path.open("ab" if response.status_code == 206 else "wb") as file:
                since, had = time.monotonic(), file.tell()
                while chunk := response.raw.read1(CHUNK, decode_content=True):
                    file.write(chunk)
                    if time.monotonic() - since > SECONDS:
                        if file.tell() - had < min(LEAST, size / 100):
                            raise RetriableError("a bulk result comes too slowly")
                        since, had = time.monotonic(), file.tell()
    except (requests.RequestException, HTTPError) as error:
        raise RetriableError(f"a bulk result was cut off: {type(error).__name__}") from error
    if path.stat().st_size < size:
        raise RetriableError(f"a bulk result was cut off after {path.stat().st_size} bytes")
