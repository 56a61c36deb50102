"""The public notice of an authority, to be printed and put up (law R62, Wis. Stat. 19.34(1))."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse

from archiver.accounts.register import service
from archiver.accounts.register.notices import is_up, lacks, notice_id, notice_of
from archiver.operations import register_page
from archiver.people.actions import Action
from archiver.people.registering import Reach
from archiver.web.door import Here, Who, needs
from archiver.web.register import Sees

router = APIRouter()


@router.get("/register/authorities/{authority_id}/notice", response_class=HTMLResponse)
@needs(Action.CAPTURE_VIEW)
def show(site: Here, sight: Sees, who: Who, authority_id: Annotated[str, Path(max_length=100)]) -> HTMLResponse:
    """As it stands now, with what is missing, and what it said before."""
    with site.archive.database.read() as connection:
        page = register_page.authority(site.archive, connection, authority_id, sight)
        register = service.read(connection, service.today(site.archive))
        reach = Reach.of(connection, who.person.id, site.archive.clock.now(), Action.REGISTER_CHANGE)
    notice, thing = notice_of(register, authority_id), notice_id(authority_id)
    return site.page(
        "notice.html",
        here="register",
        page=page,
        notice=notice,
        up=notice is not None and is_up(notice, register.day.isoformat()),
        lacks=list(lacks(register, authority_id)),
        form=f"notice/{thing}" if notice else f"notice/new?authority={authority_id}",
        history=register_page.history(register, thing) if notice else (),
        may=reach.over(authority_id).allowed,
    )
