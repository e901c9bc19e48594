"""Take a customer out of landing: `python -m scripts.redact_customer --customer 7700000001`.

Bronze, silver and gold follow when the Databricks job ecomm_redact runs.
"""

import argparse
import logging

from kestra import Kestra

from scripts import settings
from scripts.errors import run_command
from scripts.landing.store import Store
from scripts.privacy.request import redact

log = logging.getLogger(__name__)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customer", required=True, help="Shopify's customer id, digits")
    given = parser.parse_args()
    request = redact(Store(settings.s3()), given.customer)
    Kestra.outputs({"request": request})
    log.info("landing is masked, request %s", request)


if __name__ == "__main__":
    run_command(main)
