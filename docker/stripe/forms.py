"""Form and query text to nested data, by Stripe's bracket rules."""

import re
from typing import Any
from urllib.parse import parse_qsl

from docker.stripe.errors import invalid_request

BRACKETS = re.compile(r"\[([^\]\[]*)\]")


def decode(text: str) -> dict[str, Any]:
    """`a[b]=1&c[]=2&d[0][e]=3` -> `{"a": {"b": "1"}, "c": ["2"], "d": [{"e": "3"}]}`.

    Raises the 400 that Stripe gives for brackets that do not fit together.
    """
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        head, _, rest = name.partition("[")
        path = BRACKETS.findall(f"[{rest}") if rest else []
        if (
            not head
            or "]" in head
            or (rest and f"[{rest}" != "".join(f"[{part}]" for part in path))
        ):
            raise invalid_request(f"Invalid parameter name: {name}", param=name)
        _put(tree, [head, *path], value, name)
    return {key: _lists(value) for key, value in tree.items()}


def _put(tree: dict[str, Any], path: list[str], value: str, name: str) -> None:
    *branches, leaf = path
    for depth, part in enumerate(branches):
        tree = tree.setdefault(part or _element(tree, path[depth + 1]), {})
        if not isinstance(tree, dict):
            raise invalid_request(f"Invalid object: {name} is both a value and an object.")
    tree[leaf or str(len(tree))] = value


def _element(array: dict[str, Any], field: str) -> str:
    """`d[][e]=1&d[][f]=2` fills one element until a field comes again."""
    last = str(len(array) - 1)
    return last if array and field not in array[last] else str(len(array))


def _lists(value: Any) -> Any:
    """Branches whose keys are 0, 1, 2, ... become lists."""
    if not isinstance(value, dict):
        return value
    children = {key: _lists(child) for key, child in value.items()}
    if children and all(key.isdigit() for key in children):
        return [children[key] for key in sorted(children, key=int)]
    return children
