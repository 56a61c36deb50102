"""Documents of the register, for whoever sees what names them: designations, attestations, receipts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from archiver.accounts.register import service
from archiver.operations import register_documents
from archiver.people.actions import Action
from archiver.web.door import Here, needs
from archiver.web.downloads import attached
from archiver.web.places import counted_for
from archiver.web.register import Sees

router = APIRouter()


@router.get("/register/documents/{document_id}")
@needs(Action.CAPTURE_VIEW)
def download(site: Here, sight: Sees, document_id: Annotated[str, Path(max_length=100)]) -> Response:
    """One document, to be saved. What a stranger wrote is never opened on these pages."""
    with site.archive.database.read() as connection:
        counted = counted_for(site, connection, sight.viewer)
        register_documents.require_seen(site.archive, connection, document_id, sight, counted)
        row = service.document(connection, document_id)
    return attached(row.content, row.name)
