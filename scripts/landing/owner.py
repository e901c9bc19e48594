"""Whose data a bucket holds: the cursors and rows of one shop, account or database mean nothing to
another.

Keys change: first the local stack's, then a test account's, then the shop's own. With the old
cursor the new account's past would be missing and its rows would stand beside somebody else's.
"""

from contextlib import suppress

import orjson

from scripts.errors import FatalError
from scripts.landing.store import LostRaceError, MissingObjectError, Store


def check_owner(
    store: Store, source: str, owner: str, called: str, given: str = "the key", unless: str = ""
) -> None:
    """Remember at the first pull whose the source's data are; FatalError when a later one would
    bring somebody else's. owner: the source's own id of the shop or account, called: its name.
    given: what says whose they are now. unless: when they may be the same owner's all the same."""
    key = f"state/{source}/_owner.json"
    try:
        held = orjson.loads(store.read(key))
    except MissingObjectError:
        held = {"owner": owner, "called": called}
        with suppress(LostRaceError):  # two first pulls at once: the next one will tell
            store.create(key, held)
    except ValueError as error:
        raise FatalError(
            f"s3://{store.bucket}/{key} is no JSON: delete it, or put it right"
        ) from error
    if held["owner"] != owner:
        raise FatalError(
            f"s3://{store.bucket} holds {source} data of {held['called']}, and {given} is of "
            f"{called}: take another S3_BUCKET (`make clean` empties the local one)"
            + (f"; {unless}, delete s3://{store.bucket}/{key}" if unless else "")
        )
