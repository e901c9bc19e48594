import os
import random
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from chaos_world import Doomed, World
from local_service import running
from s3_tripwire import Tripwire

from docker.databricks.settings import Settings as SparkSettings
from docker.databricks.spark import SparkServer
from docker.embedded import jars, jre

SEED = int(os.environ.get("CHAOS_SEED", "1"))


@pytest.fixture(scope="module")
def world(s3_server: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A Stripe, an S3 server behind a tripwire and a Spark of the chaos tests' own."""
    key = "_".join(("sk", "test", "chaos" * 4))
    limits = {"STRIPE_RATE_LIMIT": "1000000", "STRIPE_ENDPOINT_RATE_LIMIT": "1000000"}
    address = urlsplit(s3_server["S3_ENDPOINT_URL"])
    tripwire = Tripwire(str(address.hostname), int(address.port or 0))
    # Spark inherits these; the tests after this module must not.
    patch = pytest.MonkeyPatch()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        patch.setenv(name, s3_server[name])
    folder = tmp_path_factory.mktemp
    spark = _spark(s3_server["S3_ENDPOINT_URL"], _port(), folder("chaos-spark"))
    port = _port()
    doomed = Doomed(_spark(tripwire.url, port, folder("chaos-doomed")), port)
    data = tmp_path_factory.mktemp("chaos-stripe")
    with running("stripe", data, {"STRIPE_API_KEY": key, **limits}) as service:
        given = {**s3_server, "STRIPE_API_KEY": key, "STRIPE_API_BASE": service.url}
        yield World(given, service.url, tripwire, spark, doomed, random.Random(SEED))
    spark.stop()
    doomed.spark.stop()
    tripwire.close()
    patch.undo()


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _spark(s3_endpoint: str, port: int, data: Path) -> SparkServer:
    os.environ["JAVA_HOME"] = str(jre.java_home())
    found = ",".join(map(str, jars.fetch(["spark"])["spark"]))
    return SparkServer(SparkSettings("t", port, found, "2g", s3_endpoint), data)
