"""For programs: what the pages show, as JSON, under ``/api/v1`` (``docs/api.md``). It is only read.

A module for each part of the pages; :mod:`answers` says what every answer is made of, :mod:`cursors` where a page of a
list ends, :mod:`description` how all of it is described.
"""

from __future__ import annotations

from archiver.web.programs import accounts, capture, changes, desk, moderation, people, records, register, sheets

_LISTS = tuple(one.router for one in (accounts, capture, records, changes, moderation, desk, register, people))
ROUTERS = (*_LISTS, sheets.beside(_LISTS))
