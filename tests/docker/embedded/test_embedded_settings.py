"""Which value wins, and which local service a given endpoint replaces."""

from pathlib import Path

import pytest

from docker.common.server import SetupError
from docker.embedded import jar_cache, jar_download, jar_maven, settings, setup
from docker.shopify.settings import cache_directory

SERVICES = {"kestra", "shopify", "stripe", "databricks", "slack", "s3"}
SLACK = "https://slack.test/services/T0/B0/word"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an empty `.env`, and an environment that names nothing of ours."""
    own = settings.own_values(tmp_path / "home", {k: str(v) for k, v in settings.PORTS.items()})
    for name in (*settings.PORTS, *settings.REPLACED_BY.values(), *own):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(settings, "PROJECT", tmp_path)
    monkeypatch.setenv("ECOMM_HOME", "home")
    (tmp_path / ".env").touch()
    return tmp_path


def test_alone_everything_is_local_with_keys_of_its_own(project: Path) -> None:
    found = settings.load()
    assert set(found.local) == SERVICES
    assert found.home == project / "home"
    assert found.values["KESTRA_URL"] == "http://127.0.0.1:18080"
    assert settings.load().values == found.values
    assert (found.home / "credentials.json").stat().st_mode & 0o077 == 0


def test_environment_wins_over_env_file_wins_over_own(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / ".env").write_text("S3_BUCKET=of-file\nSHOPIFY_ACCESS_TOKEN=of-file\n")
    monkeypatch.setenv("S3_BUCKET", "of-environment")
    values = settings.load().values
    assert values["S3_BUCKET"] == "of-environment"
    assert values["SHOPIFY_ACCESS_TOKEN"] == "of-file"
    assert values["AWS_REGION"] == "us-east-1"


def test_an_empty_value_is_none(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_WEBHOOK_URL", "")
    (project / ".env").write_text("STRIPE_API_BASE=\n")
    assert set(settings.load().local) == SERVICES


def test_a_line_that_cannot_be_read_is_named(project: Path) -> None:
    """It was left out: with these tables misquoted, every table of the database was pulled."""
    (project / ".env").write_text('S3_BUCKET=x\nDATABASE_TABLES="order lines":id,customers\n')
    with pytest.raises(SetupError, match="line 2"):
        settings.load()
    (project / ".env").write_text("DATABASE_TABLES='\"order lines\":id,customers'\n")
    assert settings.load().values["DATABASE_TABLES"] == '"order lines":id,customers'


def test_downloads_read_the_file_too(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mirror that stood in `.env`, where the example puts it, was not asked."""
    for name in ("ECOMM_CACHE", "MAVEN_REPO_URL"):
        monkeypatch.delenv(name, raising=False)
    (project / ".env").write_text(f"ECOMM_CACHE={project}\nMAVEN_REPO_URL=http://mirror.test/\n")
    assert jar_cache.cache_root() == project / "jars"
    assert jar_download.repository_url() == "http://mirror.test"
    assert not jar_maven.usable()


def test_set_up_fetches_the_schema_to_where_the_local_shopify_looks(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lay in another folder: the first start without a network failed, set up or not."""
    folders: list[Path] = []
    monkeypatch.setenv("ECOMM_CACHE", str(project))
    monkeypatch.setattr(setup.jars, "fetch", lambda _: {"kestra": [], "ecj": [Path()]})
    monkeypatch.setattr(setup.build, "classes", lambda *_: None)
    monkeypatch.setattr(setup.schema, "ensure", folders.append)
    setup.run()
    assert folders == [cache_directory({"ECOMM_CACHE": str(project)})]


def test_a_file_of_notepad_is_read_or_named(project: Path) -> None:
    (project / ".env").write_text("S3_BUCKET=mine\n", encoding="utf-8-sig")
    assert settings.load().values["S3_BUCKET"] == "mine"
    (project / ".env").write_text("S3_BUCKET=mine\n", encoding="utf-16")
    with pytest.raises(SetupError, match="not UTF-8"):
        settings.load()


@pytest.mark.parametrize(("service", "variable"), settings.REPLACED_BY.items())
def test_a_given_endpoint_replaces_its_service_only(
    project: Path, service: str, variable: str
) -> None:
    (project / ".env").write_text(f"{variable}=https://real.test\n")
    found = settings.load()
    assert set(found.local) == SERVICES - {service}
    assert found.values[variable] == "https://real.test"


def test_the_own_endpoint_written_out_replaces_nothing(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.write_environment(own := settings.load())
    (project / ".env").write_text((own.home / "env").read_text())
    found = settings.load()
    assert set(found.local) == SERVICES
    assert found.values == own.values


def test_a_port_moves_its_address(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_PORT", "19999")
    found = settings.load()
    assert found.values["STRIPE_API_BASE"] == "http://127.0.0.1:19999"
    assert found.port("STRIPE_PORT") == 19999


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "²5"])
def test_a_port_that_is_none_is_named(
    project: Path, monkeypatch: pytest.MonkeyPatch, port: str
) -> None:
    monkeypatch.setenv("SPARK_PORT", port)
    with pytest.raises(SetupError, match=f"SPARK_PORT is '{port}': give it a port number"):
        settings.load()


def test_the_published_file_is_for_its_owner_only(project: Path) -> None:
    path = settings.write_environment(settings.load())
    assert path.stat().st_mode & 0o077 == 0
    names = [line.partition("=")[0] for line in path.read_text().splitlines()]
    assert {"S3_BUCKET", "KESTRA_URL", "SLACK_WEBHOOK_URL", "DATABRICKS_TOKEN"} <= set(names)
