"""What the tests of the scripts talk to: a bucket of their own and local services, all real."""

from collections.abc import Iterator

import pytest
from local_service import Service, running

from scripts import settings
from scripts.landing.store import Store

SHOPIFY_TOKEN = "tests-shopify-token"
STRIPE_KEY = "_".join(("sk", "test", "scripts" * 3))
SLACK_PATH = "/services/T0TESTS/B0TESTS/secretpart"


@pytest.fixture
def store(s3_environment: dict[str, str]) -> Store:
    return Store(settings.s3())


@pytest.fixture(scope="session")
def shopify_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    environment = {
        "SHOPIFY_ACCESS_TOKEN": SHOPIFY_TOKEN,
        "SHOPIFY_API_SECRET": "tests-secret",
        "SHOPIFY_PLAN": "enterprise",
    }
    with running("shopify", tmp_path_factory.mktemp("shopify"), environment) as service:
        yield service


@pytest.fixture(scope="session")
def stripe_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    environment = {
        "STRIPE_API_KEY": STRIPE_KEY,
        "STRIPE_RATE_LIMIT": "1000000",
        "STRIPE_ENDPOINT_RATE_LIMIT": "1000000",
    }
    with running("stripe", tmp_path_factory.mktemp("stripe"), environment) as service:
        yield service


@pytest.fixture(scope="session")
def slack_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    environment = {"SLACK_WEBHOOK_PATH": SLACK_PATH}
    with running("slack", tmp_path_factory.mktemp("slack"), environment) as service:
        yield service


@pytest.fixture
def shopify_environment(shopify_server: Service, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An empty shop; the variables are set in this process too."""
    shopify_server.empty()
    values = {"SHOPIFY_URL": shopify_server.url, "SHOPIFY_ACCESS_TOKEN": SHOPIFY_TOKEN}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return values


@pytest.fixture
def stripe_environment(stripe_server: Service, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An empty account; the variables are set in this process too."""
    stripe_server.empty()
    values = {"STRIPE_API_BASE": stripe_server.url, "STRIPE_API_KEY": STRIPE_KEY}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return values


@pytest.fixture
def slack_webhook(slack_server: Service) -> str:
    """The URL of an empty channel's webhook."""
    slack_server.empty()
    slack_server.admin("POST", "webhook", {"refuses_with": None})
    return slack_server.url + SLACK_PATH


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Back-off and pacing take no time; the local services are set to bear it."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
