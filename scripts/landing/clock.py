"""How far our clock is from a source's, as the `Date` of the source's answers tells.

A window must not end in the source's future: what changes there until then would lie before the
cursor and never be read. And of two readings by machines whose clocks differ the later one must say
so.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from scripts.landing.writer import now_utc

# Whole seconds, on their way for a while; the lookback covers this many times over.
TOLERATED = timedelta(minutes=1)


@dataclass
class SourceClock:
    """`hear` of an answer, then ask the source's time `now`, or how far `ahead` of it we are; as
    long as nothing is heard it is ours."""

    _told: tuple[str, datetime] | None = None

    def hear(self, date: str | None) -> None:
        """The `Date` of an answer that has just come."""
        if date:
            self._told = (date, now_utc())

    def now(self) -> datetime:
        return now_utc() - self._off()

    def ahead(self) -> timedelta:
        """Zero when it is within what is tolerated, or behind."""
        return max(self._off(), timedelta(0))

    def _off(self) -> timedelta:
        """Our time less theirs; zero when it is within what is tolerated."""
        if self._told is None:
            return timedelta(0)
        date, heard_at = self._told
        try:
            theirs = parsedate_to_datetime(date)
        except ValueError:
            return timedelta(0)
        theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
        found = heard_at - theirs
        return found if abs(found) > TOLERATED else timedelta(0)
