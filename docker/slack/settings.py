"""The environment of the local Slack, read in this one place."""

import os
import re

from docker.common.server import SetupError, require

WEBHOOK_PATH = re.compile(r"/services/(?P<team>T\w+)/(?P<hook>B\w+)/(?P<token>\w+)")


def webhook_path() -> str:
    """The one webhook that exists: `/services/T…/B…/…`. Raises SetupError."""
    path = require(dict(os.environ), "SLACK_WEBHOOK_PATH", "a path like /services/T…/B…/…")
    if not WEBHOOK_PATH.fullmatch(path):
        raise SetupError("SLACK_WEBHOOK_PATH must look like /services/T…/B…/… (letters, digits).")
    return path
