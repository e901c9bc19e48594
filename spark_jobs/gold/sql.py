"""SQL that several marts share."""

# Of an order, as one code however it was typed.
CODES = "transform(discount_codes, c -> upper(trim(c)))"


def different(item: str) -> str:
    """How many different values a group has, NULL being none. Spark reads each row once more for
    every count(DISTINCT) beyond the first, and sorts what is collected beside one."""
    return f"CAST(size(collect_set({item})) AS BIGINT)"


def different_in(items: str) -> str:
    """The same of a group's lists."""
    return f"size(array_compact(array_distinct(flatten(collect_list({items})))))"
