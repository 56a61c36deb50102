"""For programs: what the pages show, as JSON, under ``/api/v1`` (``docs/api.md``), and what a token may do.

A module for each part of the pages; :mod:`answers` says what every answer is made of, :mod:`cursors` where a page of a
list ends, :mod:`description` how all of it is described.
"""

from __future__ import annotations

from archiver.web.programs import (
    accounts,
    capture,
    capture_acts,
    captured,
    challenges,
    changes,
    desk,
    desk_acts,
    handovers,
    moderation,
    moderation_acts,
    official,
    people,
    platforms,
    records,
    register,
    reports,
    sheets,
)

_PARTS = (
    *(accounts, capture, captured, records, changes, challenges, official, moderation, desk, register, reports),
    *(handovers, platforms, people),
)
_LISTS = tuple(one.router for one in _PARTS)
ROUTERS = (*_LISTS, *(one.router for one in (capture_acts, desk_acts, moderation_acts)), sheets.beside(_LISTS))
