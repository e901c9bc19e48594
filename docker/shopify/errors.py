"""Errors in Shopify's shapes."""

from typing import Any


class ApiError(Exception):
    """A top-level GraphQL error at the field that is being resolved; its value is null."""

    def __init__(self, message: str, code: str | None = None, **extensions: Any) -> None:
        super().__init__(message)
        self.message = message
        self.extensions = ({"code": code} if code else {}) | extensions


def not_supported(root: str, field: str) -> ApiError:
    """For what this local service does not offer: never a made-up success."""
    return ApiError(
        f"{root}.{field} is not supported by this local Shopify (docker/shopify/README.md lists "
        "what is).",
        "NOT_SUPPORTED_LOCALLY",
    )


def invalid_id(gid: str) -> ApiError:
    return ApiError(f"Invalid id: {gid}", "RESOURCE_NOT_FOUND")


class UserError(Exception):
    """Ends a mutation with user errors; `field` is a path into the arguments, or None."""

    def __init__(self, field: list[str] | None, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.entries = [{"field": field, "message": message, "code": code}]

    def __add__(self, other: "UserError") -> "UserError":
        """Both at once: Shopify reports what it finds together."""
        self.entries += other.entries
        return self
