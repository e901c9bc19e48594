"""`python -m docker.slack --port 18084 --data DIR`, with the path in SLACK_WEBHOOK_PATH."""

from docker.common.server import run
from docker.slack.app import build

if __name__ == "__main__":
    run("slack", build)
