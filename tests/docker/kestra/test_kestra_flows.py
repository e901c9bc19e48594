"""Flow files: validated at start, reloaded on change; the properties of the official tasks."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from kestra_process import FLOWS, Kestra, environment, eventually

from docker.kestra.launch import command

LOG_FLOW = """\
id: {id}
namespace: it.files
tasks:
  - id: say
    type: io.kestra.plugin.core.log.Log
    message: {message}
"""
# Every property of the official tasks of Kestra 2.0 that is not of all tasks.
SCRIPT = {
    "beforeCommands": ["true"],
    "commands": ["true"],
    "containerImage": "python:3.13-slim",
    "env": {"A": "b"},
    "executionContext": False,
    "failFast": True,
    "inputFiles": {"a.txt": "b"},
    "interpreter": ["/bin/sh", "-c"],
    "namespaceFiles": {"enabled": True},
    "outputDirectory": False,
    "outputFiles": ["*.csv"],
    "targetOS": "AUTO",
    "warningOnStdErr": False,
}
PYTHON = {
    "dependencies": ["requests"],
    "dependencyCacheEnabled": True,
    "packageManager": "UV",
    "pythonVersion": "3.13",
    "uvAutoInstallEnabled": True,
    "uvInstallerSha256": "0" * 64,
    "uvInstallerVersion": "0.9.0",
}
DOCKER = {
    "type": "io.kestra.plugin.scripts.runner.docker.Docker",
    "cpu": {"cpus": 1},
    "credentials": {"registry": "registry.test", "username": "u", "password": "p"},
    "delete": True,
    "entryPoint": [""],
    "extraHosts": ["shop:127.0.0.1"],
    "fileHandlingStrategy": "VOLUME",
    "memory": {"memory": "512MB"},
    "networkMode": "ecomm",
    "privileged": False,
    "pullPolicy": "NEVER",
    "shmSize": "64MB",
    "user": "1000",
    "volumes": ["/tmp/a:/tmp/b"],
    "wait": True,
}


def test_all_properties_of_the_official_tasks_are_accepted(kestra: Kestra) -> None:
    python = task("python", **SCRIPT, **PYTHON, taskRunner=DOCKER)
    shell = {**task("shell", **SCRIPT, taskRunner=DOCKER), "id": "second"}
    assert constraints(kestra, python, shell) is None


@pytest.mark.parametrize("kind", ["python", "shell"])
def test_what_the_official_task_refuses_is_refused(kestra: Kestra, kind: str) -> None:
    assert "commands" in str(constraints(kestra, task(kind)))
    unknown = constraints(kestra, task(kind, commands=["true"], image="x"))
    assert 'Unrecognized field "image"' in str(unknown)
    runner = {**DOCKER, "pullPolice": "NEVER"}
    misspelt = constraints(kestra, task(kind, commands=["true"], taskRunner=runner))
    assert 'Unrecognized field "pullPolice"' in str(misspelt)


def test_shell_has_no_python_properties(kestra: Kestra) -> None:
    refused = constraints(kestra, task("shell", commands=["true"], dependencies=["requests"]))
    assert 'Unrecognized field "dependencies"' in str(refused)


def test_a_stored_flow_is_the_file_unchanged(kestra: Kestra) -> None:
    flow = kestra.get("/flows/it.main/typed", source="true")
    assert flow["source"] == (FLOWS / "typed.yaml").read_text()
    assert flow["tasks"][0]["taskRunner"]["type"].endswith("docker.Docker")
    found = kestra.get("/flows/search", namespace="it.main", size=100)
    assert "typed" in [flow["id"] for flow in found["results"]]


def test_an_invalid_flow_stops_the_start_with_file_line_and_reason(tmp_path: Path) -> None:
    flows = tmp_path / "flows"
    (flows / "ingest").mkdir(parents=True)
    good = LOG_FLOW.format(id="good", message="hello")
    (flows / "good.yaml").write_text(good)
    (flows / "again.yaml").write_text(good)
    (flows / "ingest" / "typo.yaml").write_text(good.replace("message:", "mesage:"))
    (flows / "ingest" / "type.yaml").write_text(good.replace("log.Log", "log.Lag"))
    (flows / "ingest" / "missing.yaml").write_text(good.replace("    message: hello\n", ""))
    (flows / "ingest" / "broken.yaml").write_text("id: broken\n tasks: [\n")
    ended = start_once(tmp_path, flows)
    assert ended.returncode == 1
    found = {line.split(": ")[0]: line for line in ended.stderr.splitlines()}
    assert 'unknown property "mesage"' in found["flows/ingest/typo.yaml:6"]
    assert "Invalid type: io.kestra.plugin.core.log.Lag" in found["flows/ingest/type.yaml:4"]
    assert "message must not be" in found["flows/ingest/missing.yaml:4"]
    assert "YAML" in found["flows/ingest/broken.yaml:2"]
    assert "already in flows/again.yaml" in found["flows/good.yaml:1"]


def test_a_busy_port_is_one_sentence(kestra: Kestra, tmp_path: Path) -> None:
    ended = start_once(tmp_path, FLOWS, port=kestra.options.port)
    assert ended.returncode == 1
    assert f"Port {kestra.options.port} is already in use" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_without_a_password_it_is_not_opened_to_the_network(tmp_path: Path) -> None:
    ended = start_once(tmp_path, FLOWS, host="0.0.0.0")
    assert ended.returncode == 1
    assert "set KESTRA_USERNAME and KESTRA_PASSWORD" in ended.stderr


def test_flows_are_reloaded_on_change(tmp_path: Path) -> None:
    flows = tmp_path / "flows"
    flows.mkdir()
    file = flows / "first.yaml"
    file.write_text(LOG_FLOW.format(id="first", message="one"))
    engine = Kestra(tmp_path, flows, KESTRA_USERNAME="ann", KESTRA_PASSWORD="secret")
    requests_as_ann = {"auth": ("ann", "secret"), "timeout": 10}
    engine.start()
    try:
        url = f"{engine.api}/flows/it.files"
        assert requests.get(f"{url}/first", timeout=10).status_code == 401
        # Who calls a webhook has its key, and no password: this one is not there.
        hook = f"{engine.api}/executions/webhook/it.files/first/key"
        assert requests.post(hook, timeout=10).status_code == 404
        (flows / "second.yaml").write_text(LOG_FLOW.format(id="second", message="two"))
        eventually(lambda: requests.get(f"{url}/second", **requests_as_ann).ok)
        file.write_text(LOG_FLOW.format(id="first", message="changed"))
        eventually(lambda: "changed" in requests.get(f"{url}/first", **requests_as_ann).text)
        file.write_text(LOG_FLOW.format(id="first", message="bad").replace("message", "mesage"))
        eventually(lambda: "first.yaml:6" in engine.log.read_text())
        assert "changed" in requests.get(f"{url}/first", **requests_as_ann).text
        file.unlink()
        eventually(lambda: not requests.get(f"{url}/first", **requests_as_ann).ok)
    finally:
        engine.stop()


def start_once(folder: Path, flows: Path, **changes: str | int) -> subprocess.CompletedProcess[str]:
    options = replace(Kestra(folder, flows).options, **changes)
    argv, variables = command(options, environment(folder))
    return subprocess.run(argv, env=variables, capture_output=True, text=True, timeout=120)


def task(kind: str, **properties: object) -> dict[str, object]:
    return {"id": "task", "type": f"io.kestra.plugin.scripts.{kind}.Commands", **properties}


def constraints(kestra: Kestra, *tasks: dict[str, object]) -> str | None:
    flow = {"id": "checked", "namespace": "it.checked", "tasks": list(tasks)}
    answer = kestra.post("/flows/validate", data=json.dumps(flow))  # JSON is YAML
    answer.raise_for_status()
    return answer.json()[0].get("constraints")
