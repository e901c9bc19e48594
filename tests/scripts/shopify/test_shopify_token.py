"""A token for a day: the local shop gives it, later refuses it, and gives another."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests
from hostile import Answer, hostile
from lake import run_script
from local_service import Service, running

from scripts import settings
from scripts.errors import FatalError, RetriableError
from scripts.landing.writer import iso, now_utc
from scripts.settings import App, Shopify
from scripts.shopify.client import Client

ID, SECRET = "tests-client-id", "tests-client-secret"
SHOP = {"id": "gid://shopify/Shop/1", "myshopifyDomain": "a.myshopify.com"}
GOOD = Answer({"data": {"shop": SHOP}})
GIVEN = Answer({"access_token": "tests-given", "scope": "", "expires_in": 86399})
REFUSED = Answer({"errors": "[API] Invalid API key or access token"}, 401)
NOT_OURS = Answer(
    {"error": "shop_not_permitted", "error_description": "Cannot be performed on this shop."}, 400
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    environment = {
        "SHOPIFY_ACCESS_TOKEN": "tests-other-token",
        "SHOPIFY_API_SECRET": SECRET,
        "SHOPIFY_CLIENT_ID": ID,
    }
    with running("shopify", tmp_path_factory.mktemp("shop"), environment) as service:
        yield service


def client(url: str, secret: str = SECRET) -> Client:
    return Client(Shopify(url, App(ID, secret), "2026-10"))


@pytest.mark.usefixtures("no_waiting")
def test_a_day_later_the_same_client_asks_for_another_token(shop: Service) -> None:
    asking = client(shop.url)
    assert asking.shop()[1] == "local-shop.myshopify.com"
    for days in (1, 2):
        shop.admin("POST", "clock", {"now": iso(now_utc() + timedelta(days=days))})
        assert asking.shop()[1] == "local-shop.myshopify.com"
    shop.admin("POST", "clock", {"now": None})


def test_a_pull_by_the_app(s3_environment: dict[str, str], shop: Service) -> None:
    """The client ID counts, whatever token stands beside it."""
    app = {"SHOPIFY_CLIENT_ID": ID, "SHOPIFY_API_SECRET": SECRET, "SHOPIFY_ACCESS_TOKEN": "wrong"}
    given = s3_environment | {"SHOPIFY_URL": shop.url} | app
    done = run_script("shopify_to_s3", given, "--streams", "shop")
    assert (done.returncode, done.stderr) == (0, "")
    done = run_script("shopify_to_s3", given | {"SHOPIFY_API_SECRET": "wrong-secret"})
    assert done.returncode == 1
    assert "ERROR Shopify gives no token (invalid_client" in done.stderr
    assert "SHOPIFY_CLIENT_ID and SHOPIFY_API_SECRET" in done.stderr
    assert "wrong-secret" not in done.stderr + done.stdout


def test_an_app_without_its_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPIFY_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("SHOPIFY_CLIENT_ID", ID)
    monkeypatch.delenv("SHOPIFY_API_SECRET", raising=False)
    with pytest.raises(FatalError, match="SHOPIFY_API_SECRET is not set"):
        settings.shopify()


def test_a_token_that_was_never_good_is_asked_for_once() -> None:
    with hostile(GIVEN, REFUSED) as server:
        with pytest.raises(FatalError, match="the app of SHOPIFY_CLIENT_ID"):
            client(server.url).shop()
        assert [path for path, _ in server.asked] == [
            "POST /admin/oauth/access_token",
            "POST /admin/api/2026-10/graphql.json",
        ]
        assert "x-shopify-access-token" not in server.asked[0][1]
        assert server.asked[1][1]["x-shopify-access-token"] == "tests-given"


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize("passing", [Answer(status=503), Answer({}, 429), Answer(status=408)])
def test_a_passing_fault_is_borne(passing: Answer) -> None:
    with hostile(passing, GIVEN, GOOD) as server:
        assert client(server.url).shop() == (SHOP["id"], SHOP["myshopifyDomain"])


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (NOT_OURS, "shop_not_permitted: Cannot be performed on this shop"),
        (Answer(b"<html>", 404), r"\(404\)"),
        (Answer({"access_token": None}), r"\(200\)"),
        (Answer({"access_token": "two\nlines"}), r"\(200\)"),
        (Answer([1]), r"\(200\)"),
        (Answer(status=301, headers={"Location": "http://127.0.0.1:1"}), r"\(301\)"),
    ],
)
def test_a_refusal_says_why(answer: Answer, said: str) -> None:
    with hostile(answer) as server, pytest.raises(FatalError, match=said) as found:
        client(server.url).shop()
    assert SECRET not in str(found.value)


@pytest.mark.usefixtures("no_waiting")
def test_a_shop_that_cannot_be_reached() -> None:
    with pytest.raises(RetriableError, match="could not be asked for a token: ConnectionError"):
        client("http://127.0.0.1:1").shop()


def test_the_local_shop_gives_tokens_to_its_app_only(shop: Service) -> None:
    asked = {"grant_type": "client_credentials", "client_id": ID, "client_secret": SECRET}
    url = f"{shop.url}/admin/oauth/access_token"
    for body in ({"data": asked}, {"json": asked}):
        answer = requests.post(url, timeout=10, **body).json()
        assert answer["expires_in"] == 86399
        assert "read_orders" in answer["scope"]
    for wrong in ("grant_type", "client_id", "client_secret"):
        refused = requests.post(url, data={**asked, wrong: "other"}, timeout=10)
        assert (refused.status_code, set(refused.json())) == (400, {"error", "error_description"})
    forged = f"shpat_{'f' * 32}"
    headers = {"X-Shopify-Access-Token": forged}
    body = {"query": "{ shop { id } }"}
    graphql = f"{shop.url}/admin/api/2026-10/graphql.json"
    assert requests.post(graphql, json=body, headers=headers, timeout=10).status_code == 401
