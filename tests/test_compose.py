"""docker-compose.yml as text: what would be found late, or never, where no Docker engine runs."""

import base64
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from docker import compose_env
from docker.common.server import SetupError
from docker.embedded.settings import PORTS, REPLACED_BY, Settings, own_values

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)[^}]*\}")
PINNED = re.compile(r"[\w./-]+:[\w.-]*\d[\w.-]*")
SECRET = re.compile(r"PASSWORD|TOKEN|SECRET|API_KEY|CREDENTIAL|WEBHOOK_PATH", re.IGNORECASE)
each_service = pytest.mark.parametrize("name", SERVICES)


@each_service
def test_a_service_has_a_health_check_or_is_waited_for_to_its_end(name: str) -> None:
    ended = {
        other
        for service in SERVICES.values()
        for other, how in service.get("depends_on", {}).items()
        if how["condition"] == "service_completed_successfully"
    }
    assert "healthcheck" in SERVICES[name] or name in ended


@each_service
def test_what_a_service_depends_on_exists_and_is_waited_for(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        wanted = "service_healthy" if "healthcheck" in SERVICES[other] else "completed"
        assert wanted in how["condition"]
        # A service with a profile may be left out; whoever waits for it must do without then.
        same = SERVICES[other].get("profiles") == SERVICES[name].get("profiles")
        assert same or not SERVICES[other].get("profiles") or how["required"] is False


@each_service
def test_ports_are_bound_to_this_machine_only(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


@each_service
def test_an_image_is_pinned_or_built_from_a_file_that_exists(name: str) -> None:
    service = SERVICES[name]
    if "build" in service:
        assert (ROOT / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
    else:
        assert PINNED.fullmatch(service["image"])


@each_service
def test_no_password_stands_in_the_open(name: str) -> None:
    environment = SERVICES[name].get("environment", {})
    for variable, value in environment.items():
        if SECRET.search(variable):
            assert re.fullmatch(r"\$\{\w+:\?[^}]+\}", value), f"{name}.{variable}"
    for line in environment.get("KESTRA_CONFIGURATION", "").splitlines():
        if "password:" in line:
            assert ":?" in line


def test_kestra_may_end_its_tasks_before_docker_ends_kestra() -> None:
    """A task that is cut off runs once more after the start, beside its container, which lives."""
    assert SERVICES["kestra"]["stop_grace_period"] == "6m"  # as in Kestra's own compose file


@pytest.mark.parametrize("name", ["shopify", "stripe", "slack", "databricks"])
def test_a_local_service_is_told_what_the_example_lets_one_set(name: str) -> None:
    """A SHOP_CURRENCY in `.env` was USD in docker compose."""
    text = (ROOT / f"docker/{name}/settings.py").read_text()
    read = set(re.findall(r'"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"', text))
    of_the_image = {"ECOMM_CACHE", "XDG_CACHE_HOME", "SPARK_PORT", "SPARK_JARS"}
    assert read - of_the_image <= set(SERVICES[name]["environment"])


def test_volumes_are_declared_and_used() -> None:
    mounts = [mount for service in SERVICES.values() for mount in service.get("volumes", [])]
    named = {mount.split(":")[0] for mount in mounts if mount[0] not in "./"}
    assert named == set(COMPOSE["volumes"])


def test_every_base_image_is_pinned() -> None:
    for path in ROOT.glob("docker/**/*Dockerfile"):
        text = path.read_text()
        images = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
        assert images, path
        assert all(PINNED.fullmatch(image) for image in images), path
        assert re.search(r"^USER (?!root)", text, re.MULTILINE), f"{path} runs as root"
        for source in re.findall(r"^COPY (?:--\S+ )*(\S+) ", text, re.MULTILINE):
            assert (ROOT / source).exists(), f"{path} copies {source}"


def _settings(**given: str) -> Settings:
    own = dict.fromkeys(compose_env.NAMES, "made-up")
    for name in (
        "KESTRA_USERNAME",
        "KESTRA_PASSWORD",
        "POSTGRES_PASSWORD",
        "CLICKHOUSE_PASSWORD",
        "DATABASE_URL",
    ):
        del own[name]
    local = tuple(name for name, variable in REPLACED_BY.items() if variable not in given)
    return Settings(ROOT, {**own, "SLACK_WEBHOOK_PATH": "/services/T1/B1/x", **given}, local)


def test_the_made_file_fills_in_every_variable() -> None:
    made = compose_env.values(_settings(), {})
    assert set(VARIABLE.findall(TEXT)) <= set(made)


def test_made_passwords_stay_what_they_are() -> None:
    first = compose_env.values(_settings(), {})
    again = compose_env.values(_settings(), dict(first))
    assert first == again
    assert first["KESTRA_PASSWORD"] != first["POSTGRES_PASSWORD"]


def test_a_password_is_the_same_in_every_file() -> None:
    """Bare, compose read `$5` as a variable and Kestra's YAML `@` as nothing it knows: the server
    had another password than the alerts, which were all answered 401."""
    password = "@Aa1$5word#:b"
    made = compose_env.values(_settings(KESTRA_PASSWORD=password), {})
    assert compose_env.quoted(made)["KESTRA_PASSWORD"] == f"'{password}'"
    assert compose_env.quoted({"KEY": "it's"}) == {"KEY": r"'it\'s'"}
    (file,) = SERVICES["kestra"]["env_file"]
    assert file["format"] == "raw"
    text = SERVICES["kestra"]["environment"]["KESTRA_CONFIGURATION"]
    filled = VARIABLE.sub(lambda found: made[found.group(1)], text)
    assert yaml.safe_load(filled)["kestra"]["server"]["basic-auth"]["password"] == password


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KESTRA_USERNAME", "admin"),
        ("KESTRA_PASSWORD", "secret"),
        ("KESTRA_PASSWORD", "nocapital1"),
        ("KESTRA_PASSWORD", "Quote'1234"),
        ("POSTGRES_PASSWORD", "${OTHER}"),
    ],
)
def test_what_kestra_would_not_take_is_named(name: str, value: str) -> None:
    """It comes up without a password then, and lets whoever opens it first choose one."""
    with pytest.raises(SetupError, match=name):
        compose_env.values(_settings(**{name: value}), {})


def test_a_kestra_of_ones_own_gets_its_own_address_and_no_network_of_compose() -> None:
    """README's way to production: alerts asked http://kestra:8080, and no task's container found
    the network `ecomm`."""
    own = {"KESTRA_URL": "https://kestra.example", "KESTRA_USERNAME": "me", "KESTRA_PASSWORD": "x"}
    values = compose_env.values(_settings(**own), {})
    made = compose_env.kestra(values)
    assert made["ENV_KESTRA_URL"] == "https://kestra.example"
    assert "ENV_DOCKER_NETWORK" not in made
    profiles = values["COMPOSE_PROFILES"].split(",")
    assert not {"kestra", "postgres"} & {
        name for name, one in SERVICES.items() if set(one.get("profiles", profiles)) & set(profiles)
    }


def test_a_real_endpoint_leaves_its_local_service_out() -> None:
    hook = "https://hooks.slack.example/services/T1/B1/real"
    made = compose_env.values(_settings(SLACK_WEBHOOK_URL=hook), {})
    assert made["SLACK_WEBHOOK_URL"] == hook
    profiles = made["COMPOSE_PROFILES"].split(",")
    assert "slack" not in profiles
    assert set(profiles) <= {
        p for service in SERVICES.values() for p in service.get("profiles", [])
    }


def test_local_addresses_are_names_of_services() -> None:
    made = compose_env.values(_settings(), {})
    for variable in REPLACED_BY.values():
        host = made[variable].split("/")[2].split(":")[0]
        assert host in SERVICES
    assert made["SLACK_WEBHOOK_URL"].endswith("/services/T1/B1/x")


def test_kestra_gets_its_secrets_in_base64() -> None:
    made = compose_env.kestra(compose_env.values(_settings(STRIPE_API_KEY="spelled"), {}))
    assert base64.b64decode(made["SECRET_STRIPE_API_KEY"]) == b"spelled"
    assert made["ENV_DOCKER_NETWORK"] == COMPOSE["networks"]["default"]["name"]


def test_what_flows_read_is_never_empty(tmp_path: Path) -> None:
    """`??` stands in for a variable that is not there; an empty one made each task's image ""."""
    ports = {name: str(port) for name, port in PORTS.items()}
    settings = Settings(tmp_path, {**own_values(tmp_path, ports), **ports}, tuple(REPLACED_BY))
    made = compose_env.kestra(compose_env.values(settings, {}))
    for path in (ROOT / "flows").rglob("*.yaml"):
        for name, otherwise in re.findall(r"envs\.(\w+)( \?\? '')?", path.read_text()):
            assert otherwise or made[f"ENV_{name.upper()}"], f"{path}: {name}"


def test_tasks_join_the_network_of_the_services() -> None:
    """Else a task's container finds no `shopify` and no `s3`."""
    for path in (ROOT / "flows").rglob("*.yaml"):
        for runner in _runners(yaml.safe_load(path.read_text())["tasks"]):
            assert "envs.docker_network" in runner.get("networkMode", ""), path


def test_the_alert_can_log_in_to_kestra() -> None:
    """The official server refuses who has no password, and the alert asks it what failed."""
    flow = yaml.safe_load((ROOT / "flows/alerts/failed_run_to_slack.yaml").read_text())
    environment = flow["tasks"][0]["tasks"][0]["env"]
    assert "envs.kestra_username" in environment["KESTRA_USERNAME"]
    assert "secret('KESTRA_PASSWORD')" in environment["KESTRA_PASSWORD"]


def _runners(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = [task["taskRunner"] for task in tasks if "taskRunner" in task]
    return found + [runner for task in tasks for runner in _runners(task.get("tasks", []))]


def test_a_webhook_needs_no_password_of_kestra() -> None:
    """Shopify cannot send one: its requests to delete a person were answered 401."""
    settings = yaml.safe_load(SERVICES["kestra"]["environment"]["KESTRA_CONFIGURATION"])
    (opened,) = settings["kestra"]["server"]["basic-auth"]["open-urls"]
    assert opened == "/api/v1/main/executions/webhook/"
