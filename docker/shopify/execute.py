"""Runs a validated document over plain dicts.

Documents are compiled once to a small plan (fields, sub-plans by runtime type) and run without
per-field machinery: a page of 250 orders is tens of thousands of fields. Values come from a
registered resolver, else from the object under the field's own name. A missing value is null, or
for a non-null field its type's natural empty value.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLSchema,
    GraphQLString,
    SelectionSetNode,
    Undefined,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
)

from docker.shopify import access, money
from docker.shopify.errors import ApiError, not_supported
from docker.shopify.idempotency import REQUIRED, REQUIRED_SINCE, run_once
from docker.shopify.inputs import Variables, literal
from docker.shopify.pages import Page, list_page
from docker.shopify.store import Store, gid_type

Resolver = Callable[["Context", Any, dict[str, Any]], Any]
RESOLVERS: dict[tuple[str, str], Resolver] = {}
EMPTY = {"String": "", "Int": 0, "Float": 0.0, "Boolean": False, "ID": "", "UnsignedInt64": "0"}
EMPTY |= {"Decimal": "0.0", "Money": "0.00", "URL": "", "HTML": "", "FormattedString": ""}
EMPTY |= {"DateTime": "1970-01-01T00:00:00Z", "JSON": None, "BigInt": "0", "Date": "1970-01-01"}


def resolves(kind: str, *names: str) -> Callable[[Resolver], Resolver]:
    """Registers a resolver of `kind`'s fields `names`."""

    def register(resolver: Resolver) -> Resolver:
        for name in names:
            RESOLVERS[kind, name] = resolver
        return resolver

    return register


@dataclass
class Context:
    """What one request's resolvers share."""

    store: Store
    variables: Variables
    service: Any = None
    errors: list[dict[str, Any]] = field(default_factory=list)
    search: list[dict[str, Any]] = field(default_factory=list)
    path: list[str] = field(default_factory=list)
    points: int = 0
    unlimited: bool = False


class PlanField:
    """One selected field of one parent type."""

    __slots__ = (
        "arguments", "empty", "is_list", "key", "kind", "leaf", "memo", "name", "needs_key", "node",
        "plan", "resolver", "shape", "skips",
    )  # fmt: skip

    def __init__(self, plan: "Plan", parent: str, node: FieldNode, definition: GraphQLField):
        self.node = node
        self.name = node.name.value
        self.key = (node.alias or node.name).value
        self.arguments = definition.args
        self.needs_key = REQUIRED in (definition.description or "")
        kind = get_named_type(definition.type)
        self.kind = kind.name
        self.leaf = is_leaf_type(kind)
        nullable = not isinstance(definition.type, GraphQLNonNull)
        inner = get_nullable_type(definition.type)
        self.is_list = isinstance(inner, GraphQLList)
        self.empty = None if nullable else _empty(kind, self.is_list)
        self.resolver = RESOLVERS.get((parent, self.name))
        if scope := access.scope_of(parent, self.name, kind.name):
            self.resolver = self._guarded(parent, scope, nullable)
        self.skips = [d for d in node.directives or () if d.name.value in ("skip", "include")]
        self.shape = {"MoneyBag": money.bag_json, "MoneyV2": money.money_json}.get(kind.name)
        self.memo: dict[str, Any] = {}
        self.plan = Plan(plan.schema, plan.fragments, [node.selection_set], kind)

    def _guarded(self, parent: str, scope: str, nullable: bool) -> Resolver | None:
        """A root field without a resolver stays one that is not offered."""
        if self.resolver is None and parent == "QueryRoot":
            return None
        return access.guarded(scope, self.name, nullable, self.resolver)

    def call_arguments(self, context: Context) -> dict[str, Any]:
        given = {a.name.value: a.value for a in self.node.arguments or ()}
        values: dict[str, Any] = {}
        for name, argument in self.arguments.items():
            node = given.get(name)
            missing = isinstance(node, VariableNode) and node.name.value not in context.variables
            if node is not None and not missing:
                values[name] = literal(node, context.variables)
            elif argument.default_value is not Undefined:
                values[name] = argument.default_value
        return values


