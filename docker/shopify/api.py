"""One running shop: a GraphQL request in, the body of its answer out."""

import sqlite3
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from graphql import graphql_sync

from docker.common.clock import Clock
from docker.common.server import SetupError
from docker.shopify import schema
from docker.shopify.bulk import ENDED, BulkRunner
from docker.shopify.cost import actual_cost, requested_cost
from docker.shopify.documents import Document, Documents
from docker.shopify.execute import Context, run_operation
from docker.shopify.inputs import coerce_variables
from docker.shopify.reads import bulk as _bulk_reads  # noqa: F401 - these modules register
from docker.shopify.reads import (  # noqa: F401  # noqa: F401
    collections,
    customers,
    events,
    orders,
    payments,
    products,
    returns,
    selling,
    shop,
)
from docker.shopify.service import Service
from docker.shopify.settings import PLANS, read_settings
from docker.shopify.store import Store
from docker.shopify.throttle import Bucket
from docker.shopify.webhooks import WebhookSender
from docker.shopify.writes import bulk, inventory, lifecycle, webhooks  # noqa: F401
from docker.shopify.writes import collections as _collection_writes  # noqa: F401
from docker.shopify.writes import products as _product_writes  # noqa: F401

MAX_QUERY_COST = 1000
DOCUMENTATION = "https://shopify.dev/api/usage/rate-limits"
THROTTLED = {
    "message": "Throttled",
    "extensions": {"code": "THROTTLED", "documentation": DOCUMENTATION},
}


class Api:
    """The state of the shop and everything that runs on it."""

    def __init__(self, data: Path) -> None:
        settings = read_settings()
        self.schemas = schema.ensure(settings.cache)
        try:
            store = Store(data / "shopify.sqlite")
        except sqlite3.DatabaseError as error:
            raise SetupError(f"{data / 'shopify.sqlite'} cannot be read ({error}).") from error
        clock = Clock(data / "clock.json")
        zone = ZoneInfo(settings.timezone)
        self.documents: dict[str, Documents] = {}
        self.service = Service(store, clock, settings, zone, self.of_version)
        self.service.scopes = settings.scopes
        self.service.bulk = BulkRunner(self.service, data / "bulk")
        self.webhooks = WebhookSender(self.service)
        self.set_plan(settings.plan)
        self.seed()

    def resume(self) -> None:
        """Runs the bulk operations again that a stopped server left behind."""
        for operation in list(self.service.store.all("BulkOperation")):
            if operation["status"] not in ENDED:
                self.service.bulk.start(operation, self.of_version(operation["_version"]))

    def seed(self) -> None:
        """A new shop has one location."""
        if not self.service.store.count("Location"):
            context = Context(self.service.store, {}, self.service)
            address = {"countryCode": "US", "country": "United States", "city": "New York"}
            inventory.add_location(context, {"name": "Shop location", "address": address})
            self.service.events.clear()
            self.service.store.commit()

    def reset(self) -> None:
        for task in self.service.bulk.tasks:
            task.cancel()
        self.service.bulk.outcomes = []
        self.service.store.reset()
        self.service.events.clear()
        self.service.scopes = self.service.settings.scopes
        self.set_plan(self.service.settings.plan)
        self.seed()

    def set_plan(self, plan: str) -> None:
        """A full bucket of this plan's rate; its counters start again."""
        self.bucket = Bucket(*PLANS[plan])

    def of_version(self, version: str) -> Documents:
        if version not in self.documents:
            self.documents[version] = Documents(schema.load(self.schemas, version))
        return self.documents[version]

    def execute(
        self, version: str, text: str, given: dict[str, Any], operation: str | None
    ) -> dict[str, Any]:
        """The body of a GraphQL answer; every write is committed before it is returned."""
        self.service.version = version
        document = self.of_version(version).get(text, operation)
        if isinstance(document, list):
            return {"errors": document}
        variables, errors = coerce_variables(document.plan.schema, document.operation, given)
        if errors:
            return {"errors": errors}
        requested = requested_cost(document, variables)
        if requested > MAX_QUERY_COST:
            return {"errors": [_too_costly(requested)]}
        if not self.bucket.take(requested):
            return {"errors": [THROTTLED], "extensions": self._cost(requested, None)}
        return self._run(document, text, variables, operation, requested)

    def _run(
        self,
        document: Document,
        text: str,
        variables: dict[str, Any],
        operation: str | None,
        requested: int,
    ) -> dict[str, Any]:
        context = Context(self.service.store, variables, self.service)
        if "__schema" in text or "__type(" in text:
            seen = graphql_sync(
                document.plan.schema, text, variable_values=variables, operation_name=operation
            )
            return {"data": seen.data, "extensions": self._cost(requested, requested)}
        data = run_operation(document.plan, context, document.root)
        self.service.store.commit()
        actual = actual_cost(document, variables, data or {}, requested)
        self.bucket.give_back(requested - actual)
        answer: dict[str, Any] = {"errors": context.errors} if context.errors else {}
        answer |= {"data": data, "extensions": self._cost(requested, actual)}
        if context.search:
            answer["extensions"]["search"] = context.search
        return answer

    def _cost(self, requested: int, actual: int | None) -> dict[str, Any]:
        return {
            "cost": {
                "requestedQueryCost": requested,
                "actualQueryCost": actual,
                "throttleStatus": self.bucket.status(),
            }
        }


def _too_costly(requested: int) -> dict[str, Any]:
    return {
        "message": (
            f"Query cost is {requested}, which exceeds the single query max cost limit "
            f"({MAX_QUERY_COST}).\n\nSee {DOCUMENTATION} for more information on how the cost of "
            "a query is calculated.\n\nTo query larger amounts of data with fewer limits, bulk "
            "operations should be used instead.\nSee "
            "https://shopify.dev/tutorials/perform-bulk-operations-with-admin-api for usage "
            "details.\n"
        ),
        "extensions": {
            "code": "MAX_COST_EXCEEDED",
            "cost": requested,
            "maxCost": MAX_QUERY_COST,
            "documentation": DOCUMENTATION,
        },
    }
