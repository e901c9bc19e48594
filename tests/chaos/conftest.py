import os
import random
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from chaos_world import Doomed, World
from local_service import running
from local_spark import free_port, spark_server
from s3_tripwire import Tripwire

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
    spark = spark_server(folder("chaos-spark"), "4g", free_port(), s3_server["S3_ENDPOINT_URL"])
    port = free_port()
    doomed = Doomed(spark_server(folder("chaos-doomed"), "2g", port, tripwire.url), port)
    data = tmp_path_factory.mktemp("chaos-stripe")
    with running("stripe", data, {"STRIPE_API_KEY": key, **limits}) as service:
        given = {**s3_server, "STRIPE_API_KEY": key, "STRIPE_API_BASE": service.url}
        yield World(given, service.url, tripwire, spark, doomed, random.Random(SEED))
    spark.stop()
    doomed.spark.stop()
    tripwire.close()
    patch.undo()
