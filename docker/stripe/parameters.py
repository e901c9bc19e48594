"""Checks and types a request's parameters by the table made from Stripe's OpenAPI description."""

import json
import re
from typing import Any

from docker.stripe.currencies import SHOWN, SUPPORTED
from docker.stripe.data import table
from docker.stripe.errors import StripeError, invalid_request

OPERATIONS: dict[str, Any] = table("parameters")["rows"]
MAX_STRING = 5000
NUMBERS = {
    "integer": re.compile(r"[+-]?[0-9]{1,18}"),
    "number": re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?"),
}


def check(operation: str, given: dict[str, Any]) -> dict[str, Any]:
    """Typed parameters of `operation` (`POST /v1/customers`), or Stripe's 400."""
    return _object(OPERATIONS[operation], given, "")


def _object(node: Any, given: dict[str, Any], prefix: str) -> dict[str, Any]:
    names = {name: f"{prefix}[{name}]" if prefix else name for name in given}
    unknown = [names[name] for name in given if name not in node["fields"]]
    if unknown:
        noun = "parameter" if len(unknown) == 1 else "parameters"
        message = f"Received unknown {noun}: {', '.join(unknown)}"
        raise invalid_request(message, param=unknown[0], code="parameter_unknown")
    for name in node["required"]:
        if name not in given:
            shown = f"{prefix}[{name}]" if prefix else name
            message = f"Missing required param: {shown}."
            raise invalid_request(message, param=shown, code="parameter_missing")
    typed = {n: _value(node["fields"][n], value, names[n]) for n, value in given.items()}
    if typed.get("currency"):
        typed["currency"] = _currency(typed["currency"], names["currency"])
    return typed


def _value(node: Any, value: Any, name: str) -> Any:
    if isinstance(node, str):
        return _scalar(node, value, name)
    if "any_of" in node:
        return _any_of(node["any_of"], value, name)
    if "enum" in node:
        return _enum(node["enum"], value, name)
    if "items" in node:
        if value == "":
            return []
        if not isinstance(value, list):
            raise invalid_request("Invalid array", param=name, code=None)
        return [_value(node["items"], item, f"{name}[{i}]") for i, item in enumerate(value)]
    if not isinstance(value, dict):
        raise invalid_request("Invalid object", param=name)
    if "map" in node:
        return _map(node["map"], value, name)
    return _object(node, value, name)


def _any_of(nodes: list[Any], value: Any, name: str) -> Any:
    """The first node of the value's shape that takes it, else the last one's error."""
    shaped = [node for node in nodes if _shape(node) is type(value)] or nodes
    errors: list[StripeError] = []
    for node in sorted(shaped, key=lambda node: node != {"enum": [""]}):
        try:
            return _value(node, value, name)
        except StripeError as error:
            errors.append(error)
    raise errors[-1]


def _shape(node: Any) -> type:
    """What `forms.decode` makes of a value for this node."""
    if isinstance(node, str) or "enum" in node:
        return str
    return list if "items" in node else dict


def _scalar(kind: str, value: Any, name: str) -> Any:
    if kind == "any":
        return value
    if not isinstance(value, str):
        raise invalid_request(f"Invalid {kind}: {json.dumps(value)}", param=name)
    if kind == "integer":
        return _number(int, "integer", value, name)
    if kind == "number":
        return _number(float, "number", value, name)
    if kind == "boolean":
        if value not in ("true", "false"):
            raise invalid_request(f"Invalid boolean: {value}", param=name)
        return value == "true"
    if len(value) > MAX_STRING:
        message = (
            f"Invalid string: {value[:10]}...{value[-5:]}; must be at most {MAX_STRING} characters"
        )
        raise invalid_request(message, param=name)
    return value


def _currency(value: str, name: str) -> str:
    """Stripe takes either case and answers in small letters."""
    if value.lower() not in SUPPORTED:
        message = f"Invalid currency: {value.lower()}. Stripe currently supports these currencies: "
        raise invalid_request(message + SHOWN, param=name)
    return value.lower()


def _number(make: type[int] | type[float], kind: str, value: str, name: str) -> int | float:
    if not NUMBERS[kind].fullmatch(value):  # Python takes 1_000, other alphabets' digits and nan
        code = f"parameter_invalid_{kind}"
        raise invalid_request(f"Invalid {kind}: {value}", param=name, code=code)
    return make(value)


def _enum(allowed: list[str], value: Any, name: str) -> str:
    if value not in allowed:
        shown = [text for text in allowed if text]
        listed = f"{', '.join(shown[:-1])}, or {shown[-1]}" if len(shown) > 1 else "".join(shown)
        last = name.rpartition("[")[2].rstrip("]")
        raise invalid_request(f"Invalid {last}: must be one of {listed}", param=name)
    return str(value)


def _map(node: Any, value: dict[str, Any], name: str) -> dict[str, Any]:
    """Metadata's limits: 50 keys of 40 characters, values of 500."""
    if len(value) > 50:
        message = f"You can only set up to 50 metadata keys, but you passed in {len(value)}."
        raise invalid_request(message, param=name)
    for key, text in value.items():
        if len(key) > 40:
            message = (
                "Metadata keys can have up to 40 characters, but you passed in a key that is "
                f"{len(key)} characters. Invalid key: {key}"
            )
            raise invalid_request(message, param=name)
        if isinstance(text, str) and len(text) > 500:
            message = (
                "Metadata values can have up to 500 characters, but you passed in a value that is "
                f"{len(text)} characters. Invalid value: {text}"
            )
            raise invalid_request(message, param=f"{name}[{key}]")
    return {key: _value(node, item, f"{name}[{key}]") for key, item in value.items()}
