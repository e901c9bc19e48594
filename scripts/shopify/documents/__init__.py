"""GraphQL documents: a file each, with the fragments they spread appended from `fragments/`."""

import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
SPREAD = re.compile(r"\.\.\.\s*([A-Z]\w*)")


@cache
def document(name: str) -> str:
    """The text of `<name>.graphql` and of every fragment that it uses, directly or not."""
    text = (FOLDER / f"{name}.graphql").read_text()
    found: dict[str, str] = {}
    pending = SPREAD.findall(text)
    while pending:
        fragment = pending.pop()
        if fragment not in found:
            found[fragment] = (FOLDER / "fragments" / f"{fragment}.graphql").read_text()
            pending += SPREAD.findall(found[fragment])
    return "\n".join([text, *(found[key] for key in sorted(found))])
