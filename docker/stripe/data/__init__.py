"""Tables derived from Stripe's official OpenAPI description (see `derive.py`)."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def table(name: str) -> dict[str, Any]:
    """`{source, api_version, rows}` of `parameters`, `objects` or `expandable`."""
    loaded: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return loaded
