"""Small SQL expressions that the table descriptions share."""


def text(*paths: str) -> str:
    """The first of the paths that is there and not blank."""
    return _first([f"nullif(trim({path}), '')" for path in paths])


def identifier(*paths: str) -> str:
    """A source's own id as text: `gid://shopify/Order/1?x=y` and 1 are both '1'."""
    # Not a regular expression: an order has a dozen ids, and that was a third of typing it.
    return f"substring_index(substring_index({_first(list(paths))}, '?', 1), '/', -1)"


def money(*paths: str) -> str:
    return f"try_cast({_first(list(paths))} AS DECIMAL(18,2))"


def cents(path: str, currency: str, decimals: int = 2) -> str:
    """Stripe amounts are in the currency's smallest unit (docs: currencies#zero-decimal). UGX has
    no decimals any more, but is written with two (special cases); of three decimals the last is 0.
    """
    digits = (
        f"CASE WHEN upper({currency}) IN ('BIF','CLP','DJF','GNF','JPY','KMF','KRW','MGA','PYG',"
        f"'RWF','VND','VUV','XAF','XOF','XPF') THEN 1 "
        f"WHEN upper({currency}) IN ('BHD','JOD','KWD','OMR','TND') THEN 1000 ELSE 100 END"
    )
    return f"try_cast({path} / ({digits}) AS DECIMAL(18,{decimals}))"


def time(*paths: str) -> str:
    return f"try_cast({_first(list(paths))} AS TIMESTAMP)"


def bare_day(path: str) -> str:
    """The day of a text that has no time: people mean their own day, not midnight UTC."""
    return f"IF(length(trim({path})) <= 10, try_cast(trim({path}) AS DATE), NULL)"


def believable(time_sql: str) -> str:
    """Whether it is a time at which a shop can have done something. Days are filled from the first
    to the last: one record of the year 1 would make 700,000 of them."""
    return f"{time_sql} BETWEEN TIMESTAMP '1990-01-01' AND TIMESTAMP '2100-01-01'"


def below(limit: int, *numbers: str) -> str:
    """Whether the numbers, as far as they are there, are so small that their sums fit."""
    return " AND ".join(f"coalesce(abs({number}) < {limit}, true)" for number in numbers)


def epoch(path: str) -> str:
    """Stripe's times; NULL for one that is none (before 1970, after 2100), not an error."""
    return f"IF({path} BETWEEN 0 AND 4102444800, timestamp_seconds({path}), NULL)"


def whole(*paths: str) -> str:
    """Also of 5.0, as table programs write a whole number in a column with empty ones."""
    return f"CAST(try_cast({_first(list(paths))} AS DECIMAL(20,1)) AS BIGINT)"


def hashed(path: str) -> str:
    """An address that can be joined on and not read: SHA-256 of the lower-cased, trimmed text."""
    return f"sha2(nullif(lower(trim({path})), ''), 256)"


def nodes(connection: str, rest: str | None = None) -> str:
    """The items of a GraphQL connection (`nodes` or `edges.node`) or of a REST list."""
    found = [f"{connection}.nodes", f"transform({connection}.edges, e -> e.node)"]
    return _first(found + ([rest] if rest else []))


def _first(expressions: list[str]) -> str:
    return expressions[0] if len(expressions) == 1 else f"coalesce({', '.join(expressions)})"


def connection(item: str) -> str:
    return f"STRUCT<nodes: ARRAY<{item}>, edges: ARRAY<STRUCT<node: {item}>>>"


MONEY = "STRUCT<amount: STRING, currencyCode: STRING>"
GRAPHQL_BAG = f"STRUCT<shopMoney: {MONEY}, presentmentMoney: {MONEY}>"
REF = "STRUCT<id: STRING>"
BAG = (
    "STRUCT<shopMoney: STRUCT<amount: STRING, currencyCode: STRING>, "
    "shop_money: STRUCT<amount: STRING, currency_code: STRING>>"
)


PRESENTED = (
    "STRUCT<shopMoney: STRUCT<amount: STRING, currencyCode: STRING>, "
    "shop_money: STRUCT<amount: STRING, currency_code: STRING>, "
    "presentmentMoney: STRUCT<amount: STRING>, presentment_money: STRUCT<amount: STRING>>"
)


def bag(graphql: str, rest: str, plain: str | None = None) -> str:
    """Shop money of a MoneyBag: GraphQL shape, REST `_set` shape, REST plain amount."""
    paths = [f"{graphql}.shopMoney.amount", f"{rest}.shop_money.amount"]
    return money(*paths, *([plain] if plain else []))


def presented(graphql: str, rest: str) -> str:
    """Presentment money of a MoneyBag: what the buyer saw and paid."""
    return money(f"{graphql}.presentmentMoney.amount", f"{rest}.presentment_money.amount")


def amount(path: str) -> str:
    """Of a GraphQL MoneyV2."""
    return money(f"{path}.amount")


def items(array: str, fields: dict[str, str]) -> str:
    """A list of structs out of a list; `x` is its item, and no list is an empty one."""
    named = ", ".join(f"'{name}', {sql}" for name, sql in fields.items())
    return f"coalesce(transform({array}, x -> named_struct({named})), array())"


def found_in(text_sql: str, pattern: str) -> str:
    """The first match of the pattern's group in a text; NULL for none."""
    return f"nullif(regexp_extract({text_sql}, '{pattern}', 1), '')"
