"""What somebody typed into a form: small, as browsers send it, every field once."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from archiver.errors import UsageError


class Form:
    """The fields of one form."""

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        self._fields = fields

    def __getitem__(self, name: str) -> str:
        """A field; empty where it was not sent.

        Raises:
            UsageError: it was sent several times.
        """
        found = self.all(name)
        if len(found) > 1:
            raise UsageError("a field was sent several times")
        return found[0] if found else ""

    def __contains__(self, name: str) -> bool:
        """Whether a field was sent, if only empty."""
        return any(field == name for field, _ in self._fields)

    def all(self, name: str) -> list[str]:
        """Every value of a field: of boxes that were ticked."""
        return [value for field, value in self._fields if field == name]


def is_form(request: Request) -> bool:
    """Whether a form without a file was sent."""
    return request.headers.get("content-type", "").partition(";")[0].strip() == "application/x-www-form-urlencoded"


def read(body: bytes) -> list[tuple[str, str]]:
    """The fields of a form, as its browser sent it.

    Raises:
        UsageError: it is none.
    """
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=100)
    except ValueError:
        raise UsageError("that form cannot be read") from None


async def _form(request: Request) -> Form:
    body = await request.body()
    return Form(read(body) if is_form(request) else [])


Typed = Annotated[Form, Depends(_form)]
