"""`make up`, `make down`, `make status`: the embedded stack as a whole."""

import os
import subprocess
import sys
import time

import boto3
from botocore.exceptions import ClientError
from rich.console import Console
from rich.table import Table

from docker.common.server import SetupError
from docker.embedded import flow, processes
from docker.embedded.services import SERVICES, Service
from docker.embedded.settings import PROJECT, Settings, write_environment

START_SECONDS = 180
console = Console(highlight=False)


def up(settings: Settings) -> None:
    """Start what does not run, deploy the Databricks job, write `.ecomm/env`."""
    started = time.monotonic()
    wanted = [service for service in SERVICES if service.name in settings.local]
    missing = [service for service in wanted if not _pid(settings, service)]
    for port in [port for service in missing for port in (service.port, service.inner) if port]:
        processes.check_port_free(port, settings.port(port))
    for service in missing:
        argv, environment = service.command(settings)
        processes.start(argv, environment, settings.home, service.name)
    for service in wanted:
        _wait(settings, service)
        if service in missing:
            console.print(f"  {service.name:<11} up   {_url(settings, service)}")
    if "s3" in settings.local:
        _ensure_bucket(settings)
    if "databricks" in settings.local:
        _deploy(settings)
    path = write_environment(settings)
    seconds = time.monotonic() - started
    console.print(
        f"The stack is up ({seconds:.0f} s); endpoints and keys: {path.name} in {path.parent}"
    )


def down(settings: Settings) -> None:
    for service in reversed(SERVICES):
        if processes.stop(_pid_file(settings, service)):
            console.print(f"  {service.name:<11} stopped")


def status(settings: Settings) -> bool:
    """Print health, ports and the last runs; whether every local service is healthy."""
    table = Table("service", "state", "where", box=None, pad_edge=False)
    good = True
    for service in SERVICES:
        if service.name not in settings.local:
            table.add_row(service.name, "external", "(from the environment)")
            continue
        well = bool(_pid(settings, service)) and processes.healthy(_health(settings, service))
        good = good and well
        state = "[green]up[/]" if well else "[red]down[/]"
        table.add_row(service.name, state, _url(settings, service))
    console.print(table)
    if good:
        _print_runs(settings)
    return good


def _print_runs(settings: Settings) -> None:
    found = flow.ask(settings, "executions/search", size="10", sort="state.startDate:desc")
    table = Table("last runs", "state", "started", "id", box=None, pad_edge=False)
    for run in found["results"]:
        state = run["state"]
        name = f"{run['namespace']}/{run['flowId']}"
        table.add_row(name, state["current"], state["startDate"][:19], run["id"])
    console.print(table)


def _deploy(settings: Settings) -> None:
    """The bundle's dev target with this stack's bucket, as `databricks bundle deploy` would."""
    bucket = settings.values["S3_BUCKET"]
    values = {"landing": f"s3://{bucket}", "lakehouse": f"s3://{bucket}/lakehouse"}
    flags = [flag for name, value in values.items() for flag in ("--var", f"{name}={value}")]
    done = subprocess.run(
        [sys.executable, "-m", "docker.databricks.deploy", "--target", "dev", *flags],
        cwd=PROJECT,
        env={**os.environ, **settings.values},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        reason = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise SetupError(f"the Databricks job was not deployed: {' '.join(reason)}")


def _ensure_bucket(settings: Settings) -> None:
    values = settings.values
    client = boto3.client(
        "s3",
        endpoint_url=values["S3_ENDPOINT_URL"],
        region_name=values["AWS_REGION"],
        aws_access_key_id=values["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=values["AWS_SECRET_ACCESS_KEY"],
    )
    try:
        client.head_bucket(Bucket=values["S3_BUCKET"])
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchBucket"):
            raise SetupError(f"the bucket {values['S3_BUCKET']} cannot be used: {error}") from error
        client.create_bucket(Bucket=values["S3_BUCKET"])


def _wait(settings: Settings, service: Service) -> None:
    log = settings.home / "logs" / f"{service.name}.log"
    processes.wait_healthy(
        _health(settings, service),
        lambda: _pid(settings, service) is not None,
        service.name,
        log,
        START_SECONDS,
    )


def _pid_file(settings: Settings, service: Service):
    return settings.home / "run" / f"{service.name}.pid"


def _pid(settings: Settings, service: Service) -> int | None:
    return processes.running(_pid_file(settings, service))


def _url(settings: Settings, service: Service) -> str:
    return f"http://127.0.0.1:{settings.port(service.port)}"


def _health(settings: Settings, service: Service) -> str:
    return _url(settings, service) + service.health
