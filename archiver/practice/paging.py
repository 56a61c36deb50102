"""Paging by ids, newest first, the way Mastodon does it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from archiver.practice.messages import Request

Parameters = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Page:
    """Ids of one page, newest first. ``full``: as many as were asked for, so there may be more."""

    ids: Sequence[int]
    full: bool


def page(ids: Sequence[int], request: Request, default: int = 20, largest: int = 40) -> Page:
    """The page of ``ids`` (ascending) that the request's ``limit, max_id, since_id, min_id`` ask for.

    ``min_id`` gives those directly above it, ``since_id`` the newest above it; both exclusive, as is ``max_id``.
    """
    limit = wanted(request, default, largest)
    upper, lower, above = (_number(request.parameter(name)) for name in ("max_id", "since_id", "min_id"))
    end = len(ids) if upper is None else bisect_left(ids, upper)
    floor = lower if above is None else above
    start = 0 if floor is None else bisect_right(ids, floor)
    end = max(start, end)
    chosen = (
        ids[start : start + limit] if above is not None and start + limit < end else ids[max(start, end - limit) : end]
    )
    return Page(chosen[::-1], bool(chosen) and len(chosen) == limit)


def wanted(request: Request, default: int, largest: int) -> int:
    """How many were asked for, never more than ``largest``."""
    text = request.parameter("limit")
    return default if text is None else min(abs(_leading_number(text)), largest)


def link_header(base: str, request: Request, older: int | None, newer: int | None, keep: Sequence[str]) -> str | None:
    """``Link`` header (RFC 8288) to the older and the newer page; of the parameters those in ``keep`` are kept."""
    kept = [(key, value) for key, value in request.parameters if key in keep]
    links = []
    if older is not None:
        links.append(f'<{address(base, request.path, [*kept, ("max_id", str(older))])}>; rel="next"')
    if newer is not None:
        links.append(f'<{address(base, request.path, [*kept, ("min_id", str(newer))])}>; rel="prev"')
    return ", ".join(links) or None


def address(base: str, path: str, parameters: Parameters) -> str:
    """A URL with its parameters sorted by name, escaped."""
    query = "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in sorted(parameters))
    return f"{base}{path}?{query}" if query else base + path


def _number(text: str | None) -> int | None:
    return None if not text else _leading_number(text)


def _leading_number(text: str) -> int:
    """Ruby's ``to_i``: the number at the beginning, else 0."""
    digits = ""
    for place, letter in enumerate(text.strip()):
        if not (letter in "0123456789" or (place == 0 and letter in "+-")):
            break
        digits += letter
    return int(digits) if digits.lstrip("+-") else 0
