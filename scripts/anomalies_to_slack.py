"""Tell Slack what looks wrong in the business: `python -m scripts.anomalies_to_slack`."""

import logging

from scripts import settings
from scripts.alerts.incidents import tell
from scripts.errors import run_command
from scripts.landing.store import Store

log = logging.getLogger(__name__)


def main() -> None:
    posted = tell(Store(settings.s3()), settings.slack_webhook_url())
    log.info("%d messages posted", posted)


if __name__ == "__main__":
    run_command(main)
