"""Handing a record out: its evidence bundle and the one-page certificate, made here and taken as files."""

from __future__ import annotations

from collections.abc import Iterator
from errno import EDQUOT, ENOSPC
from typing import IO, Annotated, Final

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from archiver import logs
from archiver.errors import ArchiverError, Busy, IntegrityError, NotFound, OutOfSpace, UsageError
from archiver.people.acting import of_person
from archiver.people.actions import Action
from archiver.records import service
from archiver.release import handing_out
from archiver.release.forms import Form as Paper
from archiver.viewing import Viewer
from archiver.web.door import Here, Seen, Visitor, Who, needs
from archiver.web.forms import Form, Typed
from archiver.web.site import Site

router = APIRouter()
_log = logs.get(__name__)
Id = Annotated[str, Path(max_length=200)]
#: What a certificate is for, as people choose it.
FORMS: Final = {
    Paper.COPY.value: "Certified copy of public records (Wis. Stat. 889.08)",
    Paper.BUSINESS.value: "Records of regularly conducted activity (Wis. Stat. 909.02)",
    Paper.FEDERAL.value: "Electronic records in a federal court (Rule 902)",
}
_KINDS: Final = {handing_out.BUNDLE: "application/zip", handing_out.CERTIFICATE: "application/pdf"}
_NAMES: Final = {handing_out.BUNDLE: "{}.zip", handing_out.CERTIFICATE: "{}-certificate.pdf"}
_PIECE = 1 << 18
_UNKNOWN = "the log of the service says why; nothing archived is touched"
_DAMAGED = "something stored is not what the log says, so that nothing is handed out: tell whoever runs the archive"


@router.get("/records/{record_id}/evidence", response_class=HTMLResponse)
@needs(Action.RECORDS_RELEASE, fresh=True)
def show(site: Here, viewer: Seen, who: Who, record_id: Id) -> HTMLResponse:
    """What is made of it, what waits to be taken, and how a stranger checks it."""
    return _page(site, viewer, who, record_id)


@router.post("/records/{record_id}/evidence", response_class=HTMLResponse)
@needs(Action.RECORDS_RELEASE, fresh=True)
def make(site: Here, viewer: Seen, who: Who, record_id: Id, form: Typed) -> Response:
    """Make both."""
    try:
        asked = _asked(form)
        name, office = form["name"].strip(), form["office"].strip()
        handing_out.make(site.archive, of_person(who.person.id), viewer, record_id, asked, name=name, office=office)
    except (ArchiverError, OSError) as failure:
        status, words = _in_words(failure)
        return _page(site, viewer, who, record_id, form=form, failure=words, status=status)
    return RedirectResponse(f"{site.base}/records/{record_id}/evidence#ready", status_code=303)


@router.get("/records/{record_id}/evidence/{bundle_id}/bundle.zip")
@needs(Action.RECORDS_RELEASE, fresh=True)
def take_bundle(site: Here, viewer: Seen, who: Who, record_id: Id, bundle_id: Id) -> Response:
    """The bundle, with the certificate beside it."""
    return _file(site, viewer, who, record_id, bundle_id, handing_out.BUNDLE)


@router.get("/records/{record_id}/evidence/{bundle_id}/certificate.pdf")
@needs(Action.RECORDS_RELEASE, fresh=True)
def take_certificate(site: Here, viewer: Seen, who: Who, record_id: Id, bundle_id: Id) -> Response:
    """The certificate alone."""
    return _file(site, viewer, who, record_id, bundle_id, handing_out.CERTIFICATE)


def _asked(form: Form) -> Paper:
    try:
        return Paper(form["form"])
    except ValueError:
        raise UsageError("choose what the certificate is for") from None


def _in_words(failure: ArchiverError | OSError) -> tuple[int, str]:
    """Status and words of what went wrong: what somebody can act on, and no path of the machine."""
    if isinstance(failure, UsageError | NotFound):
        return 400, str(failure)
    if isinstance(failure, Busy):
        return 503, str(failure)
    _log.error("evidence.not_made", exc_info=failure)
    if isinstance(failure, OutOfSpace) or (isinstance(failure, OSError) and failure.errno in (ENOSPC, EDQUOT)):
        return 503, "there is not enough room on the disk of the archive; nothing archived is touched"
    return 503, _DAMAGED if isinstance(failure, IntegrityError) else _UNKNOWN


def _page(
    site: Site,
    viewer: Viewer,
    who: Visitor,
    record_id: str,
    *,
    form: Form | None = None,
    failure: str | None = None,
    status: int = 200,
) -> HTMLResponse:
    with site.archive.database.read() as connection:
        record = service.record(connection, record_id, viewer, occurrences=0)
    waiting = handing_out.of_record(site.archive, who.person.id, viewer, record_id)
    values = {one: "" if form is None else form[one] for one in ("form", "name", "office")}
    return site.page(
        "record_proof.html",
        here="search",
        status=status,
        record=record,
        waiting=waiting,
        values=values,
        failure=failure,
        FORMS=FORMS,
        longest=handing_out.LONGEST_NAME,
    )


def _file(site: Site, viewer: Viewer, who: Visitor, record_id: str, bundle_id: str, name: str) -> Response:
    found, file = handing_out.opened(site.archive, who.person.id, viewer, record_id, bundle_id, name)
    size = found.bundle_size if name == handing_out.BUNDLE else found.certificate_size
    headers = {
        "content-disposition": f'attachment; filename="{_NAMES[name].format(found.bundle)}"',
        "content-length": str(size),
    }
    return StreamingResponse(_pieces(file), media_type=_KINDS[name], headers=headers)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece
