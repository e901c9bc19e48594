"""Tell Slack of a run that failed, once: `python -m scripts.failed_run_to_slack --execution ID`."""

import argparse

from scripts import settings
from scripts.alerts.failed_run import alert
from scripts.errors import run_command
from scripts.landing.store import Store


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--execution", required=True, help="id of the Kestra execution")
    alert(
        settings.kestra(),
        settings.slack_webhook_url(),
        Store(settings.s3()),
        parser.parse_args().execution,
    )


if __name__ == "__main__":
    run_command(main)
