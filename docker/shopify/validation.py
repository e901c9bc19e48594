"""graphql-core's validation errors in the shapes that Shopify answers."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    Node,
    ObjectFieldNode,
    OperationDefinitionNode,
    StringValueNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    print_ast,
    visit,
)

from docker.shopify.store import gid_type


class Place:
    """Where a node is: the nodes above it, and the type that its argument expects."""

    def __init__(self, above: Sequence[Any], node: Node, expected: Any) -> None:
        self.nodes = [n for n in (*above, node) if isinstance(n, Node)]
        self.expected = expected

    @property
    def path(self) -> list[str]:
        """Shopify's path: operation, fields and fragments."""
        return [step for n in self.nodes if (step := _step(n))]

    @property
    def input_path(self) -> list[str]:
        """The argument and the input fields below it."""
        inputs = [n for n in self.nodes if isinstance(n, ArgumentNode | ObjectFieldNode)]
        return [n.name.value for n in inputs]

    @property
    def operation(self) -> str:
        kind, _, name = self.path[0].partition(" ")
        return name or f"anonymous {kind}"

    def last(self, kind: type[Node]) -> Any:
        return next((n for n in reversed(self.nodes) if isinstance(n, kind)), None)


Shape = tuple[str, dict[str, Any], list[str], Node | None]
Maker = Callable[[re.Match[str], Place, GraphQLSchema], Shape]


def _unknown_field(m: re.Match[str], _: Place, __: GraphQLSchema) -> Shape:
    extensions = {"code": "undefinedField", "typeName": m[2], "fieldName": m[1]}
    return f"Field '{m[1]}' doesn't exist on type '{m[2]}'", extensions, [], None


def _missing_argument(m: re.Match[str], _: Place, __: GraphQLSchema) -> Shape:
    extensions = {"code": "missingRequiredArguments", "className": "Field"}
    extensions |= {"name": m[1], "arguments": m[2]}
    return f"Field '{m[1]}' is missing required arguments: {m[2]}", extensions, [], None


def _unknown_argument(m: re.Match[str], _: Place, __: GraphQLSchema) -> Shape:
    extensions = {"code": "argumentNotAccepted", "name": m[2], "typeName": "Field"}
    extensions["argumentName"] = m[1]
    return f"Field '{m[2]}' doesn't accept argument '{m[1]}'", extensions, [m[1]], None


def _unknown_directive(m: re.Match[str], _: Place, __: GraphQLSchema) -> Shape:
    extensions = {"code": "undefinedDirective", "directiveName": m[1]}
    return f"Directive @{m[1]} is not defined", extensions, [], None


def _unused_variable(m: re.Match[str], place: Place, _: GraphQLSchema) -> Shape:
    message = f"Variable ${m[1]} is declared by {place.operation} but not used"
    extensions = {"code": "variableNotUsed", "variableName": m[1]}
    return message, extensions, [], place.last(OperationDefinitionNode)


def _undefined_variable(m: re.Match[str], place: Place, _: GraphQLSchema) -> Shape:
    message = f"Variable ${m[1]} is used by {place.operation} but not declared"
    return message, {"code": "variableNotDefined", "variableName": m[1]}, [], None


def _required_attribute(m: re.Match[str], place: Place, schema: GraphQLSchema) -> Shape:
    kind: Any = schema.type_map[m[1]]
    expected = str(kind.fields[m[2]].type)
    extensions = {"code": "missingRequiredInputObjectAttribute", "argumentName": m[2]}
    extensions |= {"argumentType": expected, "inputObjectType": m[1]}
    message = f"Argument '{m[2]}' on InputObject '{m[1]}' is required. Expected type {expected}"
    return message, extensions, [*place.input_path, m[2]], None


def _unknown_attribute(m: re.Match[str], place: Place, _: GraphQLSchema) -> Shape:
    extensions = {"code": "argumentNotAccepted", "name": m[2], "typeName": "InputObject"}
    extensions["argumentName"] = m[1]
    message = f"InputObject '{m[2]}' doesn't accept argument '{m[1]}'"
    return message, extensions, place.input_path, None


def _unknown_type(m: re.Match[str], _: Place, __: GraphQLSchema) -> Shape:
    extensions = {"code": "undefinedType", "typeName": m[1]}
    return f"No such type {m[1]}, so it can't be a fragment condition", extensions, [], None


def _no_selection(m: re.Match[str], _: Place, __: GraphQLSchema) -> Shape:
    extensions = {"code": "selectionMismatch", "nodeName": f"field '{m[1]}'", "typeName": m[2]}
    message = f"Field must have selections (field '{m[1]}' returns {m[2]} but has no selections. "
    return message + f"Did you mean '{m[1]} {{ ... }}'?)", extensions, [], None


def _variable_mismatch(m: re.Match[str], _: Place, __: GraphQLSchema) -> Shape:
    extensions = {"code": "variableMismatch", "variableName": m[1], "typeName": m[2]}
    return f"Type mismatch on variable ${m[1]} and argument ({m[2]} / {m[3]})", extensions, [], None


