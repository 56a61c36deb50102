"""Files that somebody brought, or that the archive made, to be kept by whoever asks: never opened on these pages."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from fastapi.responses import Response

_PLAIN: Final = re.compile(r"[^A-Za-z0-9._-]+")


def attached(content: bytes, name: str, kind: str = "application/octet-stream") -> Response:
    """A file to be saved under a name (RFC 6266): one that any reader understands, and the whole one beside it."""
    plain = _PLAIN.sub("-", name).strip("-.")[-100:] or "document"
    said = f'attachment; filename="{plain}"'
    if plain != name:
        said += f"; filename*=UTF-8''{quote(name[:200], safe='')}"
    return Response(content, media_type=kind, headers={"content-disposition": said})
