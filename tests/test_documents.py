"""Documents are true: links lead somewhere, commands exist, every variable is explained."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.alerts.incidents import RUNS, STATES
from scripts.files import dropzone
from scripts.landing.writer import MANIFESTS
from scripts.privacy.landing import REPORTS
from scripts.privacy.request import NOTES

ROOT = Path(__file__).parents[1]
EXAMPLE = (ROOT / ".env.example").read_text()
EXPLAINED = set(re.findall(r"^(\w+)=", EXAMPLE, re.MULTILINE))
VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
SETTINGS = [
    *sorted(ROOT.glob("docker/*/settings.py")),
    ROOT / "scripts/settings.py",
    ROOT / "docker/embedded/jar_cache.py",
    ROOT / "docker/embedded/jar_download.py",
]
# Not ours to explain: the XDG base directory specification's.
STANDARD = {"XDG_CACHE_HOME"}
MARKDOWN = [ROOT / "README.md", ROOT / "DECISIONS.md", ROOT / "CHANGELOG.md"]
MARKDOWN += [*sorted(ROOT.glob("docker/*/README.md")), ROOT / "benchmarks/README.md"]
MARKDOWN += [*sorted(ROOT.glob("scripts/*/README.md")), *sorted(ROOT.glob("docs/*.md"))]
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))
FLOWS = sorted((ROOT / "flows").rglob("*.yaml"))


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SETTINGS, ids=_name)
def test_every_variable_that_is_read_is_explained(path: Path) -> None:
    constants = (node.value for node in ast.walk(ast.parse(path.read_text())) if _is_text(node))
    read = {text for text in constants if VARIABLE.fullmatch(text)}
    assert read - STANDARD <= EXPLAINED


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_the_example_explains_only_what_is_read_somewhere() -> None:
    sources = [*SETTINGS, ROOT / "docker/compose_env.py", ROOT / "docker/embedded/services.py"]
    text = "".join(path.read_text() for path in sources)
    assert {name for name in EXPLAINED if f'"{name}"' not in text} == set()


def test_the_example_holds_no_values() -> None:
    assert re.findall(r"^\w+=.+$", EXAMPLE, re.MULTILINE) == []


def test_every_variable_of_the_example_has_a_comment_above() -> None:
    blocks = re.split(r"\n\n", EXAMPLE)
    for block in blocks:
        lines = [line for line in block.splitlines() if line]
        assert lines[0].startswith("#"), lines[0]


@pytest.mark.parametrize("path", MARKDOWN, ids=_name)
def test_relative_links_lead_to_files(path: Path) -> None:
    links = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", path.read_text())
    relative = [link for link in links if "://" not in link]
    assert [link for link in relative if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", MARKDOWN, ids=_name)
def test_make_targets_that_documents_name_exist(path: Path) -> None:
    named = re.findall(r"`make ([a-z][a-z-]*)|^make ([a-z][a-z-]*)", path.read_text(), re.MULTILINE)
    assert {first or second for first, second in named} <= TARGETS


# By a call of the S3 client: what AWS asks for. A transfer in parts is a put that may be aborted.
ACTIONS = {
    "put_object": {"s3:PutObject", "s3:AbortMultipartUpload"},
    "get_object": {"s3:GetObject"},
    "head_object": {"s3:GetObject"},
    "delete_objects": {"s3:DeleteObject"},
    "get_paginator": {"s3:ListBucket"},
}


def test_the_runbooks_policy_permits_what_scripts_do_and_no_more() -> None:
    """It left out alerts/ and privacy/: no anomaly reached Slack, no deletion request ended."""
    (text,) = re.findall(r"```json\n(.+?)```", (ROOT / "docs/databricks.md").read_text(), re.DOTALL)
    listing, reading, writing = json.loads(text)["Statement"]
    store = (ROOT / "scripts/landing/store.py").read_text()
    called = [ACTIONS[name] for name in set(re.findall(r"self\._client\.(\w+)\(", store))]
    permitted = {listing["Action"], *reading["Action"], *writing["Action"]}
    assert set().union(*called) == permitted
    folders = {
        key.split("/")[0] for key in (RUNS, STATES, dropzone.ROOT, MANIFESTS, REPORTS, NOTES)
    }
    # Narrowed, S3 would answer 403 for an object that is not there, which scripts ask for.
    assert "Condition" not in listing
    bucket = listing["Resource"]
    assert {f"{bucket}/{folder}/*" for folder in folders} == set(reading["Resource"])
    assert set(writing["Resource"]) == set(reading["Resource"]) - {
        f"{bucket}/{folder.split('/')[0]}/*" for folder in (RUNS, dropzone.ROOT)
    }


def test_every_make_target_has_a_line_of_help() -> None:
    helped = set(re.findall(r"^([a-z][a-z-]*):[^\n]*## \S", MAKEFILE, re.MULTILINE))
    assert helped == TARGETS


def test_the_readme_names_every_flow() -> None:
    readme = (ROOT / "README.md").read_text()
    for path in FLOWS:
        flow = yaml.safe_load(path.read_text())
        name = f"{flow['namespace'].removeprefix('ecomm.')}/{flow['id']}"
        assert f"`ecomm.{name}`" in readme


@pytest.mark.parametrize("path", FLOWS, ids=_name)
def test_a_flow_says_what_it_is_and_how_it_behaves(path: Path) -> None:
    flow = yaml.safe_load(path.read_text())
    assert flow["description"].strip()
    assert set(flow["labels"]) >= {"owner", "layer", "source"}
    assert all("defaults" in given and given["description"] for given in flow.get("inputs", []))
    for task in _scripts(flow["tasks"] + flow.get("afterExecution", [])):
        assert task["timeout"].startswith("PT")
        assert task["retry"]["maxAttempts"] > 1
    for trigger in flow.get("triggers", []):
        if trigger["type"].endswith("Schedule"):
            assert trigger["recoverMissedSchedules"] == "LAST"


@pytest.mark.parametrize("path", FLOWS, ids=_name)
def test_a_flow_that_must_not_run_twice_at_once_says_so(path: Path) -> None:
    flow = yaml.safe_load(path.read_text())
    # Alerts and releases are about one run each, and who calls a webhook is answered at once.
    at_once = ("backfill", "shopify_request", "backfill_release")
    side_by_side = flow["namespace"] == "ecomm.alerts" or flow["id"] in at_once
    assert side_by_side or flow["concurrency"]["limit"] == 1


def test_the_alert_of_a_failed_run_outlasts_an_hour_without_slack() -> None:
    """No other run posts it: after five attempts, in less than three minutes, it was lost."""
    flow = yaml.safe_load((ROOT / "flows/alerts/failed_run_to_slack.yaml").read_text())
    (task,) = _scripts(flow["tasks"])
    first, longest = (_seconds(task["retry"][name]) for name in ("interval", "maxInterval"))
    waits = [min(longest, first * 2**n) for n in range(task["retry"]["maxAttempts"] - 1)]
    assert sum(waits) > 3600


def _seconds(duration: str) -> int:
    number, unit = int(duration[2:-1]), duration[-1]
    return number * {"S": 1, "M": 60, "H": 3600}[unit]


def _scripts(tasks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for task in tasks:
        if ".scripts." in task["type"]:
            yield task
        for part in ("tasks", "then", "else"):
            yield from _scripts(task.get(part, []))
