"""The environment of the local Stripe, read in this one place."""

import os
from dataclasses import dataclass

from docker.common.server import SetupError, require


@dataclass(frozen=True)
class Settings:
    """Limits are requests a second; the defaults are Stripe's own (docs, "Rate limits")."""

    api_key: str
    rate_limit: int = 100
    endpoint_rate_limit: int = 25


def from_environment() -> Settings:
    """Raises SetupError with the variable to set."""
    environment = dict(os.environ)
    return Settings(
        api_key=require(environment, "STRIPE_API_KEY", "the secret key clients must send"),
        rate_limit=_whole_number(environment, "STRIPE_RATE_LIMIT", 100),
        endpoint_rate_limit=_whole_number(environment, "STRIPE_ENDPOINT_RATE_LIMIT", 25),
    )


def _whole_number(environment: dict[str, str], name: str, default: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isdecimal() or int(text) == 0:
        raise SetupError(f"{name} is {text!r}: give it a whole number of requests a second.")
    return int(text)
