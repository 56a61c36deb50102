"""Pages about capture: accounts, runs, gaps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Protocol, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from archiver.accounts import service as accounts
from archiver.accounts.platforms import CAPABILITIES
from archiver.accounts.service import AccountView
from archiver.capture.due import CAPTURED
from archiver.clock import to_text
from archiver.errors import NotFound, SettingsError
from archiver.official import service as official
from archiver.operations import (
    account_settings,
    closing,
    completeness,
    connections,
    deposits,
    deposits_due,
    history,
    proving_record,
    register_page,
)
from archiver.operations.account_settings import Settings
from archiver.operations.days import DayView, days
from archiver.operations.deposits_due import DueDeposit
from archiver.operations.gap_imports import with_imports
from archiver.operations.master_list import custody_words
from archiver.operations.proving_record import Standing as Proof
from archiver.operations.quota import QuotaView, quotas
from archiver.operations.reach import GoesBack, goes_back
from archiver.people import permission
from archiver.people.actions import Action
from archiver.people.permission import Resource
from archiver.records import import_views
from archiver.viewing import Viewer
from archiver.web import offices
from archiver.web.adding import added_words
from archiver.web.door import Here, Seen, Visitor, Who, look, needs, open_door
from archiver.web.places import AfterThread, after_thread, counted_for, seen_account, time_of, told
from archiver.web.site import Site
from archiver.web.words import ACCOUNT_STATES, plain
from connectors.authorization import Connects
from connectors.contract import Capabilities, Stream

router = APIRouter()
_RUNS = 50
_THREADS = 20
_DEPOSITS = 20


@dataclass(frozen=True, slots=True)
class DayMark:
    """One day of the small chart: a sign, and the same in words for whoever cannot see it."""

    day: str
    tone: str
    mark: str
    words: str


@router.get("/", response_class=HTMLResponse)
@open_door("it leads to where somebody can go on, and tells nothing")
def start(site: Here, request: Request) -> Response:
    """To whatever whoever is here may see first; to the practice city while nobody is signed in. Whoever is stays where
    they signed in, in an archive that is empty still too: they are about to set it up."""
    visitor = look(request)
    if visitor is None and not site.practice and site.other is not None:
        return RedirectResponse(site.other, status_code=302)
    return RedirectResponse(f"{site.base}{_first(site, visitor)}", status_code=302)


def _first(site: Site, visitor: Visitor | None) -> str:
    if visitor is None:
        return "/accounts"
    with site.archive.database.read() as connection:
        actions = permission.actions_of(connection, visitor.person.id, site.archive.clock.now())
    order = ((Action.CAPTURE_VIEW, "/accounts"), (Action.RECORDS_SEARCH, "/search"), (Action.PEOPLE_VIEW, "/people"))
    return next((page for action, page in order if action in actions), "/me")


@router.get("/accounts/{account_id}", response_class=HTMLResponse)
@needs(Action.CAPTURE_VIEW)
def show_account(site: Here, viewer: Seen, who: Who, account_id: str, after: AfterThread = None) -> HTMLResponse:
    now, place = site.archive.clock.now(), after_thread(after)
    with site.archive.database.read() as connection:
        account = seen_account(connection, viewer, account_id)
        whole, counted = viewer.sees_private_of(account_id), counted_for(site, connection, viewer)
        gaps = history.gaps(connection, account_id, closed=True, viewer=viewer)
        due = history.due(connection, account_id, viewer=viewer) if account.state not in CAPTURED else {}
        values: dict[str, Any] = {
            "due": due.get(account_id, []),
            "coverage": _open(viewer, account_id, history.coverage(connection, account_id)) if whole else [],
            "gaps": with_imports(connection, [gap for gap in gaps if gap.closed_at is None], viewer),
            "days": [day_mark(day) for day in days(connection, account_id, now, site.zone, gaps)],
            "runs": [
                told(counted, one)
                for one in history.runs(connection, now, account_id, limit=10, dead=site.dead(), viewer=viewer)
            ],
            "records": history.record_counts(connection, account_id, viewer).get(account_id, 0),
            "joined": connections.connections(connection, site.archive, account_id).get(account_id),
            "refilled": connections.refilled(connection, account_id, viewer),
            "reach": _open(viewer, account_id, goes_back(connection, account_id, site.archive.platforms))
            if whole
            else [],
            **(_counts(site, connection, account, place) if whole else _UNCOUNTED),
            "whole": whole,
            "quotas": _quotas(site, connection, who, account),
            "deposits": deposits.deposits(connection, account_id=account_id, limit=_DEPOSITS, viewer=viewer),
            "deposit_due": _deposit_due(site, connection, account_id) if whole else None,
            "most_deposits": _DEPOSITS,
            "imports": import_views.imports(connection, account_id, viewer),
            "only_imported": import_views.count(connection, account_id, viewer),
            "entry": (entry := register_page.of_account(site.archive, connection, account_id)),
            "custody_by": custody_words(entry.custody) if entry is not None else "",
            "closed": closing.closed(connection, account),
            "official": official.standing(official.of_account(connection, account_id))
            if official.reads(viewer, account_id)
            else None,
            "authority": offices.names(site, connection).get(account.authority, account.authority),
            "added_by": added_words(connection, account),
            "settings": _settings(site, connection, account_id),
        }
    title, capabilities, standing = _platform(site, account.platform)
    return site.page(
        "account.html",
        here="accounts",
        account=account,
        state=account_state(account.state),
        title=title,
        capabilities=capabilities,
        standing=standing,
        connects=isinstance(site.archive.platforms.connectors.get(account.platform), Connects),
        capability_rows=[(words, getattr(capabilities, name, None)) for words, name in CAPABILITIES],
        **values,
    )


@router.get("/runs", response_class=HTMLResponse)
@needs(Action.CAPTURE_VIEW)
def list_runs(
    site: Here, viewer: Seen, account: str | None = None, before: Annotated[str | None, Query(max_length=100)] = None
) -> HTMLResponse:
    place = _place(before)
    with site.archive.database.read() as connection:
        chosen = seen_account(connection, viewer, account) if account else None
        now = site.archive.clock.now()
        found = history.runs(connection, now, account, limit=_RUNS + 1, before=place, dead=site.dead(), viewer=viewer)
        counted = counted_for(site, connection, viewer)
        found = [told(counted, one) for one in found]
    older = None
    if len(found) > _RUNS:
        found = found[:_RUNS]
        next_page = {"account": account} if account else {}
        older = urlencode(next_page | {"before": f"{to_text(found[-1].started_at)},{found[-1].id}"})
    return site.page("runs.html", here="runs", runs=found, account=chosen, older=older, later=place is not None)


@router.get("/gaps", response_class=HTMLResponse)
@needs(Action.CAPTURE_VIEW)
def list_gaps(site: Here, viewer: Seen, all: bool = False) -> HTMLResponse:
    with site.archive.database.read() as connection:
        found = with_imports(connection, history.gaps(connection, closed=all, viewer=viewer), viewer)
        known = [one.id for one in accounts.list_accounts(connection)]
        reach = [one for each in known for one in _reach(site, connection, viewer, each) if one.since]
    return site.page("gaps.html", here="gaps", gaps=found, everything=all, reach=reach)


def _counts(site: Site, connection: Connection, account: AccountView, after: tuple[int, str] | None) -> dict[str, Any]:
    """The platform's numbers against the archive's."""
    declared = completeness.declared_by(site.archive.platforms, account.platform)
    threads = completeness.differing(connection, account.id, declared, limit=_THREADS, after=after)
    return {
        "published": completeness.of_account(connection, account.id, declared),
        "shares": completeness.shares(connection, account.id, declared),
        "differing": [one for _, one in threads],
        "more": completeness.place_of(threads) if len(threads) == _THREADS else None,
        "later": after is not None,
        "counted": declared,
    }


def _quotas(site: Site, connection: Connection, who: Visitor, account: AccountView) -> list[QuotaView]:
    """What is used of the allowances that the account draws on, for who may see how its platform is set up."""
    now = site.archive.clock.now()
    answer = permission.may(connection, who.person.id, Action.PLATFORMS_VIEW, Resource(account.id), now)
    return quotas(connection, site.archive, account.platform, account.id) if answer.allowed else []


def _settings(site: Site, connection: Connection, account_id: str) -> Settings | None:
    """Of what its connector leaves open; None: it is not installed, or leaves nothing open."""
    try:
        found = account_settings.read(site.archive, connection, account_id)
    except NotFound:
        return None
    return found if found.settings else None


def _deposit_due(site: Site, connection: Connection, account_id: str) -> DueDeposit | None:
    """When was deposited last tells of what is private."""
    return next(iter(deposits_due.expected(connection, site.archive, account_id)), None)


_UNCOUNTED: dict[str, Any] = {
    "published": None,
    "shares": completeness.Shares(0, 0, 0),
    "differing": [],
    "more": None,
    "later": False,
    "counted": (),
}


class _OfStream(Protocol):
    @property
    def stream(self) -> str: ...


S = TypeVar("S", bound=_OfStream)


def _open(viewer: Viewer, account_id: str, lists: Iterable[S]) -> list[S]:
    """Lists of an account but those of messages, where these are closed."""
    return [one for one in lists if one.stream != Stream.MESSAGES or viewer.sees_all_of(account_id)]


def _reach(site: Site, connection: Connection, viewer: Viewer, account_id: str) -> list[GoesBack]:
    """How far back lists go, of accounts of which more is seen than what is public."""
    if not viewer.sees_private_of(account_id):
        return []
    return _open(viewer, account_id, goes_back(connection, account_id, site.archive.platforms))


def account_state(state: str) -> tuple[str, str]:
    """Words and tone of an account's state; one without words of its own needs a person."""
    return ACCOUNT_STATES.get(state, (plain(state), "bad"))


def day_mark(day: DayView) -> DayMark:
    """How a day of an account is shown."""
    runs = f"{day.runs:,} {'run' if day.runs == 1 else 'runs'}" if day.runs else "not looked at"
    failed = day.runs - day.good
    notes = [f"{failed:,} not complete"] * bool(failed) + ["a gap"] * day.gap
    tone, mark = ("warn", "!") if notes else ("good", "✓") if day.runs else ("quiet", "·")
    return DayMark(f"{day.day}", tone, mark, f"{day.day}: {', '.join([runs, *notes])}")


def _platform(site: Site, platform: str) -> tuple[str, Capabilities | None, Proof | None]:
    try:
        connector = site.archive.connector(platform)
    except SettingsError:
        return platform, None, None
    with site.archive.database.read() as connection:
        standing = proving_record.standing(connector, proving_record.last_trials(connection))
    return connector.title, connector.capabilities, standing


def _place(before: str | None) -> tuple[datetime, str] | None:
    at, _, run_id = (before or "").partition(",")
    found = time_of(at if before is not None else None)
    return None if found is None else (found, run_id)
