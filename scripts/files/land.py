"""Dropzone → landing: every file that is new or has changed, a dataset a run.

Manifests first, then the state (file → etag), as every pull does: a run that dies is repeated
whole, and of two at once one cannot write its state. What cannot be taken goes to the stream
`files/rejected` on the same road, so that nothing is lost and nothing stops the rest.
"""

import logging
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.files.datasets import DATASETS, Dataset
from scripts.files.dropzone import ROOT, Dropped, dropped
from scripts.files.former import former_rows, held_by_others, left_behind
from scripts.files.rows import BadFileError, place
from scripts.files.spool import Spool, spool
from scripts.files.unpacked import packed_as
from scripts.landing.state import State, read_state, write_state
from scripts.landing.store import ChangedObjectError, MissingObjectError, Store
from scripts.landing.writer import LandingWriter, iso, now_utc

log = logging.getLogger(__name__)
SOURCE = "files"
REJECTED = "rejected"
VERSION = "1"  # of the datasets' declarations
RAW_BYTES = 100_000


@dataclass(frozen=True)
class Landed:
    """What a run did with one dataset; `rows` includes deletions of a corrected file's old rows."""

    dataset: str
    files: int
    rows: int
    bad_files: int
    bad_rows: int


def land_files(store: Store, prefix: str) -> Iterator[Landed]:
    """Land what is new below `dropzone/<prefix>`; LostRaceError when another run was faster."""
    for name, files in dropped(store, prefix).items():
        yield _land_dataset(store, DATASETS[name], files)


class _NotReadError(Exception):
    """The file is not there any more, or another one: whose it is may move or write it at any
    time."""


@dataclass(frozen=True)
class _Run:
    """One run of one dataset: where its rows and its rejected rows go. others: the files whose last
    good version was landed by another run, with that run."""

    store: Store
    dataset: Dataset
    rows: LandingWriter
    rejected: LandingWriter
    others: Mapping[str, str]


def _land_dataset(store: Store, dataset: Dataset, files: list[Dropped]) -> Landed:
    state = read_state(store, SOURCE, dataset.name)
    left = left_behind(store, SOURCE, dataset.name, state.run_id)
    new = [file for file in files if _known(state, file)[0] != file.etag or file.name in left]
    if not new:
        return Landed(dataset.name, 0, 0, 0, 0)
    others = {name: run for name, (_, run) in state.seen.items() if run} | left
    # Of those that this run does not come to, the next one has to know.
    seen = {name: ["", landed_by] for name, landed_by in left.items()}
    sources: list[dict[str, object]] = []
    gone = 0
    with (
        LandingWriter(store, SOURCE, dataset.name, VERSION) as rows,
        LandingWriter(store, SOURCE, REJECTED, VERSION) as rejected,
    ):
        run = _Run(store, dataset, rows, rejected, others)
        for file in new:
            former = others.pop(file.name, "")
            still = {file.name: former} if former else {}
            try:
                written = _land_file(run, file, former)
            except _NotReadError as error:
                log.warning("%s %s", file.name, error)
                gone += 1
                others |= still
                continue
            if written is None:
                # What its last good version landed is still what holds.
                seen[file.name] = [file.etag, former]
                others |= still
            else:
                sources.append({"file": file.name, "etag": file.etag, "rows": written})
                seen[file.name] = [file.etag, rows.run_id]
        now = iso(now_utc())
        rows.finish(state.cursor, now, sources=sources)
        rejected.finish(state.cursor, now)
        after = State(state.generation + 1, now, state.seen | seen, rows.run_id)
        write_state(store, SOURCE, dataset.name, after)
        taken = len(new) - gone
        log.info("%s/%s: %d files, landed %d", SOURCE, dataset.name, taken, rows.rows)
        bad_files = taken - len(sources)
        return Landed(dataset.name, taken, rows.rows, bad_files, rejected.rows - bad_files)


def _known(state: State, file: Dropped) -> list[str]:
    """[etag, run that landed it] of the file's version that was seen last; empty for none."""
    return state.seen.get(file.name, ["", ""])


def _land_file(run: _Run, file: Dropped, former: str) -> int | None:
    """The number of rows written, deletions included; None for a bad file, which writes none."""
    with tempfile.TemporaryDirectory(prefix="ecomm-files-") as folder:
        path = Path(folder) / "file"
        try:
            run.store.download(file.key, path)
        except MissingObjectError as error:
            raise _NotReadError("was taken away before it was read") from error
        except ChangedObjectError as error:
            raise _NotReadError("is being written: the next run reads it") from error
        try:
            if former and not path.stat().st_size:  # of JSON Lines a file without records
                raise BadFileError("it is empty now: what it held before stays")
            kept = spool(path, file.name, run.dataset)
        except BadFileError as error:
            log.error("%s: refused: %s", file.name, error.reason)
            _reject(run, file, error.line, error.reason, _head(path))
            return None
    with kept:
        if kept.first_bad:
            line, reason = kept.first_bad.line, kept.first_bad.reason
            log.error(
                "%s: %d rows refused, the first at line %d: %s", file.name, kept.bad, line, reason
            )
        for row in kept.rejected():
            _reject(run, file, row.line, row.reason, row.raw, row.nth)
        return _write(run, file, kept, former)


def _write(run: _Run, file: Dropped, kept: Spool, former: str) -> int:
    replaces = run.dataset.owned and bool(former)
    ids = set()
    for key, text in kept.rows():
        run.rows.write(key, text)
        if replaces:
            ids.add(key)
    return kept.good + (_take_away(run, file, former, ids) if replaces else 0)


def _take_away(run: _Run, file: Dropped, former: str, ids: set[str]) -> int:
    """Tombstones of what the file's former version held, and neither it nor another file does."""
    name = run.dataset.name
    gone = {k for k, _ in former_rows(run.store, SOURCE, name, former, file.name) if k not in ids}
    if not gone:
        return 0
    lying = {key.removeprefix(ROOT) for key in run.store.list(f"{ROOT}{name}/")}
    others = {other: landed_by for other, landed_by in run.others.items() if other in lying}
    gone -= held_by_others(run.store, SOURCE, name, others, gone)
    written = 0
    for key, text in former_rows(run.store, SOURCE, name, former, file.name):
        if key in gone:
            # Before all rows of this run: what silver takes for the same may stand in one of them,
            # here under a corrected title or in another file.
            run.rows.write(key, text, deleted=True, extracted_at=iso(run.rows.started))
            written += 1
    return written


def _reject(
    run: _Run, file: Dropped, line: int | None, reason: str, raw: str, nth: int = 1
) -> None:
    name = run.dataset.name
    cut = raw.encode()[:RAW_BYTES].decode(errors="ignore")
    record = {"dataset": name, "file": file.name, "line": line, "reason": reason, "raw": cut}
    if nth > 1:  # else silver would take equal rows of one line for the same
        record["nth_of_line"] = nth
    run.rejected.write(f"{file.name}@{file.etag}:{place(line or 0, nth)}", record)


def _head(path: Path) -> str:
    """How a file begins. Packed bytes tell nobody anything, and hide whom they are about."""
    with path.open("rb") as file:
        start = file.read(RAW_BYTES)
    if packed_as(start):
        return ""
    return start.replace(b"\0", b"").decode(errors="backslashreplace")  # UTF-16 has zeros
