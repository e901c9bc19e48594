"""Shopify's search syntax: `status:open updated_at:>='2026-09-01T00:00:00Z' -tag:vip (a OR b)`.

As recorded from real stores: a field that a resource does not search by is left out of the filter
and reported as a warning; an unquoted time stops at its first colon (`updated_at:<2000-01-01T00`
in the shop's time zone, the rest becomes a field of its own), so times have to be quoted.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from docker.shopify.errors import ApiError
from docker.shopify.store import Document

Predicate = Callable[[Document], bool]
TOKEN = re.compile(
    r"""\s*(?:(?P<paren>[()])|(?P<not>-(?=\S))|(?P<stray>:)
    |(?:(?P<field>[\w.]+):(?P<op><=|>=|<|>)?)?
     (?:"(?P<dq>(?:\\.|[^"\\])*)"|'(?P<sq>(?:\\.|[^'\\])*)'|(?P<bare>[^\s():"']+))?)""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Term:
    field: str | None
    op: str
    value: str
    quoted: bool


@dataclass(frozen=True)
class Group:
    """`and` / `or` of its items, or `not` of the only one."""

    kind: str
    items: tuple[Any, ...]


@dataclass(frozen=True)
class Filter:
    """How a resource is searched by one field: `values(document)` and how they are compared."""

    kind: str  # time, text, absent (none is equal), prefix, choice, number
    values: Callable[[Document], Any]
    choices: frozenset[str] | None = None


@dataclass
class Search:
    """A compiled query: the predicate, its bounds on time fields, what Shopify would warn of."""

    matches: Predicate | None
    bounds: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    exact: bool = False
    parsed: dict[str, Any] = field(default_factory=dict)
    warnings: list[dict[str, str]] = field(default_factory=list)


@lru_cache(maxsize=4096)
def parse(text: str) -> Group:
    """The query's tree; never fails, as Shopify's does not."""
    tokens = _tokens(text)
    group, _ = _parse_or(tokens, 0)
    return group


def _tokens(text: str) -> list[Term | str]:
    out: list[Term | str] = []
    position = 0
    while position < len(text.rstrip()):
        found = TOKEN.match(text, position)
        if found is None or found.end() == position:
            position += 1
            continue
        position = found.end()
        if found["paren"] or found["not"]:
            out.append(found["paren"] or "NOT")
        elif not found["stray"] and (found["field"] or found["dq"] or found["sq"] or found["bare"]):
            quoted = found["dq"] if found["dq"] is not None else found["sq"]
            value = found["bare"] or "" if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            if quoted is None and not found["field"] and value in ("AND", "OR", "NOT"):
                out.append(value)
            else:
                out.append(Term(found["field"], found["op"] or "", value, quoted is not None))
    return out


def _parse_or(tokens: list[Term | str], at: int) -> tuple[Group, int]:
    branches = []
    while True:
        branch, at = _parse_and(tokens, at)
        branches.append(branch)
        if at < len(tokens) and tokens[at] == "OR":
            at += 1
            continue
        return (Group("or", tuple(branches)) if len(branches) > 1 else branches[0]), at


def _parse_and(tokens: list[Term | str], at: int) -> tuple[Group, int]:
    items: list[Any] = []
    while at < len(tokens) and tokens[at] not in (")", "OR"):
        token = tokens[at]
        at += 1
        if token == "AND":
            continue
        negated = token == "NOT"
        if negated and at < len(tokens):
            token = tokens[at]
            at += 1
        item: Any = token
        if token == "(":
            item, at = _parse_or(tokens, at)
            at += 1
        items.append(Group("not", (item,)) if negated else item)
    return Group("and", tuple(items)), at


def compile_search(text: str, filters: dict[str, Filter], zone: ZoneInfo) -> Search:
    """The predicate of `text` on documents that `filters` describes."""
    tree = parse(text)
    search = Search(None)
    search.matches = _compile(tree, filters, zone, search)
    search.parsed = _parsed(tree, zone, filters)
    top = [i for i in tree.items if isinstance(i, Term)] if tree.kind == "and" else []
    usable = [t for t in top if t.field in filters]
    for term in usable:
        if filters[term.field or ""].kind == "time":
            low, high = _time_range(term, zone)
            known = search.bounds.get(term.field or "", (None, None))
            search.bounds[term.field or ""] = (
                max(filter(None, (low, known[0])), default=None),
                min(filter(None, (high, known[1])), default=None),
            )
    search.exact = (
        len(top) == len(tree.items)
        and len(usable) == len(top)
        and all(filters[t.field or ""].kind == "time" for t in usable)
        and len({t.field for t in usable}) == 1
    )
    return search


