"""Arguments and variables: coercion of values and literals to a schema's input types."""

import re
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    TypeNode,
    Undefined,
    type_from_ast,
)
from graphql.language import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
    VariableNode,
    print_ast,
)

from docker.shopify.store import gid_type

Problem = dict[str, Any]
Variables = dict[str, Any]
NUMBER = re.compile(r"^-?\d+(\.\d+)?([eE][+-]?\d+)?$")
MOMENT = re.compile(r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?\s?(Z|[+-]\d\d:?\d\d)?$")


def coerce_variables(
    schema: GraphQLSchema, operation: OperationDefinitionNode, given: dict[str, Any]
) -> tuple[Variables, list[dict[str, Any]]]:
    """The variables of a request, and Shopify's INVALID_VARIABLE errors."""
    values: Variables = {}
    errors: list[dict[str, Any]] = []
    for definition in operation.variable_definitions or ():
        name = definition.variable.name.value
        kind: Any = type_from_ast(schema, definition.type)
        if name not in given and definition.default_value is not None:
            values[name] = literal(definition.default_value, {})
            continue
        if name not in given and not isinstance(kind, GraphQLNonNull):
            continue
        problems: list[Problem] = []
        values[name] = coerce(given.get(name), kind, [], problems)
        if problems:
            errors.append(_invalid_variable(definition.type, name, given.get(name), problems))
            if definition.loc:
                start = definition.loc.start_token
                errors[-1]["locations"] = [{"line": start.line, "column": start.column}]
    return values, errors


def _invalid_variable(
    kind: TypeNode, name: str, value: Any, problems: list[Problem]
) -> dict[str, Any]:
    detail = ", ".join(
        f"{'.'.join(str(p) for p in problem['path'])} ({problem['explanation']})"
        for problem in problems
        if problem["path"]
    )
    message = f"Variable ${name} of type {print_ast(kind)} was provided invalid value"
    return {
        "message": f"{message} for {detail}" if detail else message,
        "locations": [],
        "extensions": {"code": "INVALID_VARIABLE", "value": value, "problems": problems},
    }


def coerce(value: Any, kind: GraphQLInputType, path: list[Any], problems: list[Problem]) -> Any:
    """`value` as `kind`; what is wrong with it is added to `problems`."""
    if isinstance(kind, GraphQLNonNull):
        if value is None:
            problems.append({"path": path, "explanation": "Expected value to not be null"})
            return None
        return coerce(value, kind.of_type, path, problems)
    if value is None:
        return None
    if isinstance(kind, GraphQLList):
        items = value if isinstance(value, list) else [value]
        return [coerce(v, kind.of_type, [*path, i], problems) for i, v in enumerate(items)]
    if isinstance(kind, GraphQLInputObjectType):
        return _coerce_object(value, kind, path, problems)
    if isinstance(kind, GraphQLEnumType):
        if value not in kind.values:
            options = ", ".join(kind.values)
            explanation = f'Expected "{value}" to be one of: {options}'
            problems.append({"path": path, "explanation": explanation})
        return value
    return _coerce_scalar(value, kind.name, path, problems)


def _coerce_object(
    value: Any, kind: GraphQLInputObjectType, path: list[Any], problems: list[Problem]
) -> Any:
    if not isinstance(value, dict):
        explanation = f'Expected "{value}" to be a key-value object.'
        problems.append({"path": path, "explanation": explanation})
        return None
    for name in value:
        if name not in kind.fields:
            explanation = f"Field is not defined on {kind.name}"
            problems.append({"path": [*path, name], "explanation": explanation})
    out = {}
    for name, field in kind.fields.items():
        if name in value or isinstance(field.type, GraphQLNonNull):
            default = field.default_value
            if name not in value and default is not Undefined:
                out[name] = default
            else:
                out[name] = coerce(value.get(name), field.type, [*path, name], problems)
    return out


def _coerce_scalar(value: Any, name: str, path: list[Any], problems: list[Problem]) -> Any:
    def problem(explanation: str) -> None:
        problems.append({"path": path, "explanation": explanation, "message": explanation})

    if name == "ID":
        if not isinstance(value, str | int) or not gid_type(str(value)):
            problem(f"Invalid global id '{value}'")
        return str(value)
    if name == "Int":
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole or not -(2**31) <= value < 2**31:
            explanation = f"Could not coerce value {_shown(value)} to Int"
            problems.append({"path": path, "explanation": explanation})
    elif name == "Boolean" and not isinstance(value, bool):
        explanation = f"Could not coerce value {_shown(value)} to Boolean"
        problems.append({"path": path, "explanation": explanation})
    elif name == "String" and not isinstance(value, str):
        explanation = f"Could not coerce value {_shown(value)} to String"
        problems.append({"path": path, "explanation": explanation})
    elif name in ("Decimal", "Money") and not NUMBER.match(str(value)):
        problem(f"invalid decimal '{value}'")
    elif name == "DateTime" and not (isinstance(value, str) and MOMENT.match(value)):
        problem(f"invalid DateTime '{value}'")
    return value


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def literal(node: ValueNode | None, variables: Variables) -> Any:
    """The Python value of a literal in a document; a missing variable is None."""
    match node:
        case None | NullValueNode():
            return None
        case VariableNode():
            return variables.get(node.name.value)
        case IntValueNode():
            return int(node.value)
        case FloatValueNode():
            return float(node.value)
        case BooleanValueNode():
            return node.value
        case ListValueNode():
            return [literal(v, variables) for v in node.values]
        case ObjectValueNode():
            return {
                f.name.value: literal(f.value, variables)
                for f in node.fields
                if not (isinstance(f.value, VariableNode) and f.value.name.value not in variables)
            }
        case StringValueNode() | EnumValueNode():
            return node.value
    raise TypeError(f"{type(node).__name__} is no literal")
