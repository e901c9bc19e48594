"""Documents: parsed, validated against the official schema, compiled; kept by their text."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from graphql import (
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    parse,
    validate,
)

from docker.shopify.execute import Plan
from docker.shopify.validation import shopify_errors

KEPT = 2_000


@dataclass
class Document:
    """A valid document with one chosen operation, ready to run."""

    operation: OperationDefinitionNode
    fragments: dict[str, FragmentDefinitionNode]
    plan: Plan
    root: str


class Documents:
    """The documents of one API version."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self._kept: OrderedDict[tuple[str, str | None], Document | list[Any]] = OrderedDict()

    def get(self, text: str, operation: str | None) -> Document | list[dict[str, Any]]:
        """The compiled document, or the errors that Shopify would answer."""
        key = (text, operation)
        if key not in self._kept:
            self._kept[key] = self._compile(text, operation)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return self._kept[key]

    def _compile(self, text: str, name: str | None) -> Document | list[dict[str, Any]]:
        try:
            tree = parse(text)
        except GraphQLError as error:
            return [_syntax_error(error)]
        errors = validate(self.schema, tree, max_errors=20)
        if found := shopify_errors(self.schema, tree, errors):
            return found
        operations = [d for d in tree.definitions if isinstance(d, OperationDefinitionNode)]
        chosen = [o for o in operations if name is None or (o.name and o.name.value == name)]
        if not chosen:
            return [{"message": f'No operation named "{name}"'}]
        if len(chosen) > 1:
            return [{"message": "An operation name is required"}]
        fragments = {
            d.name.value: d for d in tree.definitions if isinstance(d, FragmentDefinitionNode)
        }
        return self._ready(chosen[0], fragments)

    def _ready(
        self, operation: OperationDefinitionNode, fragments: dict[str, FragmentDefinitionNode]
    ) -> Document | list[dict[str, Any]]:
        is_mutation = operation.operation is OperationType.MUTATION
        root = self.schema.mutation_type if is_mutation else self.schema.query_type
        if root is None:
            return [{"message": "Schema is not configured for this operation"}]
        plan = Plan(self.schema, fragments, [operation.selection_set], root)
        return Document(operation, fragments, plan, root.name)


def _syntax_error(error: GraphQLError) -> dict[str, Any]:
    where = error.locations[0] if error.locations else None
    line, column = (where.line, where.column) if where else (1, 1)
    message = error.message.removeprefix("Syntax Error: ")
    return {
        "message": f"syntax error, {message[:1].lower()}{message[1:]} at [{line}, {column}]",
        "locations": [{"line": line, "column": column}],
    }
