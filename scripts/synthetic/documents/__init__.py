"""GraphQL documents of the synthetic activity, a file each; orders share one fragment."""

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent


@cache
def document(name: str) -> str:
    text = (FOLDER / f"{name}.graphql").read_text()
    shared = (FOLDER / "order_fields.graphql").read_text()
    return f"{text}\n{shared}" if "...SyntheticOrder" in text else text
