"""What stands in the head of every page and is no page itself: the city's seal."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from archiver.errors import NotFound
from archiver.web.door import Here, open_door
from archiver.web.security import OF_A_FILE

router = APIRouter()


@router.get("/seal", response_class=Response)
@open_door("it stands in the head of the pages that everybody may open")
def show_seal(site: Here) -> Response:
    """The city's seal, made safe when the service started."""
    if site.seal is None:
        raise NotFound("no seal is set")
    return Response(site.seal.content, media_type=site.seal.kind, headers={"content-security-policy": OF_A_FILE})
