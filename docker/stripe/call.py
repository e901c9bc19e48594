"""What a handler is given: the request, the store, the time, and a way to record events."""

from dataclasses import dataclass, field
from typing import Any

from docker.stripe import events
from docker.stripe.errors import resource_missing
from docker.stripe.store import Body, Store


@dataclass
class Call:
    """One request. `now` is the settable clock in whole seconds and stays fixed meanwhile."""

    store: Store
    now: int
    method: str
    path: str
    ids: dict[str, str]
    params: dict[str, Any]
    api_version: str
    request_id: str
    idempotency_key: str | None = None
    events: list[str] = field(default_factory=list)

    def find(self, kind: str, id_: str, param: str = "id", *, in_path: bool = False) -> Body:
        """The object, or Stripe's "No such ..."."""
        body = self.store.get(kind, id_)
        if body is None or body.get("deleted"):
            raise resource_missing(kind, id_, param, in_path=in_path)
        return body

    def target(self, kind: str) -> Body:
        """The object that the URL names."""
        name, id_ = next(iter(self.ids.items()))
        return self.find(kind, id_, name, in_path=True)

    def create(self, kind: str, body: Body, event: str | None = None, **hidden: str | None) -> Body:
        self.store.insert(kind, body, **hidden)
        if event:
            self.emit(event, body)
        return body

    def save(self, kind: str, before: Body, after: Body, event: str | None = None) -> Body:
        """Stores the changed object; the event carries what the changed fields were before."""
        self.store.update(kind, after)
        previous = {name: before.get(name) for name in after if before.get(name) != after[name]}
        if event and previous:
            self.emit(event, after, previous)
        return after

    def emit(self, type_: str, body: Body, previous: Body | None = None) -> None:
        self.events.append(events.record(self, type_, body, previous))
