"""`python -m docker.databricks --port 18083 --data DIR`, with the token in DATABRICKS_TOKEN."""

from docker.common.server import run
from docker.databricks.app import build

if __name__ == "__main__":
    run("databricks", build)