SHAPES: list[tuple[re.Pattern[str], Maker]] = [
    (re.compile(p), make)
    for p, make in (
        (r"Cannot query field '([^']+)' on type '([^']+)'", _unknown_field),
        (r"Argument '\w+\.(\w+)\((\w+):\)' of type", _missing_argument),
        (r"Unknown argument '([^']+)' on field '(?:[^'.]+\.)?([^']+)'", _unknown_argument),
        (r"Unknown directive '@([^']+)'", _unknown_directive),
        (r"Variable '\$([^']+)' is never used", _unused_variable),
        (r"Variable '\$([^']+)' is not defined", _undefined_variable),
        (r"Expected value of type '(\w+)' to include required field '(\w+)'", _required_attribute),
        (r"Expected value of type '(\w+)!?' not to include unknown field '(\w+)'",
         lambda m, place, schema: _unknown_attribute(
             re.match(r"(\w+) (\w+)", f"{m[2]} {m[1]}") or m, place, schema)),
        (r"Unknown type '([^']+)'", _unknown_type),
        (r"Field '([^']+)' of type '([^']+)' must have a selection", _no_selection),
        (r"Variable '\$([^']+)' of type '([^']+)' used in position expecting type '([^']+)'",
         _variable_mismatch),
    )
]  # fmt: skip


def shopify_errors(
    schema: GraphQLSchema, tree: DocumentNode, errors: Sequence[GraphQLError]
) -> list[dict[str, Any]]:
    """Every error as Shopify words it, with the literals that are no global id."""
    found = [_translated(schema, tree, error) for error in errors]
    return found or _bad_ids(schema, tree)


def _translated(schema: GraphQLSchema, tree: DocumentNode, error: GraphQLError) -> dict[str, Any]:
    node = error.nodes[0] if error.nodes else None
    place = _place_of(schema, tree, node)
    where = error.locations[0] if error.locations else None
    locations = [{"line": where.line, "column": where.column}] if where else []
    if place is None:
        return {"message": error.message, "locations": locations}
    for pattern, make in SHAPES:
        if match := pattern.match(error.message):
            message, extensions, more, at = make(match, place, schema)
            return _error(message, _location(at) or locations, place.path + more, extensions)
    if argument := place.last(ArgumentNode):
        return _bad_literal(place, argument)
    return _error(error.message, locations, place.path, {})


def _bad_literal(place: Place, argument: ArgumentNode) -> dict[str, Any]:
    name, field = argument.name.value, place.last(FieldNode)
    message = (
        f"Argument '{name}' on Field '{field.name.value}' has an invalid value "
        f"({print_ast(argument.value)}). Expected type '{place.expected}'."
    )
    extensions = {"code": "argumentLiteralsIncompatible", "typeName": "Field"}
    extensions["argumentName"] = name
    return _error(message, _location(field), [*place.path, name], extensions)


def _error(
    message: str, locations: list[dict[str, int]], path: list[str], extensions: dict[str, Any]
) -> dict[str, Any]:
    error = {"message": message, "locations": locations, "path": path}
    return error | ({"extensions": extensions} if extensions else {})


def _location(node: Node | None) -> list[dict[str, int]]:
    if node is None or node.loc is None:
        return []
    return [{"line": node.loc.start_token.line, "column": node.loc.start_token.column}]


def _step(node: Node) -> str:
    if isinstance(node, OperationDefinitionNode):
        kind = node.operation.value
        return f"{kind} {node.name.value}" if node.name else kind
    if isinstance(node, FragmentDefinitionNode):
        return f"fragment {node.name.value}"
    if isinstance(node, InlineFragmentNode):
        return f"... on {node.type_condition.name.value}" if node.type_condition else "..."
    return (node.alias or node.name).value if isinstance(node, FieldNode) else ""


def _place_of(schema: GraphQLSchema, tree: DocumentNode, wanted: Node | None) -> Place | None:
    found: list[Place] = []
    info = TypeInfo(schema)

    class Finder(Visitor):
        def enter(self, node: Node, *args: Any) -> None:
            if node is wanted:
                argument = info.get_argument()
                found.append(Place((*args[3], args[1]), node, argument.type if argument else None))

    visit(tree, TypeInfoVisitor(info, Finder()))
    return found[0] if found else None


def _bad_ids(schema: GraphQLSchema, tree: DocumentNode) -> list[dict[str, Any]]:
    """Inline ids that are no `gid://`: graphql-core takes any string for an ID."""
    errors: list[dict[str, Any]] = []
    info = TypeInfo(schema)

    class Finder(Visitor):
        def enter(self, node: Node, *args: Any) -> None:
            kind = info.get_input_type()
            is_id = kind is not None and get_named_type(kind).name == "ID"
            if isinstance(node, StringValueNode) and is_id and not gid_type(node.value):
                place = Place((*args[3], args[1]), node, None)
                extensions = {"code": "argumentLiteralsIncompatible", "typeName": "CoercionError"}
                message = f"Invalid global id '{node.value}'"
                path = place.path + place.input_path
                errors.append(_error(message, _location(place.last(FieldNode)), path, extensions))

    visit(tree, TypeInfoVisitor(info, Finder()))
    return errors
