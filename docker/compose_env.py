"""What docker compose needs, from `.env` and made keys: `python -m docker.compose_env`.

Writes two files, readable by their owner only:
`.ecomm/compose.env` fills in the variables of docker-compose.yml and picks the local services;
`.ecomm/kestra.env` is the Kestra container's: SECRET_* in base64 and ENV_*, what flows read.
"""

import base64
import secrets
from pathlib import Path

from dotenv import dotenv_values

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


def main() -> None:
    settings = load()
    folder = PROJECT / ".ecomm"  # where docker-compose.yml looks
    folder.mkdir(exist_ok=True)
    path = folder / "compose.env"
    compose = values(settings, dotenv_values(path) if path.exists() else {})
    _write(path, compose)
    _write(folder / "kestra.env", kestra(compose))
    print(f"Next: docker compose --env-file {path.relative_to(PROJECT)} up --build --detach")  # noqa: T201


def values(settings: Settings, earlier: dict[str, str | None]) -> dict[str, str]:
    """Every variable of docker-compose.yml; keys that an earlier run made are kept."""
    given = {**settings.values, "KESTRA_URL": INSIDE["KESTRA_URL"]}
    for service, variable in REPLACED_BY.items():
        if service in settings.local:
            given[variable] = INSIDE[variable]
    if "slack" in settings.local:
        given["SLACK_WEBHOOK_URL"] += given["SLACK_WEBHOOK_PATH"]
    given.setdefault("KESTRA_PUBLIC_URL", f"http://127.0.0.1:{given['KESTRA_PORT']}")
    given.setdefault("KESTRA_USERNAME", "admin@ecomm.local")  # Kestra wants an email address
    given.setdefault("CLICKHOUSE_PORT", "18123")
    for name in ("POSTGRES_PASSWORD", "CLICKHOUSE_PASSWORD", "KESTRA_PASSWORD"):
        # Kestra asks for an upper-case letter and a digit.
        made = earlier.get(name) or f"K1{secrets.token_hex(16)}"
        given.setdefault(name, made)
    return {
        **{name: given[name] for name in NAMES if name in given},
        "COMPOSE_PROFILES": ",".join(name for name in settings.local if name != "kestra"),
    }


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
    return {**hidden, **plain, "ENV_DOCKER_NETWORK": NETWORK}


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
        )
    )
)

if __name__ == "__main__":
    main()
