"""Who looked at what and searched for what, for the auditor (law R42)."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from archiver.accounts import service as accounts
from archiver.errors import NotFound
from archiver.operations.looked import Wanted, conditions, named
from archiver.people import access_log, service
from archiver.people.access_log import COMMAND
from archiver.people.actions import Action
from archiver.web.door import Here, needs
from archiver.web.times import moment, typed
from archiver.web.words import ACTIONS

router = APIRouter()
_LINES: Final = 100
Text = Annotated[str, Query(max_length=100)]
At = Annotated[str, Query(max_length=40)]


@router.get("/access-log", response_class=HTMLResponse)
@needs(Action.ACCESS_LOG_VIEW, fresh=True)
def show(
    site: Here,
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    person: Text = "",
    action: Text = "",
    account: Text = "",
    authority: Text = "",
    since: At = "",
    until: At = "",
) -> HTMLResponse:
    """Lines that fit what was chosen, newest first."""
    first, last = moment(site, since), moment(site, until)
    wanted = Wanted(person, action, account, authority, first, last)
    with site.archive.database.read() as connection:
        chosen = service.get(connection, person) if person else None
        everybody = service.people(connection)
        known = accounts.list_accounts(connection)
        if account and account not in {one.id for one in known}:
            raise NotFound(accounts.NO_SUCH)
        which = list(conditions(wanted))
        lines = access_log.entries(connection, site.archive, limit=_LINES, before=before, which=which)
        subjects = named(connection, lines)
    given = {"person": person, "action": action, "account": account, "authority": authority}
    query = {name: value for name, value in given.items() if value}
    times = {"since": since.strip(), "until": until.strip()}
    return site.page(
        "access_log.html",
        here="people",
        lines=lines,
        subjects=subjects,
        older=lines[-1].id if len(lines) == _LINES else None,
        later=before is not None,
        chosen=chosen,
        wanted=given | {"since": typed(site, first), "until": typed(site, last)},
        query=urlencode(query | {name: value for name, value in times.items() if value}),
        people=[(one.id, one.name) for one in everybody],
        accounts=[(one.id, one.name or one.handle) for one in known],
        authorities=[(one, one) for one in sorted({one.authority for one in known})],
        actions=sorted(ACTIONS.items(), key=lambda one: one[1]),
        COMMAND=COMMAND,
        narrowed=any(query.values()) or any(times.values()),
        sheet=urlencode(query | {name: at.isoformat() for name, at in (("since", first), ("until", last)) if at}),
    )
