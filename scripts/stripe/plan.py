"""A window's slices: how much is in it is guessed from a few pages, as Stripe does not count.

Each slice is a span of `created`, read on its own connection; a pull that dies goes on from its
last complete one.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from statistics import median
from time import monotonic

from scripts.landing.window import Slice
from scripts.landing.writer import iso
from scripts.stripe.client import PAGE, WORKERS, Client, Record
from scripts.stripe.pages import head_of
from scripts.stripe.streams import Stream

# Small enough that all workers have something to read, then large: a slice costs three objects,
# so its answers should take longer than those.
LEAST_ROWS, MOST_ROWS = 600, 5_000
LEAST_SECONDS = 0.2
ENOUGH_SLICES, MOST_SLICES = 48, 64
DAY = 86400
STRIDE, BETWEEN = 4, 4

Look = Callable[..., tuple[list[Record], bool]]


def bounds(piece: Slice) -> dict[str, int]:
    """Whole seconds, both inclusive; the lower one rounded down to have its second complete."""
    found = {"lte": int(datetime.fromisoformat(piece.until).timestamp())}
    if piece.since:
        found["gte"] = int(datetime.fromisoformat(piece.since).timestamp())
    return found


def created(record: dict[str, object]) -> int:
    """When Stripe made the object, in Unix seconds; raises FatalError."""
    return head_of(record).made


def instant(seconds: int) -> str:
    return iso(datetime.fromtimestamp(seconds, UTC))


def days(whole: Slice) -> list[Slice]:
    """The slice in parts of about a day, oldest first; `since` must be set."""
    span = bounds(whole)
    return _pieces(whole, span["gte"], span["lte"], max(1, (span["lte"] - span["gte"]) // DAY))


def cut(client: Client, stream: Stream, whole: Slice) -> list[Slice]:
    """The slice, or several of equal length that together cover it, oldest first."""
    path = stream.parent or stream.path
    answers: list[float] = []
    for filters in ({},) if stream.parent else stream.filters:
        look = partial(_look, client, path, filters, answers)
        span = bounds(whole)
        page, more = look(span)
        if more:
            end = span["lte"]
            start = span["gte"] if whole.since else _oldest(look, page)
            rows = int(_density(look, page, start, end) * (end - start))
            least = _least_rows(min(answers))
            count = min(rows // least, max(ENOUGH_SLICES, rows // MOST_ROWS))
            return _pieces(whole, start, end, count + 1)
    return [whole]


def _pieces(whole: Slice, start: int, end: int, count: int) -> list[Slice]:
    count = max(1, min(MOST_SLICES, count, end - start))
    edges = [start + (end - start) * n // count for n in range(1, count)]
    starts = [whole.since, *(instant(edge) for edge in edges)]
    ends = [*(instant(edge - 1) for edge in edges), whole.until]
    return [Slice(a, b, whole.kind) for a, b in zip(starts, ends, strict=True)]


def _least_rows(answer: float) -> int:
    """Rows that are worth a slice when a page takes `answer` seconds."""
    return round(min(max(LEAST_ROWS, PAGE * LEAST_SECONDS / answer), MOST_ROWS))


def _density(look: Look, newest: list[Record], start: int, end: int) -> float:
    """Rows a second: the median of three places, so that one burst does not speak for all."""

    def up_to(moment: int) -> float:
        page, more = look({"gte": start, "lte": moment})
        return len(page) / max(1, moment - (created(page[-1]) if more else start))

    third = (end - start) // 3
    last = len(newest) / max(1, end - created(newest[-1]))
    with ThreadPoolExecutor(2) as pool:
        return median((*pool.map(up_to, (start + third, end - third)), last))


def _oldest(look: Look, newest: list[Record]) -> int:
    """A time before which there is nothing, at most half as long ago again as the oldest object.

    Reaches four times as far back each are asked at once, then some between the last that found
    something and the next: one after the other their answers took most of a short pull's time.
    """
    now = created(newest[0])
    reaches = [max(1, now - created(newest[-1]))]
    while reaches[-1] < now:
        reaches.append(reaches[-1] * STRIDE)

    def older(reach: int) -> bool:
        return bool(look({"lt": max(1, now - reach)}, limit=1)[0])

    with ThreadPoolExecutor(WORKERS) as pool:

        def first_empty(reaches: list[int]) -> int:
            """Of rising reaches, the last of which is known to have nothing beyond it."""
            found = [*pool.map(older, reaches[:-1]), False]
            return reaches[found.index(False)]

        reach = first_empty(reaches[1:])
        steps = [STRIDE ** (step / BETWEEN - 1) for step in range(1, BETWEEN + 1)]
        reach = first_empty([int(reach * step) for step in steps])
    return max(0, now - reach)


def _look(
    client: Client,
    path: str,
    filters: Mapping[str, str],
    answers: list[float],
    span: Mapping[str, int],
    limit: int = PAGE,
) -> tuple[list[Record], bool]:
    """The newest objects of a span of `created`, and whether there are more. answers: gets the
    seconds it took."""
    asked = monotonic()
    found = client.newest(path, limit, {**filters, "created": span})
    answers.append(monotonic() - asked)
    return found
