import pytest
from stripe_local import Local

from docker.stripe.errors import StripeError
from docker.stripe.search import parse


@pytest.fixture
def names(local: Local) -> dict[str, str]:
    """Customer ids by name."""
    people = [
        {"name": "Ann Lee", "email": "Ann@Shop.example", "metadata[tier]": "gold"},
        {"name": "Bob", "email": "bob@shop.example", "metadata[tier]": "tin"},
        {"name": "O'Hara"},
    ]
    return {person["name"]: local.call("POST", "/v1/customers", person)["id"] for person in people}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("email:'ann@shop.example'", ["Ann Lee"]),
        ('email:"ANN@SHOP.EXAMPLE"', ["Ann Lee"]),
        ("name~'ann'", ["Ann Lee"]),
        ("metadata['tier']:'tin'", ["Bob"]),
        ("metadata['tier']:'tin' OR name:'ann lee'", ["Bob", "Ann Lee"]),
        ("email~'shop' AND -name:'Bob'", ["Ann Lee"]),
        ("email~'shop' -metadata[\"tier\"]:'gold'", ["Bob"]),
        ("email:null", ["O'Hara"]),
        ('name:"O\'Hara"', ["O'Hara"]),
        ("created>0 AND name:'nobody'", []),
    ],
)
def test_queries_find(local: Local, names: dict[str, str], query: str, found: list[str]) -> None:
    answer = local.call("GET", "/v1/customers/search", {"query": query})
    assert answer["object"] == "search_result"
    assert [row["id"] for row in answer["data"]] == [names[name] for name in found]


def test_a_deleted_customer_is_not_found(local: Local, names: dict[str, str]) -> None:
    local.call("DELETE", f"/v1/customers/{names['Bob']}")
    found = local.call("GET", "/v1/customers/search", {"query": "created>0"})["data"]
    assert names["Bob"] not in [row["id"] for row in found]


def test_amounts_compare_as_numbers(local: Local) -> None:
    for amount in (900, 10_000, 2_000):
        local.pay(amount)
    answer = local.call(
        "GET", "/v1/charges/search", {"query": "amount>=2000 AND status:'succeeded'"}
    )
    assert [row["amount"] for row in answer["data"]] == [2_000, 10_000]


def test_pages_follow_next_page(local: Local) -> None:
    made = [local.call("POST", "/v1/customers", {"name": "Sam"})["id"] for _ in range(5)]
    seen: list[str] = []
    token = ""
    while token is not None:
        params = {"query": "name:'Sam'", "limit": 2} | ({"page": token} if token else {})
        answer = local.call("GET", "/v1/customers/search", params)
        seen += [row["id"] for row in answer["data"]]
        token = answer["next_page"]
    assert seen == made[::-1]


@pytest.mark.parametrize(
    "query", ["", "email", "email:'a", "a:'1' AND b:'2' OR c:'3'", "email:'a' AND", "shoe:'x'"]
)
def test_what_cannot_be_read_is_refused(query: str) -> None:
    with pytest.raises(StripeError) as caught:
        parse("customer", query)
    assert caught.value.body["param"] == "query"


def test_values_never_become_sql() -> None:
    sql, values = parse("customer", 'name:"\'; DROP TABLE customer; --"')
    assert "DROP" not in sql
    assert "'; DROP TABLE customer; --" in values
