"""Every challenge to the accuracy of a record (Wis. Stat. 19.70), for whoever sees the record."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from archiver.accounts import service as accounts
from archiver.challenges import listing
from archiver.challenges.rules import OUTCOMES, Outcome
from archiver.people.actions import Action
from archiver.web.door import Here, Seen, needs
from archiver.web.places import seen_account

router = APIRouter()
_EACH: Final = 50


@router.get("/challenges", response_class=HTMLResponse)
@needs(Action.RECORDS_VIEW)
def show(
    site: Here,
    viewer: Seen,
    account: Annotated[str, Query(max_length=100)] = "",
    outcome: Literal["", "open", "corrected", "denied"] = "",
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> HTMLResponse:
    """What was said last first."""
    with site.archive.database.read() as connection:
        if account:
            seen_account(connection, viewer, account)
        known = {one.id: one for one in accounts.list_accounts(connection) if viewer.sees(one.id)}
        found = listing.listed(
            connection,
            viewer,
            account_id=account or None,
            outcome=Outcome(outcome) if outcome else None,
            limit=_EACH + 1,
            before=before,
        )
    chosen: dict[str, Any] = {name: one for name, one in (("account", account), ("outcome", outcome)) if one}
    shown = found[:_EACH]
    return site.page(
        "challenges.html",
        here="changes",
        challenges=[one.view for one in shown],
        accounts=known,
        wanted={"account": account, "outcome": outcome},
        narrowed=bool(chosen),
        sheet=urlencode(chosen),
        later=before is not None,
        older=urlencode(chosen | {"before": shown[-1].number}) if len(found) > _EACH else None,
        OUTCOMES=OUTCOMES,
    )
