"""Runs, gaps, looks around a moment, deposits, imports, the signed log."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Query

from archiver.errors import ArchiverError
from archiver.evidence.notes import VerifierKey
from archiver.operations import changes as told
from archiver.operations import deposits, history, log_state
from archiver.operations.gap_imports import with_imports
from archiver.operations.poll_times import poll_times
from archiver.people.actions import Action
from archiver.records import import_views
from archiver.web import places
from archiver.web.door import Here, Seen, needs
from archiver.web.places import counted_for, seen_account
from archiver.web.programs import cursors, sheets
from archiver.web.programs.answers import Account, After, Answer, Id, Limit, Moment, Page, Text, Time
from archiver.web.programs.description import routes
from archiver.web.programs.sheets import Sheet
from archiver.web.site import Site

router = routes("capture")
OfAccount = Annotated[str, Query(pattern="^[A-Za-z0-9_-]{1,100}$", description="Its id.")]
At = Annotated[Moment, Query(description="A moment with its zone, such as 2026-05-01T14:30:00-05:00.")]


class Run(Answer):
    """One run. ``outcome`` null: under way. ``counts`` and ``drift`` are empty where you do not see all of it."""

    id: str
    account_id: str
    account: Text
    name: Text
    number: int
    sweep: str
    trigger: str
    started_at: Time
    finished_at: Time | None
    outcome: str | None
    reason: Text | None
    counts: dict[str, int]
    drift: list[Text]
    recovery_due_at: Time | None


class GapImport(Answer):
    """What an import tells of the time of a gap. It closes nothing."""

    import_id: str
    source: Text | None
    brought_at: Time
    records: int


class Gap(Answer):
    """A hole in what was looked at. ``closed_at`` null: still open."""

    account_id: str
    account: Text
    name: Text
    stream: str
    span_from: Time | None
    opened_at: Time
    opened_by: str
    cause: Text
    remedy: Text
    closed_at: Time | None
    closed_by: str | None
    imported: list[GapImport]


class Lists(Answer):
    """Lists of a stream that a run read, and how many to their end."""

    lists: int
    complete: int


class Look(Answer):
    """One run near the moment."""

    run: str
    started_at: Time
    finished_at: Time | None
    sweep: str
    outcome: str | None
    complete: bool
    streams: dict[str, Lists]


class Around(Answer):
    """The complete looks at a stream next to the moment; null: none is near it."""

    stream: str
    last_before: Time | None
    first_after: Time | None
    unseen_seconds: float | None
    single_threads: bool


class KnownGap(Answer):
    """A gap that the moment lies in."""

    stream: str
    cause: Text
    opened_by: str


class Looks(Answer):
    """Runs before and after a moment, nearest first; ``said``: what follows, in words."""

    at: Time
    before: list[Look]
    after: list[Look]
    streams: list[Around]
    gaps: list[KnownGap]
    said: str


class LookLine(Answer):
    """One run near the moment, as a line of a sheet. ``stands``: before or after the moment."""

    stands: str
    run: str
    started_at: Time
    finished_at: Time | None
    sweep: str
    outcome: str | None
    complete: bool
    streams: list[str]


class Deposit(Answer):
    """A file that was deposited by hand, not captured. What people said of it is theirs."""

    id: str
    account_id: str
    account: Text
    about: Text
    record_id: str | None
    access: str
    name: Text
    by: Text
    as_of: str
    reason: Text
    source: Text
    sha256: str
    size: int
    deposited_at: Time
    run_id: str
    segment_key: str
    segment_sha256: str
    offset: int
    length: int
    commitment: str


class Import(Answer):
    """An export of a platform that was brought in. ``ended_at`` null: not brought to its end."""

    id: str
    account_id: str
    account: Text
    format: str
    name: Text
    sha256: str
    size: int
    source: Text
    reason: Text
    brought_by: Text
    confirmed: Text | None
    made_at: Time | None
    at: Time
    ended_at: Time | None
    files: int
    records: int


class Checkpoint(Answer):
    """One checkpoint of the log, and who stamped its time."""

    size: int
    at: Time
    stamps: dict[str, Time]


class Log(Answer):
    """The signed log. ``problem``: why nothing is signed now; null: it is."""

    origin: str
    size: int
    signed: int
    signed_at: Time | None
    looked_at: Time | None
    problem: str | None
    problem_since: Time | None
    keys: list[str]
    checkpoints: list[Checkpoint]


@router.get("/runs")
@needs(Action.CAPTURE_VIEW)
def runs(site: Here, viewer: Seen, account: Account = None, limit: Limit = 50, after: After = None) -> Page[Run]:
    """Runs, newest first."""
    place = cursors.read(after, "runs", datetime, str)
    with site.archive.database.read() as connection:
        if account is not None:
            seen_account(connection, viewer, account)
        now = site.archive.clock.now()
        found = history.runs(connection, now, account, limit + 1, place, site.dead(), viewer)  # type: ignore[arg-type]
        counted = counted_for(site, connection, viewer)
    shown = [Run.model_validate(places.told(counted, one)) for one in found]
    return cursors.page(shown, limit, lambda one: cursors.write("runs", one.started_at, one.id))


@router.get("/runs/{run_id}")
@needs(Action.CAPTURE_VIEW)
def run(site: Here, viewer: Seen, run_id: Id) -> Run:
    """One run."""
    with site.archive.database.read() as connection:
        found = history.run(connection, site.archive.clock.now(), run_id, site.dead(), viewer)
        return Run.model_validate(places.told(counted_for(site, connection, viewer), found))


@router.get("/gaps")
@needs(Action.CAPTURE_VIEW)
def gaps(
    site: Here,
    viewer: Seen,
    account: Account = None,
    closed: Annotated[bool, Query(description="Also those that a later run closed.")] = False,
    limit: Limit = 50,
    after: After = None,
) -> Page[Gap]:
    """Gaps, those opened last first."""
    place = cursors.read(after, "gaps", datetime, str, str, str)
    with site.archive.database.read() as connection:
        if account is not None:
            seen_account(connection, viewer, account)
        found = history.gaps_from(connection, viewer, account, closed=closed, limit=limit + 1, after=place)  # type: ignore[arg-type]
        shown = [Gap.model_validate(one) for one in with_imports(connection, found, viewer)]
    return cursors.page(
        shown, limit, lambda one: cursors.write("gaps", one.opened_at, one.account_id, one.stream, one.opened_by)
    )


@router.get("/looks")
@needs(Action.CAPTURE_VIEW)
def looks(site: Here, viewer: Seen, account: OfAccount, at: At) -> Looks:
    """The runs of an account before and after a moment, nearest first, with whether each saw all that it asked for."""
    with site.archive.database.read() as connection:
        seen_account(connection, viewer, account)
        times = poll_times(connection, account, at, site.archive.clock.now(), site.dead(), viewer)
    return Looks.model_validate(told.looks_as_json(times))


@router.get("/looks.csv", response_class=Sheet)
@needs(Action.CAPTURE_VIEW)
def looks_sheet(site: Here, viewer: Seen, account: OfAccount, at: At) -> Sheet:
    """The same runs as CSV (docs/api.md), in the order of time; of each list how many were read to their end."""
    found = looks(site, viewer, account, at)
    each = [(name, one) for name, some in (("before", found.before[::-1]), ("after", found.after)) for one in some]
    lines = [
        LookLine(
            **{name: getattr(one, name) for name in LookLine.model_fields if name not in ("stands", "streams")},
            stands=stands,
            streams=[f"{name}: {part.complete} of {part.lists}" for name, part in one.streams.items()],
        )
        for stands, one in each
    ]
    return sheets.whole("looks", LookLine, lines)


@router.get("/deposits")
@needs(Action.CAPTURE_VIEW)
def list_deposits(
    site: Here, viewer: Seen, account: Account = None, limit: Limit = 50, after: After = None
) -> Page[Deposit]:
    """Files that were deposited by hand, newest first."""
    place = cursors.read(after, "deposits", datetime, str)
    with site.archive.database.read() as connection:
        if account is not None:
            seen_account(connection, viewer, account)
        found = deposits.deposits_from(connection, viewer, account, limit=limit + 1, after=place)  # type: ignore[arg-type]
    shown = [Deposit.model_validate(one) for one in found]
    return cursors.page(shown, limit, lambda one: cursors.write("deposits", one.deposited_at, one.id))


@router.get("/imports")
@needs(Action.CAPTURE_VIEW)
def list_imports(
    site: Here, viewer: Seen, account: Account = None, limit: Limit = 50, after: After = None
) -> Page[Import]:
    """Exports of platforms that were brought in, newest first, of accounts of which you see what is private."""
    place = cursors.read(after, "imports", datetime, str)
    with site.archive.database.read() as connection:
        if account is not None:
            seen_account(connection, viewer, account)
        found = import_views.imports(connection, account, viewer)
    found.sort(key=lambda one: (one.at, one.id), reverse=True)
    shown = [_import(one) for one in found if place is None or (one.at, one.id) < place]
    return cursors.page(shown[: limit + 1], limit, lambda one: cursors.write("imports", one.at, one.id))


@router.get("/evidence")
@needs(Action.EVIDENCE_VIEW)
def evidence(site: Here) -> Log:
    """The signed log: how far it is signed, its keys, and the newest checkpoints."""
    with site.archive.database.read() as connection:
        state, newest = log_state.read(connection), log_state.newest_checkpoints(connection)
    return Log(
        origin=site.archive.identity.log_origin,
        size=state.size,
        signed=state.signed,
        signed_at=state.signed_at,
        looked_at=state.looked_at,
        problem=state.problem,
        problem_since=state.problem_since,
        keys=[key.text for key in _keys(site)],
        checkpoints=[Checkpoint.model_validate(one) for one in newest],
    )


def _import(one: import_views.ImportView) -> Import:
    return Import(**{name: getattr(one, name) for name in Import.model_fields})


def _keys(site: Site) -> tuple[VerifierKey, ...]:
    try:
        return log_state.keys(site.archive)
    except ArchiverError:
        return ()  # `problem` says what is wrong with the key file
