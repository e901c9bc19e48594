"""Jars straight from a Maven repository: parallel, resumed where they stopped, retried."""

from __future__ import annotations

import re
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter

from docker.embedded.jar_cache import Jar, JarError, keep
from docker.embedded.jar_progress import Progress
from docker.embedded.settings import given

CONNECTIONS = 8
ATTEMPTS = 5
TIMEOUT = (10, 60)  # seconds to connect, seconds without a byte


def fetch(jars: list[Jar], root: Path, progress: Progress) -> None:
    """Put these jars into the cache. Raises JarError for the first that cannot be had."""
    if not jars:
        return
    repository = repository_url()
    with requests.Session() as session, ThreadPoolExecutor(CONNECTIONS) as pool:
        session.mount("https://", HTTPAdapter(pool_maxsize=CONNECTIONS))
        tasks = [pool.submit(download, session, repository, jar, root, progress) for jar in jars]
        try:
            for task in tasks:
                task.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def repository_url() -> str:
    """`MAVEN_REPO_URL`, else the central repository as Ivy, which is inside pyspark, knows it."""
    if url := given("MAVEN_REPO_URL"):
        return url.rstrip("/")
    spec = find_spec("pyspark")
    folder = Path(spec.origin).parent / "jars" if spec and spec.origin else Path()
    for ivy in folder.glob("ivy-*.jar"):
        with zipfile.ZipFile(ivy) as archive:
            code = archive.read("org/apache/ivy/plugins/resolver/IBiblioResolver.class")
        if root := re.search(rb"https://[\w.-]+/maven2(?=/)", code):
            return root.group().decode()
    raise JarError("No Maven repository is known: install pyspark or set MAVEN_REPO_URL.")


def download(
    session: requests.Session, repository: str, jar: Jar, root: Path, progress: Progress
) -> None:
    url, part = f"{repository}/{jar.repository_path}", root / f"{jar.sha256}.part"
    for attempt in range(ATTEMPTS):
        try:
            receive(session, url, part, progress)
        except requests.RequestException as error:
            if not passing(error):
                raise JarError(f"{advice(url)} ({error})") from error
            problem = str(error)
        except OSError as error:
            raise JarError(
                f"{part} could not be written ({error.strerror}); make room or set ECOMM_CACHE."
            ) from error
        else:
            if keep(part, jar, root):
                return progress.add_jar()
            part.unlink()
            problem = "its sha256 is not the lock's"
        time.sleep(min(2**attempt, 10) / 2)
    raise JarError(f"{advice(url)} ({ATTEMPTS} attempts, last: {problem})")


def receive(session: requests.Session, url: str, part: Path, progress: Progress) -> None:
    """Append what is still missing of the file at `url` to `part`."""
    have = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    with session.get(url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
        if answer.status_code == requests.codes.requested_range_not_satisfiable:
            return  # it was whole already; the sha256 decides
        answer.raise_for_status()
        resumed = answer.status_code == requests.codes.partial_content
        with part.open("ab" if resumed else "wb") as file:
            for chunk in answer.iter_content(1 << 16):
                file.write(chunk)
                progress.add_bytes(len(chunk))


def passing(error: requests.RequestException) -> bool:
    """Whether another attempt may do better: anything but a clear refusal."""
    status = error.response.status_code if error.response is not None else None
    return status is None or status == 429 or status >= 500


def advice(url: str) -> str:
    return (
        f"{url} could not be downloaded; check the network, or set MAVEN_REPO_URL to a mirror "
        "of Maven Central (and REQUESTS_CA_BUNDLE to its certificate authority), and run again"
    )
