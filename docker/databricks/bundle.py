"""A bundle as the Databricks CLI resolves it: includes, a target's overrides, variables."""

import re
from functools import reduce
from pathlib import Path
from typing import Any

import yaml

Document = dict[str, Any]
REFERENCE = re.compile(r"\$\{([\w.]+)\}")
# Entries of these lists that have the same key are one entry; other lists grow at their end.
KEYS = {
    "tasks": "task_key",
    "job_clusters": "job_cluster_key",
    "environments": "environment_key",
    "parameters": "name",
}


class BundleError(Exception):
    """databricks.yml cannot be resolved; the message names the reference."""


def load(path: Path, target: str, given: dict[str, str]) -> Document:
    """The bundle with its includes, its target's values and every `${...}` resolved.

    A variable that is looked up in the workspace stays a reference unless it is given. Paths of
    an included file count from that file, as in the CLI; they are not rewritten.
    """
    bundle = reduce(_merged, _documents(path))
    if target not in bundle["targets"]:
        known = ", ".join(bundle["targets"])
        raise BundleError(f"{path.name} has no target {target}; its targets are: {known}")
    chosen: Document = bundle.pop("targets")[target] or {}
    values = {name: _default(name, spec) for name, spec in bundle["variables"].items()}
    values |= chosen.pop("variables", {}) | given
    unknown = sorted(set(given) - set(bundle["variables"]))
    if unknown:
        raise BundleError(f"{path.name} declares no variable {', '.join(unknown)}")
    names = {f"var.{name}": value for name, value in values.items()}
    names |= {"bundle.name": bundle["bundle"]["name"], "bundle.target": target}
    resolved: Document = _resolve(_merged(bundle, chosen), names)
    return resolved


def _documents(path: Path) -> list[Document]:
    main: Document = yaml.safe_load(path.read_text())
    included: list[Path] = []
    for glob in main.pop("include", []):
        found = sorted(path.parent.glob(glob))
        if not found:
            raise BundleError(f"{path.name} includes {glob}, and no such file is there")
        included += found
    return [main, *(yaml.safe_load(file.read_text()) for file in included)]


def _merged(base: Any, over: Any, name: str = "") -> Any:
    if isinstance(base, dict) and isinstance(over, dict):
        both = {key: _merged(base[key], over[key], key) for key in base.keys() & over.keys()}
        return {**base, **over, **both}
    if isinstance(base, list) and isinstance(over, list):
        return _joined([*base, *over], KEYS[name]) if name in KEYS else [*base, *over]
    return over


def _joined(entries: list[Any], key: str) -> list[Any]:
    found: dict[str, Any] = {}
    for entry in entries:
        if not isinstance(entry, dict):  # a task's `parameters` are words
            return entries
        known = found.get(entry[key])
        found[entry[key]] = entry if known is None else _merged(known, entry)
    return list(found.values())


def _default(name: str, spec: Document) -> Any:
    return f"${{var.{name}}}" if "lookup" in spec else spec.get("default")


def _resolve(node: Any, names: Document) -> Any:
    if isinstance(node, dict):
        return {key: _resolve(value, names) for key, value in node.items()}
    if isinstance(node, list):
        return [_resolve(item, names) for item in node]
    if not isinstance(node, str):
        return node
    whole = REFERENCE.fullmatch(node)
    if whole:
        return _value(whole.group(1), names)
    return REFERENCE.sub(lambda found: str(_value(found.group(1), names)), node)


def _value(name: str, names: Document) -> Any:
    if names.get(name) is None:
        raise BundleError(f"databricks.yml: ${{{name}}} has no value; give it with --var")
    return names[name]
