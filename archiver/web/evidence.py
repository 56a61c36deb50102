"""The page about the signed log: checkpoints, keys, time-stamps."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from archiver.errors import ArchiverError
from archiver.evidence.notes import VerifierKey
from archiver.operations import log_state
from archiver.people.actions import Action
from archiver.web.door import Here, needs
from archiver.web.site import Site

router = APIRouter()


@router.get("/evidence", response_class=HTMLResponse)
@needs(Action.EVIDENCE_VIEW)
def show(site: Here) -> HTMLResponse:
    with site.archive.database.read() as connection:
        state = log_state.read(connection)
        checkpoints = log_state.newest_checkpoints(connection)
    return site.page(
        "evidence.html",
        here="evidence",
        state=state,
        checkpoints=checkpoints,
        keys=[key.text for key in _keys(site)],
        origin=site.archive.identity.log_origin,
        stamps=log_state.stamps(state, site.archive.clock.now()),
    )


def _keys(site: Site) -> tuple[VerifierKey, ...]:
    try:
        return log_state.keys(site.archive)
    except ArchiverError:
        return ()  # what is wrong with the key file stands at the head of the page
