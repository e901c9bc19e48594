"""List pages: newest first, cursors by object id, `created` ranges, filters."""

from typing import Any

from docker.stripe.call import Call
from docker.stripe.errors import invalid_request, resource_missing
from docker.stripe.store import Body, Store, column

COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
CONTROLS = {"limit", "starting_after", "ending_before", "expand"}
EMBEDDED = 10

Condition = tuple[str, list[Any]]


def page(call: Call, kind: str, *extra: Condition, url: str | None = None) -> bytes:
    """The rendered list object; each filter parameter narrows the range by its own index."""
    conditions = [_condition(kind, name, value) for name, value in _filters(call)]
    conditions += [*extra, *_cursor(call, kind)]
    where = " AND ".join(f"({sql})" for sql, _ in conditions) or "1"
    values = [value for _, given in conditions for value in given]
    limit = limit_of(call)
    backwards = "ending_before" in call.params
    direction = "ASC" if backwards else "DESC"
    tail = f"ORDER BY created {direction}, seq {direction} LIMIT {limit + 1}"
    found = call.store.bodies(kind, where, values, tail)
    rows = found[:limit][::-1] if backwards else found[:limit]
    return render(rows, len(found) > limit, url or call.path)


def render(rows: list[bytes], has_more: bool, url: str) -> bytes:
    more = b"true" if has_more else b"false"
    data = b",".join(rows)
    return b'{"object":"list","data":[%b],"has_more":%b,"url":"%b"}' % (data, more, url.encode())


def embedded(store: Store, kind: str, field: str, value: str, url: str) -> Body:
    """The list inside another object: its first ten, and where the rest is."""
    found = store.select(kind, f"{column(kind, field)} = ?", value)
    data = found[:EMBEDDED]
    return {"object": "list", "data": data, "has_more": len(found) > EMBEDDED, "url": url}


def limit_of(call: Call) -> int:
    """1 to 100, 10 unless given; outside of that Stripe's error."""
    limit: int = call.params.get("limit", 10)
    if limit < 1:
        raise _bad_limit("This value must be greater than or equal to 1.")
    if limit > 100:
        raise _bad_limit(
            f"This value must be less than or equal to 100 (it currently is '{limit}')."
        )
    return limit


def _bad_limit(message: str) -> Exception:
    return invalid_request(message, param="limit", code="parameter_invalid_integer")


def _filters(call: Call) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in call.params.items() if name not in CONTROLS]


def _condition(kind: str, name: str, value: Any) -> Condition:
    expression = "created" if name == "created" else column(kind, name)
    if isinstance(value, dict):
        # Names come from the parameter table: a comparison, or a field below (`recurring`).
        parts = [
            f"{expression} {COMPARISONS[word]} ?"
            if word in COMPARISONS
            else f"{column(kind, f'{name}.{word}')} = ?"
            for word in value
        ]
        return " AND ".join(parts) or "1", list(value.values())
    if isinstance(value, list):
        return f"{expression} IN ({', '.join('?' * len(value))})", value
    return f"{expression} = ?", [value]


def _cursor(call: Call, kind: str) -> list[Condition]:
    given = [name for name in ("starting_after", "ending_before") if name in call.params]
    if len(given) == 2:
        message = "You cannot parameterize a list by both `starting_after` and `ending_before`."
        raise invalid_request(message, param="ending_before")
    if not given:
        return []
    id_ = call.params[given[0]]
    position = call.store.position(kind, id_)
    if position is None:
        raise resource_missing(kind, id_, given[0])
    sign = "<" if given[0] == "starting_after" else ">"
    return [(f"(created, seq) {sign} (?, ?)", list(position))]
