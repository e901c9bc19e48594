"""Entry points of the Databricks job's tasks: parse arguments and nothing else."""

import argparse
import logging

from spark_jobs.anomalies.job import run as run_anomalies
from spark_jobs.bronze.ingest import ingest
from spark_jobs.gold.integrity import run as run_integrity
from spark_jobs.gold.job import run as run_gold
from spark_jobs.lakehouse import Lakehouse
from spark_jobs.maintenance import maintain as run_maintenance
from spark_jobs.privacy.redact import run as run_redact
from spark_jobs.session import spark_session
from spark_jobs.silver.job import run as run_silver

log = logging.getLogger(__name__)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--landing", required=True, help="s3://bucket that holds landing/")
    parser.add_argument("--lakehouse", required=True, help="s3://bucket/lakehouse, or a catalog")
    parser.add_argument("--timezone", default="America/New_York", help="until the shop is known")
    parser.add_argument("--discovery", default="listing", choices=("listing", "auto_loader"))
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    return parser.parse_args()


def _lakehouse(arguments: argparse.Namespace) -> Lakehouse:
    return Lakehouse(
        spark_session(), arguments.lakehouse.rstrip("/"), arguments.landing.rstrip("/")
    )


def bronze() -> None:
    arguments = _arguments()
    done = ingest(_lakehouse(arguments), arguments.discovery)
    log.info("bronze: %d landed runs, %d rows", done.manifests, done.rows)


def silver() -> None:
    log.info("silver: %d landed runs taken in", run_silver(_lakehouse(_arguments())))


def gold() -> None:
    arguments = _arguments()
    log.info("gold: %d marts built", run_gold(_lakehouse(arguments), arguments.timezone))


def integrity() -> None:
    arguments = _arguments()
    checks = run_integrity(_lakehouse(arguments), arguments.timezone)
    log.info("integrity: %d checks passed", checks)


def anomalies() -> None:
    arguments = _arguments()
    found = run_anomalies(_lakehouse(arguments), arguments.timezone)
    log.info("anomalies: %d incidents", found)


def redact() -> None:
    arguments = _arguments()
    done = run_redact(_lakehouse(arguments), arguments.timezone)
    log.info("redact: %d requests carried out", done)


def maintain() -> None:
    log.info("maintenance: %d tables", run_maintenance(_lakehouse(_arguments())))