class Plan:
    """A selection set, compiled for each runtime type that is met."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: dict[str, FragmentDefinitionNode],
        selections: list[SelectionSetNode | None],
        kind: GraphQLNamedType,
    ) -> None:
        self.schema = schema
        self.fragments = fragments
        self.selections = [s for s in selections if s is not None]
        self.kind = kind
        self.abstract = is_abstract_type(kind)
        self._compiled: dict[str, list[PlanField]] = {}

    def fields(self, runtime: str) -> list[PlanField]:
        compiled = self._compiled.get(runtime)
        if compiled is None:
            compiled = self._compiled[runtime] = self._compile(runtime)
        return compiled

    def _compile(self, runtime: str) -> list[PlanField]:
        parent: Any = self.schema.type_map[runtime]
        fields: dict[str, PlanField] = {}

        def collect(selection_set: SelectionSetNode, skips: list[Any]) -> None:
            for node in selection_set.selections:
                directives = [
                    *skips,
                    *(d for d in node.directives or () if d.name.value in ("skip", "include")),
                ]
                if isinstance(node, FieldNode):
                    self._add(fields, parent, node, directives)
                    continue
                fragment: Any = node
                if isinstance(node, FragmentSpreadNode):
                    fragment = self.fragments[node.name.value]
                condition, inside = fragment.type_condition, fragment.selection_set
                if condition is None or self._applies(condition.name.value, parent):
                    collect(inside, directives)

        for selection_set in self.selections:
            collect(selection_set, [])
        return list(fields.values())

    def _add(
        self, fields: dict[str, PlanField], parent: Any, node: FieldNode, skips: list[Any]
    ) -> None:
        key = (node.alias or node.name).value
        if key in fields:
            fields[key].plan.selections.extend(filter(None, [node.selection_set]))
            return
        if node.name.value == "__typename":
            definition = GraphQLField(GraphQLString)
        else:
            definition = parent.fields[node.name.value]
        fields[key] = PlanField(self, parent.name, node, definition)
        fields[key].skips = skips

    def _applies(self, condition: str, parent: Any) -> bool:
        if condition == parent.name:
            return True
        kind = self.schema.type_map[condition]
        return is_abstract_type(kind) and self.schema.is_sub_type(kind, parent)


def _empty(kind: GraphQLNamedType, is_list: bool) -> Any:
    if is_list:
        return []
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    if is_leaf_type(kind):
        return EMPTY.get(kind.name, "")
    return "0.0 XXX" if kind.name in ("MoneyBag", "MoneyV2") else {}


def run(plan: Plan, source: Any, context: Context, runtime: str) -> dict[str, Any]:
    """The selected fields of one object."""
    out: dict[str, Any] = {}
    for f in plan.fields(runtime):
        if f.skips and _skipped(f, context):
            continue
        if f.resolver is not None:
            value = f.resolver(context, source, f.call_arguments(context))
        elif f.name == "__typename":
            value = runtime
        else:
            value = source.get(f.name)
        if value is None:
            value = f.empty
        if value is None or f.leaf:
            out[f.key] = value
        else:
            out[f.key] = complete(f, value, context)
    return out


def complete(f: PlanField, value: Any, context: Context) -> Any:
    """A composite field's value with its selection applied."""
    if f.shape is not None and type(value) is str:
        found = f.memo.get(value)
        if found is None:
            found = f.memo[value] = run(f.plan, f.shape(value), context, f.kind)
            if len(f.memo) > 10_000:
                f.memo.clear()
        return found
    if f.kind.endswith("Connection"):
        if type(value) is not Page:
            value = list_page(value or [], f.call_arguments(context), context.unlimited)
        return connection(f, value, context)
    if f.is_list:
        return [_object(f, item, context) for item in value]
    return _object(f, value, context)


