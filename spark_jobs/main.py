"""Entry points of the Databricks job's tasks: parse arguments and nothing else."""

import argparse
import logging

from spark_jobs.bronze.ingest import ingest
from spark_jobs.gold.job import run as run_gold
from spark_jobs.lakehouse import Lakehouse
from spark_jobs.session import spark_session
from spark_jobs.silver.job import run as run_silver

log = logging.getLogger(__name__)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--landing", required=True, help="s3://bucket that holds landing/")
    parser.add_argument("--lakehouse", required=True, help="s3://bucket/lakehouse, or a catalog")
    parser.add_argument("--timezone", default="America/New_York", help="until the shop is known")
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    return parser.parse_args()


def _lakehouse(arguments: argparse.Namespace) -> Lakehouse:
    return Lakehouse(
        spark_session(), arguments.lakehouse.rstrip("/"), arguments.landing.rstrip("/")
    )


def bronze() -> None:
    done = ingest(_lakehouse(_arguments()))
    log.info("bronze: %d landed runs, %d rows", done.manifests, done.rows)


def silver() -> None:
    log.info("silver: %d landed runs taken in", run_silver(_lakehouse(_arguments())))


def gold() -> None:
    arguments = _arguments()
    log.info("gold: %d marts built", run_gold(_lakehouse(arguments), arguments.timezone))
