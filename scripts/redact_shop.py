"""Take a whole shop out of landing: `python -m scripts.redact_shop --shop name.myshopify.com`.

Bronze, silver and gold follow when the Databricks job ecomm_redact runs.
"""

import argparse
import logging

from kestra import Kestra

from scripts import settings
from scripts.errors import run_command
from scripts.landing.store import Store
from scripts.privacy.shop import redact_shop

log = logging.getLogger(__name__)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shop", required=True, help="the shop's myshopify.com domain")
    given = parser.parse_args()
    request = redact_shop(Store(settings.s3()), given.shop)
    Kestra.outputs({"request": request})
    log.info("landing holds nothing of the shop, request %s", request)


if __name__ == "__main__":
    run_command(main)
