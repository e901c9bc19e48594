"""The one place where scripts read the environment. `.env.example` describes every variable."""

import os
import re
import sys
from dataclasses import dataclass
from urllib.parse import urlsplit

from dotenv import load_dotenv

from scripts.errors import FatalError

# Begins where no other character of one stands before it: else a long word took its length squared.
EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]+@[\w-]+(\.[\w-]+)+")

try:
    load_dotenv(".env", encoding="utf-8-sig")
except UnicodeDecodeError:  # before any command could catch an error of ours
    sys.exit("ERROR .env is not UTF-8: save it so (Notepad: Save as, Encoding)")


def _required(name: str) -> str:
    value = os.environ.get(name, "").strip()
    if not value:
        raise FatalError(f"{name} is not set: put it in .env (see .env.example) or the environment")
    return value


def _token(name: str) -> str:
    """A credential that goes into a header; the sentence does not quote it."""
    value = _required(name)
    if not is_token(value):
        raise FatalError(f"{name} holds a character that no key has: copy it whole, and only it")
    return value


def is_token(text: str) -> bool:
    """Whether it can stand in a header."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


def check_address(url: str, name: str, example: str) -> None:
    """FatalError when `url`, the value of the variable `name`, is none."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
    except ValueError:
        good = False
    if not good:
        # Not quoted: an address of an old private Shopify app holds its password.
        raise FatalError(f"{name} is no address: it has to be like {example}")


def _optional(name: str) -> str | None:
    return os.environ.get(name, "").strip() or None


@dataclass(frozen=True)
class S3:
    bucket: str
    endpoint_url: str | None  # None: AWS itself
    region: str


@dataclass(frozen=True)
class App:
    """An app of Shopify's Dev Dashboard, which asks for a token of its own."""

    client_id: str
    client_secret: str


@dataclass(frozen=True)
class Shopify:
    url: str
    credential: str | App  # an access token, or who is given one
    api_version: str


@dataclass(frozen=True)
class Stripe:
    api_key: str
    api_base: str | None  # None: Stripe itself
    requests_per_second: float = 25.0  # that Stripe permits of one endpoint (docs: rate-limits)


@dataclass(frozen=True)
class Database:
    url: str  # SQLAlchemy's; holds a password
    tables: str  # comma-separated table or table:cursor_column; empty means all


@dataclass(frozen=True)
class Databricks:
    host: str
    token: str
    job_name: str


@dataclass(frozen=True)
class Kestra:
    url: str
    username: str | None
    password: str | None
    public_url: str  # what a person's browser opens


def s3() -> S3:
    return S3(
        bucket=_required("S3_BUCKET"),
        endpoint_url=_optional("S3_ENDPOINT_URL"),
        region=_optional("AWS_REGION") or "us-east-1",
    )


def shopify() -> Shopify:
    version = _optional("SHOPIFY_API_VERSION") or "2026-10"
    if not re.fullmatch(r"\d{4}-\d{2}|unstable", version):
        raise FatalError(f"SHOPIFY_API_VERSION is {version!r}: it has to be like 2026-10")
    return Shopify(
        url=_required("SHOPIFY_URL").rstrip("/"),
        credential=_shopify_credential(),
        api_version=version,
    )


def _shopify_credential() -> str | App:
    if not _optional("SHOPIFY_CLIENT_ID"):
        return _token("SHOPIFY_ACCESS_TOKEN")
    return App(_token("SHOPIFY_CLIENT_ID"), _token("SHOPIFY_API_SECRET"))


def stripe() -> Stripe:
    permitted = _optional("STRIPE_REQUESTS_PER_SECOND") or "25"
    if not permitted.isdecimal() or int(permitted) == 0:
        raise FatalError(
            f"STRIPE_REQUESTS_PER_SECOND is {permitted!r}: give it a whole number above 0"
        )
    return Stripe(_token("STRIPE_API_KEY"), _optional("STRIPE_API_BASE"), float(permitted))


def database() -> Database:
    return Database(_required("DATABASE_URL"), _optional("DATABASE_TABLES") or "")


def databricks() -> Databricks:
    return Databricks(
        host=_required("DATABRICKS_HOST"),
        token=_token("DATABRICKS_TOKEN"),
        job_name=_optional("DATABRICKS_JOB_NAME") or "ecomm_medallion",
    )


def slack_webhook_url() -> str:
    url = _required("SLACK_WEBHOOK_URL")
    check_address(url, "SLACK_WEBHOOK_URL", "https://hooks.slack.com/services/T.../B.../...")
    return url


def shopify_api_secret() -> str:
    return _required("SHOPIFY_API_SECRET")


def kestra() -> Kestra:
    url = _required("KESTRA_URL").rstrip("/")
    check_address(url, "KESTRA_URL", "https://kestra.example.com")
    return Kestra(
        url=url,
        username=_optional("KESTRA_USERNAME"),
        password=_optional("KESTRA_PASSWORD"),
        public_url=(_optional("KESTRA_PUBLIC_URL") or url).rstrip("/"),
    )


def secrets() -> list[str]:
    """Values that must never reach a log, a manifest or an alert."""
    names = (
        "SHOPIFY_ACCESS_TOKEN",
        "SHOPIFY_API_SECRET",
        "STRIPE_API_KEY",
        "DATABRICKS_TOKEN",
        "SLACK_WEBHOOK_URL",
        "AWS_SECRET_ACCESS_KEY",
        "KESTRA_PASSWORD",
        "BACKFILL_WEBHOOK_KEY",
        "DATABASE_URL",
    )
    return [value for name in names if (value := _optional(name)) and len(value) >= 6]


def redacted(text: str) -> str:
    """Without any secret that this process knows, and without emails: an error may quote the row
    that it is about."""
    for secret in secrets():
        text = text.replace(secret, "***")
    return EMAIL.sub("***@***", text)
