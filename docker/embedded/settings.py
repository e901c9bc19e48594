"""The embedded stack's environment, read in this one place: ports, folders, keys, what is replaced.

A value in the environment or `.env` wins over the stack's own, and a local service whose endpoint
is given does not start.
"""

import json
import os
import secrets
import sys
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream

from docker.common.server import SetupError

PROJECT = Path(__file__).resolve().parents[2]
PORTS = {
    "KESTRA_PORT": 18080,
    "SHOPIFY_PORT": 18081,
    "STRIPE_PORT": 18082,
    "DATABRICKS_PORT": 18083,
    "SLACK_PORT": 18084,
    "S3_PORT": 18085,
    "SPARK_PORT": 18087,
    "KESTRA_GRPC_PORT": 18088,
}
# The variable that, when given, replaces a local service.
REPLACED_BY = {
    "kestra": "KESTRA_URL",
    "shopify": "SHOPIFY_URL",
    "stripe": "STRIPE_API_BASE",
    "databricks": "DATABRICKS_HOST",
    "slack": "SLACK_WEBHOOK_URL",
    "s3": "S3_ENDPOINT_URL",
}
# What `make up` writes to .ecomm/env (DESIGN.md, commands).
PUBLISHED = (
    *("S3_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "S3_BUCKET"),
    *("KESTRA_URL", "SHOPIFY_URL", "SHOPIFY_ACCESS_TOKEN", "SHOPIFY_API_SECRET"),
    *("SHOPIFY_CLIENT_ID", "STRIPE_API_BASE", "STRIPE_API_KEY"),
    *("DATABRICKS_HOST", "DATABRICKS_TOKEN"),
    *("SLACK_WEBHOOK_URL", "BACKFILL_WEBHOOK_KEY", "DASHBOARD_URL"),
)
# Secrets reach flows as {{ secret('NAME') }}, plain settings as {{ envs.name }}.
SECRETS = (
    *("SHOPIFY_ACCESS_TOKEN", "STRIPE_API_KEY", "DATABRICKS_TOKEN", "SLACK_WEBHOOK_URL"),
    *("SHOPIFY_API_SECRET", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "BACKFILL_WEBHOOK_KEY"),
    *("KESTRA_USERNAME", "KESTRA_PASSWORD", "DATABASE_URL"),
)
ENVS = (
    *("S3_BUCKET", "S3_ENDPOINT_URL", "AWS_REGION", "SHOPIFY_URL", "SHOPIFY_API_VERSION"),
    *("STRIPE_API_BASE", "DATABRICKS_HOST", "DATABRICKS_JOB_NAME", "KESTRA_URL"),
    *("KESTRA_PUBLIC_URL", "KESTRA_USERNAME", "SCRIPTS_IMAGE", "DATABASE_TABLES"),
    *("STRIPE_REQUESTS_PER_SECOND", "SHOPIFY_CLIENT_ID"),
)


@dataclass(frozen=True)
class Settings:
    """home: the state folder. values: every variable after defaults. local: services to start."""

    home: Path
    values: dict[str, str]
    local: tuple[str, ...]

    def port(self, name: str) -> int:
        return int(self.values[name])


def load() -> Settings:
    """Environment over `.env` over what earlier runs generated over defaults."""
    told = _env_file() | {k: v for k, v in os.environ.items() if v}
    home = Path(told.get("ECOMM_HOME", ".ecomm"))
    home = home if home.is_absolute() else PROJECT / home
    ports = {name: told.get(name, str(default)) for name, default in PORTS.items()}
    for name, port in ports.items():
        if not port.isdecimal() or not 0 < int(port) < 65536:
            raise SetupError(f"{name} is {port!r}: give it a port number")
    own = own_values(home, ports)
    local = tuple(
        name
        for name, variable in REPLACED_BY.items()
        if told.get(variable, own[variable]) == own[variable]
    )
    return Settings(home, {**own, **told, **ports}, local)


def given(name: str) -> str:
    """One variable of the environment or `.env`, "" without: for downloads, which come first."""
    return os.environ.get(name) or _env_file().get(name, "")


def _env_file() -> dict[str, str]:
    """`.env`; SetupError for a line that cannot be read, which python-dotenv leaves out."""
    try:
        text = (PROJECT / ".env").read_text(encoding="utf-8-sig")  # Notepad's mark is no letter
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError as error:
        raise SetupError(".env is not UTF-8: save it so (Notepad: Save as, Encoding)") from error
    for line in parse_stream(StringIO(text)):
        if line.error:
            raise SetupError(
                f".env cannot be read at line {line.original.line}: write NAME=value, and a value "
                "that holds quotes as a whole in '...'"
            )
    return {k: v for k, v in dotenv_values(stream=StringIO(text)).items() if v}


def own_values(home: Path, ports: dict[str, str]) -> dict[str, str]:
    """What the stack uses where nothing is given: its local services and their keys."""
    keys = _generated(home)
    here = "http://127.0.0.1:"
    return {
        **{name: value for name, value in keys.items() if name != "SLACK_WEBHOOK_PATH"},
        "S3_ENDPOINT_URL": here + ports["S3_PORT"],
        "S3_BUCKET": "ecomm",
        "AWS_REGION": "us-east-1",
        "KESTRA_URL": here + ports["KESTRA_PORT"],
        "SHOPIFY_URL": here + ports["SHOPIFY_PORT"],
        "STRIPE_API_BASE": here + ports["STRIPE_PORT"],
        "DATABRICKS_HOST": here + ports["DATABRICKS_PORT"],
        "SLACK_WEBHOOK_URL": here + ports["SLACK_PORT"] + keys["SLACK_WEBHOOK_PATH"],
        "SLACK_WEBHOOK_PATH": keys["SLACK_WEBHOOK_PATH"],
        "SHOPIFY_API_VERSION": "2026-10",
        "DATABRICKS_JOB_NAME": "ecomm_medallion",
        "SCRIPTS_IMAGE": "ecomm-scripts:latest",
    }


def _generated(home: Path) -> dict[str, str]:
    """Keys of the local services, made once: no default password anywhere."""
    path = home / "credentials.json"
    if path.exists():
        found: dict[str, str] = json.loads(path.read_text())
        return found
    token = secrets.token_hex
    keys = {
        "SHOPIFY_ACCESS_TOKEN": f"shpat_{token(16)}",
        "SHOPIFY_API_SECRET": f"shpss_{token(16)}",
        "STRIPE_API_KEY": f"sk_test_{token(16)}",
        "DATABRICKS_TOKEN": f"dapi{token(16)}",
        "AWS_ACCESS_KEY_ID": f"local{token(8)}",
        "AWS_SECRET_ACCESS_KEY": token(20),
        "SLACK_WEBHOOK_PATH": f"/services/T{token(5)}/B{token(5)}/{token(12)}".upper().replace(
            "/SERVICES/", "/services/"
        ),
        "BACKFILL_WEBHOOK_KEY": token(16),
    }
    home.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".tmp")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(keys, indent=2))
    draft.replace(path)
    return keys


def write_environment(settings: Settings) -> Path:
    """`.ecomm/env`: what another program needs to talk to the running stack."""
    path = settings.home / "env"
    path.touch(mode=0o600)
    lines = [f"{name}={settings.values[name]}" for name in PUBLISHED if name in settings.values]
    path.write_text("\n".join(lines) + "\n")
    return path


def python_path() -> str:
    """PATH with this interpreter's folder first: flows call `python`."""
    return f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
