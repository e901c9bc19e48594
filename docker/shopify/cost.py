"""Query cost: the logarithmic rule, fitted on half of the recorded query/cost pairs.

A connection costs `2 + floor(2 ln n)` (at least 1) times one node; objects cost 1, scalars,
money and user errors nothing, a mutation 10 with its payload's own fields free. What differs from
that is in the tables below. `tests/real/test_shopify_costs.py` prints the share of recorded costs
that the rule gives exactly.
"""

import math
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    SelectionSetNode,
    get_named_type,
    is_leaf_type,
)

from docker.shopify.documents import Document
from docker.shopify.inputs import Variables, literal

CONNECTION = 2
MUTATIONS = {
    "fileCreate": 20,
    "refundCreate": 20,
    "storeCreditAccountCredit": 15,
    "storeCreditAccountDebit": 15,
}
TYPES = {
    "FulfillmentOriginAddress": 0,
    "LocationAddress": 0,
    "MoneyBag": 0,
    "MoneyV2": 0,
    "PageInfo": 0,
    "PaymentTerms": 0,
    "ShopAddress": 0,
}
COUNT, CHEAP_COUNT = 10, 1
CHEAP_COUNTS = frozenset({"Company", "CompanyLocation", "Product", "SellingPlanGroup"})
FIELDS = {
    ("Collection", "productsCount"): 0,
    ("Customer", "defaultAddress"): 0,
    ("Location", "deletable"): 1,
    ("QueryRoot", "productsCount"): 0,
}
Selected = list[tuple[FieldNode, Any]]


def factor(size: int) -> int:
    """How many times a node is charged for a page of `size`."""
    return max(1, math.floor(2 * math.log(size))) if size > 0 else 0


def requested_cost(document: Document, variables: Variables) -> int:
    """The cost before running, from page sizes alone."""
    return _Costs(document, variables).operation(None)


def actual_cost(document: Document, variables: Variables, data: Any, requested: int) -> int:
    """The cost of what was answered: a null object costs itself alone, a page what it holds (by
    its first node). An approximation, never above `requested`: four in five recordings agree."""
    return min(requested, _Costs(document, variables).operation(data))


NOTHING = object()


class _Costs:
    def __init__(self, document: Document, variables: Variables) -> None:
        self.document = document
        self.schema: GraphQLSchema = document.plan.schema
        self.fragments: dict[str, FragmentDefinitionNode] = document.fragments
        self.variables = variables

    def operation(self, data: Any) -> int:
        """`data` None: nothing was run yet."""
        root: Any = self.schema.type_map[self.document.root]
        selected = self._selected([self.document.operation.selection_set], root)
        if self.document.root != "Mutation":
            cost = sum(self._field(fields, self._value(data, key)) for key, fields in selected)
            return max(1, cost)
        total = 0
        for key, fields in selected:
            node = fields[0][0]
            payload = get_named_type(root.fields[node.name.value].type)
            total += MUTATIONS.get(node.name.value, 10)
            inside = [f.selection_set for f, _ in fields]
            total += self._selection(inside, payload, self._value(data, key))
        return max(1, total)

    def _value(self, data: Any, key: tuple[str, str]) -> Any:
        if data is None:
            return NOTHING
        return data.get(key[1]) if isinstance(data, dict) else None

    def _selected(
        self, selections: list[SelectionSetNode | None], parent: Any
    ) -> list[tuple[tuple[str, str], Selected]]:
        """The selected fields by (type, response key), fragments unfolded."""
        groups: dict[tuple[str, str], Selected] = {}

        def collect(selection_set: SelectionSetNode, kind: Any) -> None:
            for node in selection_set.selections:
                if self._skipped(node):
                    continue
                if isinstance(node, FieldNode):
                    key = (kind.name, (node.alias or node.name).value)
                    groups.setdefault(key, []).append((node, kind))
                    continue
                inside: Any = node
                if isinstance(node, FragmentSpreadNode):
                    inside = self.fragments[node.name.value]
                condition = inside.type_condition
                target = self.schema.type_map[condition.name.value] if condition else kind
                collect(inside.selection_set, target)

        for selection_set in selections:
            if selection_set is not None:
                collect(selection_set, parent)
        return list(groups.items())

    def _skipped(self, node: Any) -> bool:
        for directive in node.directives or ():
            if directive.name.value in ("skip", "include"):
                condition = literal(directive.arguments[0].value, self.variables)
                if bool(condition) == (directive.name.value == "skip"):
                    return True
        return False

    def _selection(self, selections: list[Any], kind: Any, data: Any) -> int:
        """A type's own fields, and the dearest of the fragments on other types."""
        own = 0
        others: dict[str, int] = {}
        for key, fields in self._selected(selections, kind):
            value = data if data is NOTHING else self._value(data or {}, key)
            cost = self._field(fields, value)
            if key[0] == kind.name:
                own += cost
            else:
                others[key[0]] = others.get(key[0], 0) + cost
        return own + max(others.values(), default=0)

    def _field(self, fields: Selected, value: Any) -> int:
        node, parent = fields[0]
        if node.name.value.startswith("__"):
            return {"__type": 2, "__schema": 1}.get(node.name.value, 0)
        kind = get_named_type(parent.fields[node.name.value].type)
        if is_leaf_type(kind):
            return FIELDS.get((parent.name, node.name.value), 0)
        if kind.name.endswith("Error"):
            return 0
        if value is None and kind.name.endswith("Connection"):
            return CONNECTION
        if value is None or value == []:
            return self._own(parent, node.name.value, kind.name)
        inside = [f.selection_set for f, _ in fields]
        if kind.name.endswith("Connection"):
            return self._connection(node, kind, inside, value)
        own = self._own(parent, node.name.value, kind.name)
        if value is not NOTHING:
            value = value[0] if isinstance(value, list) else value
        return own + self._selection(inside, kind, value)

    def _own(self, parent: Any, name: str, kind: str) -> int:
        if (parent.name, name) in FIELDS:
            return FIELDS[parent.name, name]
        if kind == "Count":
            return CHEAP_COUNT if parent.name in CHEAP_COUNTS else COUNT
        if parent.name.endswith("Payload") or kind.endswith("Edge"):
            return 0
        return TYPES.get(kind, 1)

    def _connection(self, node: FieldNode, kind: Any, inside: list[Any], value: Any) -> int:
        given = {a.name.value: literal(a.value, self.variables) for a in node.arguments or ()}
        size = given.get("first")
        size = given.get("last") if size is None else size
        if size is None:
            return CONNECTION
        if value is not NOTHING:
            held = max((len(v) for v in value.values() if isinstance(v, list)), default=0)
            if not held:
                return CONNECTION + factor(int(size))
            size = held
        return CONNECTION + factor(int(size)) * self._selection(inside, kind, value)