def _object(f: PlanField, value: Any, context: Context) -> Any:
    if type(value) is str:
        if f.shape is not None:
            return run(f.plan, f.shape(value), context, f.kind)
        gid = value
        value = context.store.get(gid)
        if value is None:
            return None if f.empty is None else run(f.plan, {"id": gid}, context, f.kind)
    if value is None:
        return None
    return run(f.plan, value, context, _runtime(f.plan, value))


def _runtime(plan: Plan, value: dict[str, Any]) -> str:
    if not plan.abstract:
        return plan.kind.name
    if not value:  # may not be null, and is not kept here
        abstract: Any = plan.kind
        return str(plan.schema.get_possible_types(abstract)[0].name)
    return value.get("__typename") or gid_type(value["id"])


def connection(f: PlanField, page: Page, context: Context) -> dict[str, Any]:
    """`edges`, `nodes` and `pageInfo` of a page."""
    out: dict[str, Any] = {}
    for part in f.plan.fields(f.kind):
        if part.skips and _skipped(part, context):
            continue
        if part.name == "edges":
            out[part.key] = [_edge(part, item, page, context) for item in page.items]
        elif part.name == "nodes":
            out[part.key] = [_object(part, item, context) for item in page.items]
        elif part.name == "pageInfo":
            out[part.key] = run(part.plan, _page_info(page), context, "PageInfo")
        elif part.name == "__typename":
            out[part.key] = f.kind
        else:
            out[part.key] = part.empty
    return out


def _edge(part: PlanField, item: Any, page: Page, context: Context) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for f in part.plan.fields(part.kind):
        if f.skips and _skipped(f, context):
            continue
        if f.name == "node":
            out[f.key] = _object(f, item, context)
        elif f.name == "cursor":
            out[f.key] = page.cursor(item)
        else:
            out[f.key] = part.kind if f.name == "__typename" else f.empty
    return out


def _page_info(page: Page) -> dict[str, Any]:
    items = page.items
    return {
        "hasNextPage": page.has_next,
        "hasPreviousPage": page.has_previous,
        "startCursor": page.cursor(items[0]) if items else None,
        "endCursor": page.cursor(items[-1]) if items else None,
    }


def _skipped(f: PlanField, context: Context) -> bool:
    for directive in f.skips:
        condition = literal((directive.arguments or ())[0].value, context.variables)
        if bool(condition) == (directive.name.value == "skip"):
            return True
    return False


def run_operation(plan: Plan, context: Context, root: str) -> dict[str, Any] | None:
    """`data` of a query or a mutation: an ApiError makes its root field null, or all of `data`
    where the schema does not allow null there."""
    data: dict[str, Any] | None = {}
    for f in plan.fields(root):
        if f.skips and _skipped(f, context):
            continue
        context.path = [f.key]
        try:
            value = root if f.name == "__typename" else _root_value(f, context, root)
        except ApiError as error:
            location = f.node.loc.start_token if f.node.loc else None
            where = [{"line": location.line, "column": location.column}] if location else []
            entry: dict[str, Any] = {"message": error.message, "locations": where}
            context.errors.append(entry | {"extensions": error.extensions, "path": [f.key]})
            if f.empty is not None:
                return None
            value = None
        if data is not None:
            data[f.key] = value
    return data


def _root_value(f: PlanField, context: Context, root: str) -> Any:
    if f.resolver is None:
        raise not_supported(root, f.name)
    resolve, arguments = f.resolver, f.call_arguments(context)
    if root == "Mutation":
        key = _idempotency_key(f, context)
        value = run_once(
            context.store,
            f.name,
            key,
            f.needs_key and context.service.version >= REQUIRED_SINCE,
            arguments,
            lambda: resolve(context, None, arguments),
        )
    else:
        value = resolve(context, None, arguments)
    if value is None:
        value = f.empty
    return value if value is None or f.leaf else complete(f, value, context)


def _idempotency_key(f: PlanField, context: Context) -> str | None:
    for directive in f.node.directives or ():
        if directive.name.value == "idempotent" and directive.arguments:
            key = literal(directive.arguments[0].value, context.variables)
            return None if key is None else str(key)
    return None
