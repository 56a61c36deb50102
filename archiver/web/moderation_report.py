"""Reports on moderation, by ground and actor (law R16)."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from archiver.accounts import service as accounts
from archiver.errors import Refused
from archiver.moderation.words import OUTCOMES, grounds
from archiver.operations import moderation_report
from archiver.operations.moderation_report import Report
from archiver.people.actions import Action
from archiver.viewing import Viewer
from archiver.web import offices
from archiver.web.door import Here, Seen, Visitor, Who, needs
from archiver.web.places import seen_account
from archiver.web.site import Site
from archiver.web.times import moment, typed

router = APIRouter()
Account = Annotated[str, Query(max_length=100)]
Authority = Annotated[str, Query(max_length=100)]
At = Annotated[str, Query(max_length=40)]


@router.get("/moderation/report", response_class=HTMLResponse)
@needs(Action.RECORDS_VIEW)
def show(
    site: Here, viewer: Seen, who: Who, account: Account = "", authority: Authority = "", since: At = "", until: At = ""
) -> HTMLResponse:
    chosen = {"account": account, "authority": authority, "since": since, "until": until}
    failure, made = None, None
    try:
        made = _report(site, viewer, who, **chosen)
    except Refused as error:
        failure = str(error)
    with site.archive.database.read() as connection:
        known = [one for one in accounts.list_accounts(connection) if viewer.sees(one.id)]
        named = offices.names(site, connection)
    authorities = {one.authority: named.get(one.authority, one.authority) for one in known}
    return site.page(
        "moderation_report.html",
        here="changes",
        status=200 if failure is None else 400,
        report=made,
        failure=failure,
        accounts=known,
        authorities=sorted(authorities.items(), key=lambda one: one[1].casefold()),
        wanted=chosen | {name: typed(site, moment(site, chosen[name])) for name in ("since", "until")},
        query=urlencode({name: value for name, value in chosen.items() if value}),
        APPEALS=OUTCOMES,
    )


@router.get("/moderation/report.csv")
@needs(Action.RECORDS_VIEW)
def download(
    site: Here, viewer: Seen, who: Who, account: Account = "", authority: Authority = "", since: At = "", until: At = ""
) -> Response:
    """The same, for a spreadsheet."""
    made = _report(site, viewer, who, account=account, authority=authority, since=since, until=until)
    headers = {"Content-Disposition": 'attachment; filename="moderation.csv"'}
    return Response(moderation_report.as_csv(made), media_type="text/csv", headers=headers)


def _report(site: Site, viewer: Viewer, who: Visitor, **chosen: str) -> Report:
    times: dict[str, Any] = {name: moment(site, chosen[name]) for name in ("since", "until")}
    with site.archive.database.read() as connection:
        if chosen["account"]:
            seen_account(connection, viewer, chosen["account"])
        some = moderation_report.accounts_of(connection, viewer, chosen["account"], chosen["authority"])
        listed = grounds(site.archive.settings.moderation_grounds)
        return moderation_report.report(connection, viewer, who.person.id, listed, account_ids=some, **times)
