import pytest

from docker.stripe.errors import StripeError
from docker.stripe.forms import decode


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", {}),
        ("a=1&b=", {"a": "1", "b": ""}),
        ("metadata[order]=7&metadata[note]=a%26b", {"metadata": {"order": "7", "note": "a&b"}}),
        ("expand[]=x&expand[]=y", {"expand": ["x", "y"]}),
        ("expand[0]=x&expand[1]=y", {"expand": ["x", "y"]}),
        ("types[]=a*", {"types": ["a*"]}),
        (
            "items[0][price]=p&items[0][n]=2&items[1][n]=3",
            {"items": [{"price": "p", "n": "2"}, {"n": "3"}]},
        ),
        ("items[][a]=1&items[][b]=2&items[][a]=3", {"items": [{"a": "1", "b": "2"}, {"a": "3"}]}),
        ("created[gte]=5&created[lt]=9", {"created": {"gte": "5", "lt": "9"}}),
        ("shipping[address][line1]=%C3%89", {"shipping": {"address": {"line1": "É"}}}),
    ],
)
def test_brackets_become_objects_and_lists(text: str, tree: dict) -> None:
    assert decode(text) == tree


@pytest.mark.parametrize("text", ["a[b=1", "[a]=1", "a]b[=1", "a[b]c=1"])
def test_brackets_that_do_not_close_are_named(text: str) -> None:
    with pytest.raises(StripeError, match="Invalid parameter name"):
        decode(text)


def test_a_name_is_a_value_or_an_object() -> None:
    with pytest.raises(StripeError, match="both a value and an object"):
        decode("a=1&a[b]=2")
