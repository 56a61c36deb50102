"""Pages about capture: accounts, runs, gaps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from archiver.accounts import service as accounts
from archiver.accounts.platforms import CAPABILITIES
from archiver.accounts.service import AccountView
from archiver.clock import to_text
from archiver.errors import SettingsError
from archiver.operations import (
    completeness,
    connections,
    deposits,
    deposits_due,
    history,
    proving_record,
    register_page,
)
from archiver.operations.days import DayView, days
from archiver.operations.gap_imports import with_imports
from archiver.operations.master_list import custody_words
from archiver.operations.proving_record import Standing as Proof
from archiver.operations.quota import quotas
from archiver.operations.reach import goes_back
from archiver.records import import_views
from archiver.web.places import AfterThread, after_thread, time_of
from archiver.web.site import Site, site_of
from archiver.web.words import ACCOUNT_STATES, plain
from connectors.authorization import Connects
from connectors.contract import Capabilities

router = APIRouter()
Here = Annotated[Site, Depends(site_of)]
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
def start(site: Here) -> Response:
    """To the accounts; to the practice city while there is no real account."""
    if not site.practice and site.other is not None:
        with site.archive.database.read() as connection:
            if not accounts.list_accounts(connection):
                return RedirectResponse(site.other, status_code=302)
    return RedirectResponse(f"{site.base}/accounts", status_code=302)


@router.get("/accounts/{account_id}", response_class=HTMLResponse)
def show_account(site: Here, account_id: str, after: AfterThread = None) -> HTMLResponse:
    now, place = site.archive.clock.now(), after_thread(after)
    with site.archive.database.read() as connection:
        account = accounts.get(connection, account_id)
        gaps = history.gaps(connection, account_id, closed=True)
        values: dict[str, Any] = {
            "due": history.due(connection, account_id).get(account_id, []) if account.state != "paused" else [],
            "coverage": history.coverage(connection, account_id),
            "gaps": with_imports(connection, [gap for gap in gaps if gap.closed_at is None]),
            "days": [day_mark(day) for day in days(connection, account_id, now, site.zone, gaps)],
            "runs": history.runs(connection, now, account_id, limit=10, dead=site.dead()),
            "records": history.record_counts(connection, account_id).get(account_id, 0),
            "joined": connections.connections(connection, site.archive, account_id).get(account_id),
            "refilled": connections.refilled(connection, account_id),
            "quotas": quotas(connection, site.archive, account.platform, account_id),
            "deposits": deposits.deposits(connection, account_id=account_id, limit=_DEPOSITS),
            "deposit_due": next(iter(deposits_due.expected(connection, site.archive, account_id)), None),
            "most_deposits": _DEPOSITS,
            "imports": import_views.imports(connection, account_id),
            "only_imported": import_views.count(connection, account_id),
            "reach": goes_back(connection, account_id, site.archive.platforms),
            "entry": (entry := register_page.of_account(site.archive, connection, account_id)),
            "custody_by": custody_words(entry.custody) if entry is not None else "",
            **_counts(site, connection, account, place),
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
def list_runs(
    site: Here, account: str | None = None, before: Annotated[str | None, Query(max_length=100)] = None
) -> HTMLResponse:
    place = _place(before)
    with site.archive.database.read() as connection:
        chosen = accounts.get(connection, account) if account else None
        now = site.archive.clock.now()
        found = history.runs(connection, now, account, limit=_RUNS + 1, before=place, dead=site.dead())
    older = None
    if len(found) > _RUNS:
        found = found[:_RUNS]
        next_page = {"account": account} if account else {}
        older = urlencode(next_page | {"before": f"{to_text(found[-1].started_at)},{found[-1].id}"})
    return site.page("runs.html", here="runs", runs=found, account=chosen, older=older, later=place is not None)


@router.get("/runs/{run_id}", response_class=HTMLResponse)
def show_run(site: Here, run_id: str) -> HTMLResponse:
    with site.archive.database.read() as connection:
        found = history.run(connection, site.archive.clock.now(), run_id, site.dead())
    return site.page("run.html", here="runs", run=found)


@router.get("/gaps", response_class=HTMLResponse)
def list_gaps(site: Here, all: bool = False) -> HTMLResponse:
    with site.archive.database.read() as connection:
        found = with_imports(connection, history.gaps(connection, closed=all))
        known = [one.id for one in accounts.list_accounts(connection)]
        reach = [one for each in known for one in goes_back(connection, each, site.archive.platforms) if one.since]
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
