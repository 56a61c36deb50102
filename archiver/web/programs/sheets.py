"""Every list as a sheet: all of its entries, not one page, as CSV for a spreadsheet.

Made of the list itself, page after page, so it holds what the list holds for the same eyes, and a list that comes later
has one too. Bounded in memory: what is written is gone. Where it breaks off, the connection does, so that nobody takes
half a list for a whole one.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterator, Sequence
from inspect import Signature, signature
from typing import Any, get_args, get_type_hints

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel

from archiver.accounts.register import sheets
from archiver.web.door import door_of, needs
from archiver.web.programs.answers import MOST, Page
from archiver.web.programs.description import routes

_PAGED = frozenset({"limit", "after"})


class Sheet(StreamingResponse):
    """A file of CSV."""

    media_type = "text/csv"


def beside(lists: Sequence[APIRouter]) -> APIRouter:
    """For each list of these routes, a route that ends in ``.csv``."""
    made = routes("sheets", prefix="")
    for route in (one for router in lists for one in router.routes if isinstance(one, APIRoute)):
        hints = get_type_hints(route.endpoint, include_extras=True)
        if hints.keys() >= _PAGED and issubclass(hints["return"], Page):
            made.get(f"{route.path}.csv", response_class=Sheet)(_of(route.endpoint, hints))
    return made


def whole(name: str, model: type[BaseModel], items: Sequence[BaseModel]) -> Sheet:
    """A sheet of entries that have no pages."""
    page = Page[Any].model_construct(items=list(items), next=None)
    return _sheet(name, model, page, lambda _: page)


def rows(model: type[BaseModel], page: Page[Any]) -> Iterator[list[str]]:
    """The entries of a page as cells, in the order of :func:`columns`."""
    for one in page.items:
        yield [_cell(value) for value in _values(model, one.model_dump(mode="json"))]


def columns(model: type[BaseModel], under: str = "") -> list[str]:
    """Names of columns: the fields of an answer, those of one within it after a dot."""
    found: list[str] = []
    for name, field in model.model_fields.items():
        within = _within(field.annotation)
        found += [f"{under}{name}"] if within is None else columns(within, f"{under}{name}.")
    return found


def _of(function: Callable[..., Page[Any]], hints: dict[str, Any]) -> Callable[..., Sheet]:
    door = door_of(function)
    assert door is not None
    assert door.action is not None
    (model,) = get_args(hints["return"].model_fields["items"].annotation)
    name = function.__name__.removeprefix("list_").replace("_", "-")

    def sheet(**asked: Any) -> Sheet:
        def ask(after: str | None) -> Page[Any]:
            return function(**asked, limit=MOST, after=after)

        first = ask(None)  # what is refused is refused before anything is sent
        return _sheet(name, model, first, ask)

    asked = [one.replace(annotation=hints[one.name]) for one in signature(function).parameters.values()]
    sheet.__signature__ = Signature([one for one in asked if one.name not in _PAGED])  # type: ignore[attr-defined]
    sheet.__name__ = f"{function.__name__}_sheet"
    sheet.__doc__ = f"{function.__doc__} All of it, as CSV (docs/api.md)."
    return needs(door.action, fresh=door.fresh)(sheet)


def _sheet(name: str, model: type[BaseModel], first: Page[Any], ask: Callable[[str | None], Page[Any]]) -> Sheet:
    headers = {"content-disposition": f'attachment; filename="{name}.csv"'}
    return Sheet(_file(model, first, ask), headers=headers)


def _file(model: type[BaseModel], page: Page[Any], ask: Callable[[str | None], Page[Any]]) -> Iterator[bytes]:
    yield codecs.BOM_UTF8 + sheets.written([columns(model)])
    while True:
        yield sheets.written(rows(model, page))
        if page.next is None:
            return
        page = ask(page.next)


def _within(annotation: Any) -> type[BaseModel] | None:
    """The model of a field that is one answer within another; None: it is something else, or may be missing."""
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _values(model: type[BaseModel], said: dict[str, Any]) -> Iterator[Any]:
    for name, field in model.model_fields.items():
        within = _within(field.annotation)
        if within is None:
            yield said[name]
        else:
            yield from _values(within, said[name])


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "; ".join(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)
