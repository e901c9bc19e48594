"""Stripe's search language over the fields that Stripe lets search: `email:'a@b.c' AND ...`."""

import re
from typing import Any

import orjson

from docker.stripe.call import Call
from docker.stripe.errors import StripeError, invalid_request
from docker.stripe.lists import limit_of

FIELDS = {
    "charge": [
        "amount",
        "created",
        "currency",
        "customer",
        "disputed",
        "payment_intent",
        "refunded",
        "status",
    ],
    "customer": ["created", "email", "name", "phone"],
    "payment_intent": ["amount", "created", "currency", "customer", "status"],
    "price": ["active", "created", "currency", "lookup_key", "product", "type"],
    "product": ["active", "created", "description", "name", "shippable", "url"],
}
CLAUSE = re.compile(
    r"""\s*(?P<no>-)?(?P<field>[a-z_]+)(?:\[(?P<q>["'])(?P<key>.*?)(?P=q)\])?
        (?P<op>:|~|>=|<=|>|<|=)(?P<value>"[^"]*"|'[^']*'|[^\s"']+)""",
    re.VERBOSE,
)
JOINT = re.compile(r"\s+(AND|OR)(?=\s)|\s+(?=\S)", re.IGNORECASE)


def page(call: Call, kind: str) -> bytes:
    """A `search_result`, newest first; `page` takes the `next_page` of the answer before."""
    where, values = parse(kind, call.params["query"])
    limit = limit_of(call)
    offset = _offset(call.params.get("page", ""))
    tail = f"ORDER BY created DESC, seq DESC LIMIT {limit + 1} OFFSET {offset}"
    alive = f"({where}) AND json_extract(body, '$.deleted') IS NULL"
    found = call.store.bodies(kind, alive, values, tail)
    more = len(found) > limit
    result = {
        "object": "search_result",
        "data": [orjson.Fragment(row) for row in found[:limit]],
        "has_more": more,
        "next_page": f"page_{offset + limit}" if more else None,
        "url": call.path,
    }
    return orjson.dumps(result)


def parse(kind: str, query: str) -> tuple[str, list[Any]]:
    """SQL and its values for a search query; raises Stripe's 400 for what it cannot read."""
    clauses: list[str] = []
    values: list[Any] = []
    joints: set[str] = set()
    position = 0
    while position < len(query.rstrip()):
        if clauses:
            joint = JOINT.match(query, position)
            if not joint:
                raise _unreadable()
            joints.add((joint[1] or "AND").upper())
            position = joint.end()
        clause = CLAUSE.match(query, position)
        if not clause:
            raise _unreadable()
        sql, given = _clause(kind, clause)
        clauses.append(sql)
        values += given
        position = clause.end()
    if not clauses or len(joints) > 1:
        raise _unreadable()
    return f" {joints.pop() if joints else 'AND'} ".join(clauses), values


def _clause(kind: str, clause: re.Match[str]) -> tuple[str, list[Any]]:
    field, key, operator = clause["field"], clause["key"], clause["op"]
    allowed = FIELDS[kind] if key is None else ["metadata"]
    if field not in allowed:
        raise invalid_request(f"Field `{field}` is an unsupported search field.", param="query")
    text = clause["value"]
    value: Any = text[1:-1] if text[0] in "\"'" else text
    path = f"$.{field}" if key is None else '$.metadata."' + key.replace('"', "") + '"'
    column = "created" if field == "created" else "json_extract(body, ?)"
    given = [] if field == "created" else [path]
    if value == "null" and text[0] not in "\"'":
        sql = f"{column} IS NULL"
    elif operator == "~":
        if len(value) < 3:
            raise invalid_request("Substring search needs at least 3 characters.", param="query")
        sql, given = f"instr(lower({column}), lower(?)) > 0", [*given, value]
    elif field == "email" and operator == ":":
        # Written as the index on it is, so that the look-up by e-mail stays fast.
        sql, given = "lower(json_extract(body, '$.email')) = lower(?)", [value]
    elif operator == ":":
        sql, given = f"lower(CAST({column} AS TEXT)) = lower(?)", [*given, _boolean(value)]
    else:
        sql, given = f"CAST({column} AS REAL) {operator} CAST(? AS REAL)", [*given, value]
    return (f"NOT coalesce({sql}, 0)" if clause["no"] else f"({sql})"), given


def _boolean(value: str) -> str:
    return {"true": "1", "false": "0"}.get(value, value)


def _offset(page_token: str) -> int:
    if not page_token:
        return 0
    number = page_token.removeprefix("page_")
    if not number.isdigit():
        raise invalid_request(f"Invalid page: {page_token}", param="page")
    return int(number)


def _unreadable() -> StripeError:
    message = (
        'We were unable to parse your search query. Try using the format `metadata["key"]:"value"` '
        'to query for metadata or key:"value" to query for other fields.'
    )
    return invalid_request(message, param="query")
