"""graphql-core's validation errors in the shapes that Shopify answers."""

import re
from collections.abc import Callable
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    Visitor,
    visit,
)

Shape = tuple[str, dict[str, Any], list[str]]
Maker = Callable[[re.Match[str], list[str]], Shape]


def _unknown_field(m: re.Match[str], path: list[str]) -> Shape:
    extensions = {"code": "undefinedField", "typeName": m[2], "fieldName": m[1]}
    return f"Field '{m[1]}' doesn't exist on type '{m[2]}'", extensions, []


def _missing_argument(m: re.Match[str], path: list[str]) -> Shape:
    extensions = {"code": "missingRequiredArguments", "className": "Field"}
    extensions |= {"name": m[1], "arguments": m[2]}
    return f"Field '{m[1]}' is missing required arguments: {m[2]}", extensions, []


def _unknown_argument(m: re.Match[str], path: list[str]) -> Shape:
    extensions = {"code": "argumentNotAccepted", "name": m[3], "typeName": "Field"}
    extensions["argumentName"] = m[1]
    return f"Field '{m[3]}' doesn't accept argument '{m[1]}'", extensions, [m[1]]


def _unknown_directive(m: re.Match[str], path: list[str]) -> Shape:
    extensions = {"code": "undefinedDirective", "directiveName": m[1]}
    return f"Directive @{m[1]} is not defined", extensions, []


def _unused_variable(m: re.Match[str], path: list[str]) -> Shape:
    name = path[0].partition(" ")[2] if path else ""
    who = name or "anonymous " + (path[0] if path else "query")
    extensions = {"code": "variableNotUsed", "variableName": m[1]}
    return f"Variable ${m[1]} is declared by {who} but not used", extensions, []


def _undefined_variable(m: re.Match[str], path: list[str]) -> Shape:
    name = path[0].partition(" ")[2] if path else ""
    who = name or "anonymous " + (path[0] if path else "query")
    extensions = {"code": "variableNotDefined", "variableName": m[1]}
    return f"Variable ${m[1]} is used by {who} but not declared", extensions, []


def _required_attribute(m: re.Match[str], path: list[str]) -> Shape:
    extensions = {"code": "missingRequiredInputObjectAttribute", "argumentName": m[2]}
    extensions |= {"argumentType": m[3], "inputObjectType": m[1]}
    message = f"Argument '{m[2]}' on InputObject '{m[1]}' is required. Expected type {m[3]}"
    return message, extensions, [m[2]]


def _unknown_type(m: re.Match[str], path: list[str]) -> Shape:
    extensions = {"code": "undefinedType", "typeName": m[1]}
    return f"No such type {m[1]}, so it can't be a fragment condition", extensions, []


def _no_selection(m: re.Match[str], path: list[str]) -> Shape:
    extensions = {"code": "selectionMismatch", "nodeName": f"field '{m[1]}'", "typeName": m[2]}
    message = f"Field must have selections (field '{m[1]}' returns {m[2]} but has no selections. "
    return message + f"Did you mean '{m[1]} {{ ... }}'?)", extensions, []


def _variable_mismatch(m: re.Match[str], path: list[str]) -> Shape:
    extensions = {"code": "variableMismatch", "variableName": m[1], "typeName": m[2]}
    message = f"Type mismatch on variable ${m[1]} and argument ({m[2]} / {m[3]})"
    return message, extensions, []


SHAPES: list[tuple[re.Pattern[str], Maker]] = [
    (re.compile(r"Cannot query field '([^']+)' on type '([^']+)'"), _unknown_field),
    (re.compile(r"(?:Field|Argument) '([^']+)' argument '([^']+)' of type"), _missing_argument),
    (re.compile(r"Argument '[^']*?\.?([^'.]+)\((\w+):\)' of required type"), _missing_argument),
    (re.compile(r"Unknown argument '([^']+)' on field '(?:([^'.]+)\.)?([^']+)'"),
     _unknown_argument),
    (re.compile(r"Unknown directive '@([^']+)'"), _unknown_directive),
    (re.compile(r"Variable '\$([^']+)' is never used"), _unused_variable),
    (re.compile(r"Variable '\$([^']+)' is not defined"), _undefined_variable),
    (re.compile(r"Field '([^'.]+)\.([^']+)' of required type '([^']+)' was not provided"),
     _required_attribute),
    (re.compile(r"Unknown type '([^']+)'"), _unknown_type),
    (re.compile(r"Field '([^']+)' of type '([^']+)' must have a selection"), _no_selection),
    (re.compile(r"Variable '\$([^']+)' of type '([^']+)' used in position expecting type "
                r"'([^']+)'"), _variable_mismatch),
]  # fmt: skip


def shopify_error(tree: DocumentNode, error: GraphQLError) -> dict[str, Any]:
    """One error: message, location, the path of selections that leads to it, the code."""
    node = error.nodes[0] if error.nodes else None
    path = _path_to(tree, node)
    where = error.locations[0] if error.locations else None
    locations = [{"line": where.line, "column": where.column}] if where else []
    for pattern, make in SHAPES:
        if found := pattern.match(error.message):
            message, extensions, more = make(found, path)
            locations = _field_location(tree, node, extensions, locations)
            return {
                "message": message,
                "locations": locations,
                "path": path + more,
                "extensions": extensions,
            }
    return {"message": error.message, "locations": locations, "path": path}


def _field_location(
    tree: DocumentNode, node: Node | None, extensions: dict[str, Any], found: list[dict[str, int]]
) -> list[dict[str, int]]:
    """An unused variable is reported where its operation starts."""
    if extensions.get("code") != "variableNotUsed" or node is None or node.loc is None:
        return found
    for definition in tree.definitions:
        loc = definition.loc
        if loc and loc.start <= node.loc.start <= loc.end:
            token = loc.start_token
            return [{"line": token.line, "column": token.column}]
    return found


class _PathFinder(Visitor):
    def __init__(self, wanted: Node) -> None:
        super().__init__()
        self.wanted = wanted
        self.found: list[str] = []

    def enter(self, node: Node, *args: Any) -> None:
        if node is self.wanted:
            self.found = [step for a in (*args[3], node) if (step := _step(a))]


def _step(node: Any) -> str:
    if isinstance(node, OperationDefinitionNode):
        kind = node.operation.value
        return f"{kind} {node.name.value}" if node.name else kind
    if isinstance(node, FragmentDefinitionNode):
        return f"fragment {node.name.value}"
    if isinstance(node, InlineFragmentNode):
        return f"... on {node.type_condition.name.value}" if node.type_condition else "..."
    return (node.alias or node.name).value if isinstance(node, FieldNode) else ""


def _path_to(tree: DocumentNode, node: Node | None) -> list[str]:
    if node is None:
        return []
    finder = _PathFinder(node)
    visit(tree, finder)
    return finder.found
