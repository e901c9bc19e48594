"""What tests of several parts share: a real S3 server, and where the recorded data lies."""

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from hypothesis import HealthCheck, settings
from local_spark import free_port, spark_server

from docker.databricks.spark import SparkServer
from docker.embedded.services import SERVICES
from docker.embedded.settings import Settings

ROOT = Path(__file__).parents[1]
# Their tests share a started Kestra; another worker would start another.
TOGETHER = ("flows", "docker/kestra")
# They take longest: what is left at the end is short, and no worker waits for the other.
FIRST = ("spark_jobs", "chaos", *TOGETHER)
SPARK = pytest.StashKey[tuple[SparkServer, Path]]()
# A machine that is busy is no defect.
settings.register_profile("no clock", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no clock")


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With `--dist loadgroup` a file's tests stay with one worker, for what the file sets up."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_within(item, TOGETHER) or str(_file(item))))
    items.sort(key=lambda item: not _within(item, FIRST))


def _file(item: pytest.Item) -> Path:
    return item.path.relative_to(ROOT / "tests")


def _within(item: pytest.Item, folders: tuple[str, ...]) -> str | None:
    return next((folder for folder in folders if _file(item).is_relative_to(folder)), None)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """One Spark for all of xdist's workers: each would have to warm up its own."""
    stash = node.config.stash
    if SPARK not in stash:
        folder = Path(tempfile.mkdtemp(prefix="ecomm-tests-"))
        stash[SPARK] = spark_server(folder, "3g", free_port()), folder
    server, _ = stash[SPARK]
    node.workerinput["spark"] = server.url(str(uuid.uuid4()))


def pytest_unconfigure(config: pytest.Config) -> None:
    if SPARK in config.stash:
        server, folder = config.stash[SPARK]
        server.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment variables of a running S3Proxy."""
    port = str(free_port())
    values = {
        "S3_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "S3_PORT": port,
        "S3_BUCKET": "shared",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "tests",
        "AWS_SECRET_ACCESS_KEY": "tests-only",
    }
    home = tmp_path_factory.mktemp("s3proxy")
    service = next(service for service in SERVICES if service.name == "s3")
    argv, environment = service.command(Settings(home, values, ("s3",)))
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(argv, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        while not _answers(values["S3_ENDPOINT_URL"]):
            assert process.poll() is None, (home / "log").read_text()
        yield values
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def s3_environment(
    s3_server: dict[str, str], request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """The same with an empty bucket of this test's own, also set in this process."""
    bucket = f"test-{abs(hash(request.node.nodeid)):x}"
    values = {**s3_server, "S3_BUCKET": bucket}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    boto3.client("s3", endpoint_url=values["S3_ENDPOINT_URL"]).create_bucket(Bucket=bucket)
    return values


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Recorded data of real shops; the test skips where it is absent."""
    path = Path(os.environ.get("ECOMM_REAL_DATA", ROOT.parent / "shared" / "real"))
    if not path.is_dir():
        pytest.skip(f"no recorded data at {path}: set ECOMM_REAL_DATA")
    return path


def _answers(url: str) -> bool:
    try:
        requests.get(url, timeout=5)
    except requests.ConnectionError:
        return False
    return True


@pytest.fixture(scope="session")
def spark(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[object]:
    """A session of a Spark Connect server with Delta, as on the local Databricks."""
    server = None
    url = getattr(request.config, "workerinput", {}).get("spark")
    if not url:
        server = spark_server(tmp_path_factory.mktemp("spark"), "3g", free_port())
        url = server.url(str(uuid.uuid4()))
    os.environ["SPARK_REMOTE"] = url
    from spark_jobs.session import spark_session

    session = spark_session()
    yield session
    session.stop()  # while the server still answers: a client without one retries for minutes
    if server:
        server.stop()
    del os.environ["SPARK_REMOTE"]
