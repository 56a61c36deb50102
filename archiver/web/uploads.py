"""Forms that bring a file: as browsers send them, with a bound on everything."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends, HTTPException, Request
from starlette.datastructures import UploadFile

from archiver.errors import UsageError
from archiver.web.forms import Form

MOST_FIELDS: Final = 100
LARGEST_FIELD: Final = 4 * 2**20
"""Bytes. The whole of what is sent is bounded by the route."""


class Upload(Form):
    """The fields of a form, and the file that was chosen in it."""

    def __init__(self, fields: list[tuple[str, str]], name: str = "", content: bytes | None = None) -> None:
        super().__init__(fields)
        self.name, self.content = name, content


async def _upload(request: Request) -> Upload:
    try:
        async with request.form(max_files=1, max_fields=MOST_FIELDS, max_part_size=LARGEST_FIELD) as sent:
            fields = [(name, value) for name, value in sent.multi_items() if isinstance(value, str)]
            files = [value for _, value in sent.multi_items() if isinstance(value, UploadFile)]
            if files and files[0].filename:
                return Upload(fields, files[0].filename, await files[0].read())
            return Upload(fields)
    except (HTTPException, UnicodeDecodeError):
        raise UsageError("that form cannot be read") from None


Uploaded = Annotated[Upload, Depends(_upload)]