def _compile(
    node: Any, filters: dict[str, Filter], zone: ZoneInfo, search: Search
) -> Predicate | None:
    if isinstance(node, Term):
        return _compile_term(node, filters, zone, search)
    if isinstance(node, str):
        return None
    parts = [_compile(item, filters, zone, search) for item in node.items]
    kept = [part for part in parts if part is not None]
    if not kept:
        return None
    if node.kind == "not":
        inner = kept[0]
        return lambda document: not inner(document)
    if len(kept) == 1:
        return kept[0]
    combine = all if node.kind == "and" else any
    return lambda document: combine(part(document) for part in kept)


def _compile_term(
    term: Term, filters: dict[str, Filter], zone: ZoneInfo, search: Search
) -> Predicate | None:
    if term.field is None:
        default = filters.get("")
        return _text_test(term, default.values) if default else None
    known = filters.get(term.field)
    if known is None:
        message = "Invalid search field for this query."
        search.warnings.append({"field": term.field, "message": message, "code": "invalid_field"})
        return None
    if known.kind == "time":
        low, high = _time_range(term, zone)
        values = known.values

        def in_range(document: Document) -> bool:
            value = values(document)
            if value is None:
                return False
            return (low is None or value >= low) and (high is None or value < high)

        return in_range
    if known.choices is not None and term.value.lower() not in known.choices:
        message = f"Input `{term.value}` is not an accepted value."
        search.warnings.append({"field": term.field, "message": message, "code": "invalid_value"})
        return lambda document: False
    if known.kind == "number":
        return _number_test(term, known.values)
    if known.kind == "absent":
        has = _text_test(term, known.values)
        return lambda document: not has(document)
    return _text_test(term, known.values, prefix=known.kind == "prefix")


def _number_test(term: Term, values: Callable[[Document], Any]) -> Predicate:
    try:
        wanted = float(term.value)
    except ValueError:
        return lambda document: False
    tests: dict[str, Callable[[float], bool]] = {
        "": lambda v: v == wanted,
        "<": lambda v: v < wanted,
        "<=": lambda v: v <= wanted,
        ">": lambda v: v > wanted,
        ">=": lambda v: v >= wanted,
    }
    test = tests[term.op]
    return lambda document: (value := values(document)) is not None and test(float(value))


def _text_test(term: Term, values: Callable[[Document], Any], prefix: bool = False) -> Predicate:
    wanted = term.value.lower()
    if wanted == "*":
        return lambda document: bool(values(document))
    starts = wanted.endswith("*") and not term.quoted
    wanted = wanted.rstrip("*") if starts else wanted

    def test(document: Document) -> bool:
        value = values(document)
        for candidate in value if isinstance(value, list | tuple) else (value,):
            text = "" if candidate is None else str(candidate).lower()
            if text == wanted or ((starts or prefix) and text.startswith(wanted)):
                return True
            if starts and any(word.startswith(wanted) for word in text.split()):
                return True
        return False

    return test


def _time_range(term: Term, zone: ZoneInfo) -> tuple[str | None, str | None]:
    """[low, high) as stored text; a date or an hour stands for all of it."""
    start, end = _moment(term, zone)
    match term.op:
        case "<":
            return None, _stored(start)
        case "<=":
            return None, _stored(end)
        case ">":
            return _stored(end), None
        case ">=":
            return _stored(start), None
    return _stored(start), _stored(end)


def _moment(term: Term, zone: ZoneInfo) -> tuple[datetime, datetime]:
    text = term.value.strip()
    width = timedelta(days=1) if len(text) <= 10 else timedelta(seconds=1)
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d", text):
        width = timedelta(seconds=1)
        text += ":00"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        if text == "now":
            moment = datetime.now(UTC)
        else:
            message = f"Invalid timestamp for query filter `{term.field}`."
            raise ApiError(message, "BAD_REQUEST") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    if moment.microsecond and term.op in (">=", "<"):
        moment += timedelta(seconds=1)
    moment = moment.replace(microsecond=0)
    return moment, moment + width


def _stored(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _parsed(node: Any, zone: ZoneInfo, filters: dict[str, Filter]) -> dict[str, Any]:
    """The tree as Shopify shows it in `extensions.search`."""
    if isinstance(node, str):
        return {}
    if isinstance(node, Term):
        found: dict[str, Any] = {"field": node.field or "default"}
        known = filters.get(node.field or "")
        value = node.value
        if known is not None and known.kind == "time":
            value = _moment(node, zone)[0].astimezone(zone).isoformat()
        if node.op:
            found["range_lte" if node.op[0] == "<" else "range_gte"] = value
        else:
            found["match_phrase" if node.quoted else "match_all"] = value
        return found
    inner = [_parsed(item, zone, filters) for item in node.items]
    if node.kind == "not":
        return {"not": inner[0]}
    return inner[0] if len(inner) == 1 else {node.kind: inner}
