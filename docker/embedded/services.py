"""The processes of the embedded stack: how each starts and how to see that it is ready."""

import base64
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from docker.embedded import jars, jre
from docker.embedded.settings import ENVS, PROJECT, SECRETS, Settings, python_path
from docker.kestra.launch import Options
from docker.kestra.launch import command as kestra_command


@dataclass(frozen=True)
class Service:
    """command returns argv and the environment; health is a URL that answers below 500.

    `inner` is the port that the service's own engine listens on, where there is one.
    """

    name: str
    port: str
    health: str
    command: Callable[[Settings], tuple[list[str], dict[str, str]]]
    inner: str | None = None


def _base(settings: Settings) -> dict[str, str]:
    return {**os.environ, **settings.values, "PYTHONPATH": str(PROJECT), "PATH": python_path()}


def _python(name: str, port: str) -> Callable[[Settings], tuple[list[str], dict[str, str]]]:
    def command(settings: Settings) -> tuple[list[str], dict[str, str]]:
        data = settings.home / name
        argv = [sys.executable, "-m", f"docker.{name}", "--port", settings.values[port]]
        return [*argv, "--data", str(data)], _base(settings)

    return command


def _databricks(settings: Settings) -> tuple[list[str], dict[str, str]]:
    argv, environment = _python("databricks", "DATABRICKS_PORT")(settings)
    found = jars.fetch(["spark"])["spark"]
    return argv, {
        **environment,
        "JAVA_HOME": str(jre.java_home()),
        "SPARK_JARS": ",".join(map(str, found)),
    }


def _kestra(settings: Settings) -> tuple[list[str], dict[str, str]]:
    values = settings.values
    secrets = {
        f"SECRET_{name}": base64.b64encode(values[name].encode()).decode()
        for name in SECRETS
        if values.get(name)
    }
    envs = {f"ENV_{name}": values.get(name, "") for name in ENVS}
    options = Options(
        settings.port("KESTRA_PORT"),
        settings.port("KESTRA_GRPC_PORT"),
        settings.home / "kestra",
        PROJECT / "flows",
    )
    return kestra_command(options, {**_base(settings), **secrets, **envs})


def _s3(settings: Settings) -> tuple[list[str], dict[str, str]]:
    data, values = settings.home / "s3", settings.values
    (data / "buckets" / values["S3_BUCKET"]).mkdir(parents=True, exist_ok=True)
    config = data / "s3proxy.conf"
    config.touch(mode=0o600)
    config.write_text(
        "\n".join(
            [
                f"s3proxy.endpoint=http://127.0.0.1:{values['S3_PORT']}",
                "s3proxy.authorization=aws-v2-or-v4",
                f"s3proxy.identity={values['AWS_ACCESS_KEY_ID']}",
                f"s3proxy.credential={values['AWS_SECRET_ACCESS_KEY']}",
                # Clients send headers that S3Proxy does not know (checksums, request payer).
                "s3proxy.ignore-unknown-headers=true",
                "jclouds.provider=filesystem-nio2",
                f"jclouds.filesystem.basedir={data / 'buckets'}",
            ]
        )
    )
    found: list[Path] = jars.fetch(["s3proxy"])["s3proxy"]
    logging = f"-Dlogback.configurationFile={Path(__file__).parent / 's3proxy-logback.xml'}"
    argv = [str(jre.java()), "-Xmx256m", "-XX:+UseSerialGC", logging]
    argv += ["-cp", ":".join(map(str, found))]
    return [*argv, "org.gaul.s3proxy.Main", "--properties", str(config)], dict(os.environ)


SERVICES = (
    Service("s3", "S3_PORT", "/", _s3),
    Service("shopify", "SHOPIFY_PORT", "/_admin/health", _python("shopify", "SHOPIFY_PORT")),
    Service("stripe", "STRIPE_PORT", "/_admin/health", _python("stripe", "STRIPE_PORT")),
    Service("slack", "SLACK_PORT", "/_admin/health", _python("slack", "SLACK_PORT")),
    Service("databricks", "DATABRICKS_PORT", "/_admin/health", _databricks, "SPARK_PORT"),
    Service("kestra", "KESTRA_PORT", "/health", _kestra, "KESTRA_GRPC_PORT"),
)
