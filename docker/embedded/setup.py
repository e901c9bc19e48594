"""`make setup`: everything that is fetched or compiled once, with progress."""

from docker.embedded import jars
from docker.embedded.jar_cache import cache_root
from docker.kestra import build
from docker.shopify import schema


def run() -> None:
    """Raises JarError, BuildError or schema.SchemaError, each one sentence."""
    found = jars.fetch(["kestra", "s3proxy", "spark", "ecj"])
    build.classes(found["kestra"], found["ecj"][0])
    schema.ensure(cache_root().parent)  # where the local Shopify looks
