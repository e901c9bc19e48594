"""What docker compose needs, from `.env` and made keys: `python -m docker.compose_env`.

Writes two files, readable by their owner only:
`.ecomm/compose.env` fills in the variables of docker-compose.yml and picks the local services;
`.ecomm/kestra.env` is the Kestra container's: SECRET_* in base64 and ENV_*, what flows read. It
holds for a Kestra of one's own as well, which KESTRA_URL names.
"""

import base64
import re
import secrets
import sys
from pathlib import Path

from dotenv import dotenv_values

from docker.common.server import SetupError
from docker.embedded.settings import ENVS, PROJECT, REPLACED_BY, SECRETS, Settings, load

# Addresses inside the compose network, by the variable that a local service answers for.
INSIDE = {
    "SHOPIFY_URL": "http://shopify:18081",
    "STRIPE_API_BASE": "http://stripe:18082",
    "DATABRICKS_HOST": "http://databricks:18083",
    "SLACK_WEBHOOK_URL": "http://slack:18084",
    "S3_ENDPOINT_URL": "http://s3:80",
    "KESTRA_URL": "http://kestra:8080",
}
NETWORK = "ecomm"
# Kestra's own rules. With others it starts all the same, and who comes first names the password.
USERNAME = re.compile(r"[\w.+%-]+@[\w.-]+", re.ASCII)
PASSWORD = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9]).{8,256}")
# What stands in Kestra's configuration: there quotes end, and `${}` is looked up.
PLAIN = re.compile(r"[^'\\{}\s]+")


def main() -> None:
    folder = PROJECT / ".ecomm"  # where docker-compose.yml looks
    folder.mkdir(exist_ok=True)
    path = folder / "compose.env"
    try:
        compose = values(load(), dotenv_values(path) if path.exists() else {})
    except SetupError as error:
        sys.exit(f"ecomm: {error}")
    _write(path, quoted(compose))
    _write(folder / "kestra.env", kestra(compose))
    print(f"Next: docker compose --env-file {path.relative_to(PROJECT)} up --build --detach")  # noqa: T201


def values(settings: Settings, earlier: dict[str, str | None]) -> dict[str, str]:
    """Every variable of docker-compose.yml; keys that an earlier run made are kept."""
    given = dict(settings.values)
    for service, variable in REPLACED_BY.items():
        if service in settings.local:
            given[variable] = INSIDE[variable]
    if "slack" in settings.local:
        given["SLACK_WEBHOOK_URL"] += given["SLACK_WEBHOOK_PATH"]
    if "kestra" in settings.local:
        given.setdefault("KESTRA_PUBLIC_URL", f"http://127.0.0.1:{given['KESTRA_PORT']}")
    given.setdefault("KESTRA_PUBLIC_URL", given["KESTRA_URL"])
    given.setdefault("KESTRA_USERNAME", "admin@ecomm.local")  # Kestra wants an email address
    given.setdefault("CLICKHOUSE_PORT", "18123")
    for name in ("POSTGRES_PASSWORD", "CLICKHOUSE_PASSWORD", "KESTRA_PASSWORD"):
        made = earlier.get(name) or f"K1{secrets.token_hex(16)}"
        given.setdefault(name, made)
    if "kestra" in settings.local:
        _check(given)
    return {
        **{name: given[name] for name in NAMES if name in given},
        "COMPOSE_PROFILES": ",".join(settings.local),
    }


def _check(given: dict[str, str]) -> None:
    if not USERNAME.fullmatch(given["KESTRA_USERNAME"]):
        raise SetupError("KESTRA_USERNAME is no email address, and Kestra takes nothing else")
    if not PASSWORD.fullmatch(given["KESTRA_PASSWORD"]):
        raise SetupError(
            "Kestra refuses KESTRA_PASSWORD: give it 8 characters or more, a small letter, a "
            "capital and a digit among them"
        )
    for name in ("KESTRA_PASSWORD", "POSTGRES_PASSWORD"):
        if not PLAIN.fullmatch(given[name]):
            raise SetupError(f"{name} holds a quote, backslash, brace or space: choose another")


def kestra(compose: dict[str, str]) -> dict[str, str]:
    """`{{ secret('NAME') }}` and `{{ envs.name }}` of the flows."""
    hidden = {
        f"SECRET_{name}": base64.b64encode(compose[name].encode()).decode()
        for name in SECRETS
        if compose.get(name)
    }
    plain = {f"ENV_{name}": compose.get(name, "") for name in ENVS}
    # Scripts that ask Kestra itself must log in: its official server always wants a password.
    plain["ENV_KESTRA_USERNAME"] = compose["KESTRA_USERNAME"]
    inside = "kestra" in compose["COMPOSE_PROFILES"].split(",")
    return {**hidden, **plain, **({"ENV_DOCKER_NETWORK": NETWORK} if inside else {})}


def quoted(compose: dict[str, str]) -> dict[str, str]:
    """As docker compose reads a file of variables: bare, `$` and ` #` would mean something."""
    return {name: "'" + value.replace("'", r"\'") + "'" for name, value in compose.items()}


def _write(path: Path, lines: dict[str, str]) -> None:
    path.touch(mode=0o600)
    path.write_text("".join(f"{name}={value}\n" for name, value in lines.items()))


NAMES = tuple(
    dict.fromkeys(
        (
            *SECRETS,
            *ENVS,
            *("SHOPIFY_API_SECRET", "SLACK_WEBHOOK_PATH", "POSTGRES_PASSWORD"),
            *("CLICKHOUSE_PASSWORD", "CLICKHOUSE_PORT", "KESTRA_PORT", "SHOPIFY_PORT"),
            *("STRIPE_PORT", "DATABRICKS_PORT", "SLACK_PORT", "S3_PORT"),
            *("SHOP_CURRENCY", "SHOP_TIMEZONE", "SHOP_DOMAIN", "SHOPIFY_PLAN"),
            *("SHOPIFY_ACCESS_SCOPES", "STRIPE_RATE_LIMIT", "STRIPE_ENDPOINT_RATE_LIMIT"),
            "SPARK_DRIVER_MEMORY",
        )
    )
)

if __name__ == "__main__":
    main()
