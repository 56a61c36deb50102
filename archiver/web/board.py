"""The coverage board, the first page: every account with its colour and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse

from archiver.operations import board, history, proving_record, reconnecting
from archiver.operations.board import Row
from archiver.operations.board_rules import Colour
from archiver.operations.days import DayView
from archiver.operations.wanted import NONE, NONE_IN_WORDS, Wanted
from archiver.people import permission
from archiver.people.actions import Action
from archiver.web import narrowing, words
from archiver.web.asking import words_of
from archiver.web.door import Here, Seen, Who, needs
from archiver.web.register import Sees

router = APIRouter()
PAGE = 40
"""Accounts: a page of them stays below 100 KB."""
TONES = {Colour.GREEN: "good", Colour.AMBER: "warn", Colour.RED: "bad"}
_CELL, _HIGH = 4, 16
"""Of the chart of days: how wide a day is, and how high the chart."""
_HEIGHTS = {"good": 8, "warn": 16, "quiet": 1}
"""What is amiss stands higher: colour is never the only sign."""

_ALL = {
    "colour": "all colours",
    "platform": "all platforms",
    "authority": "all authorities",
    "department": "all departments",
}

ColourName = Literal["red", "amber", "green"]
Colours = Annotated[ColourName | None, Query(description="Only accounts of this colour.")]
Number = Annotated[int, Query(ge=1, le=100_000, description="Which page, from 1.")]


@dataclass(frozen=True)
class Chosen(Wanted):
    """What the board is narrowed to. None: not narrowed."""

    colour: ColourName | None = None

    def keeps(self, row: Row) -> bool:
        return self.colour in (None, row.colour.word) and self.keeps_entry(row.entry)


def chosen(wanted: narrowing.Narrowed, colour: Colours = None) -> Chosen:
    return Chosen(**wanted.given, colour=colour)


Narrowed = Annotated[Chosen, Depends(chosen)]


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter: words, how many accounts have it, and the address of the board narrowed to it."""

    words: str
    count: int
    address: str
    current: bool


@dataclass(frozen=True, slots=True)
class Strip:
    """The chart of an account's days: for each tone the outline of its bars, and all of it in words."""

    paths: tuple[tuple[str, str], ...]
    words: str
    width: int
    height: int = _HIGH


def known_platforms(site: Here, who: Who) -> frozenset[str] | None:
    """Accounts of which whoever was let in may know how their platforms are set up, and what is used of allowances;
    None: of all, those to come too. Where nothing is captured yet, what is set up is known all the same."""
    with site.archive.database.read() as connection:
        asked = (connection, who.person.id, Action.PLATFORMS_VIEW)
        now = site.archive.clock.now()
        if permission.authorities_seen(*asked, now) is None:
            return None
        known = permission.accounts_seen(*asked, now)
        return known or (_NONE_YET if permission.may(*asked, None, now).allowed else frozenset())


_NONE_YET = frozenset({""})
"""No account, and yet not nothing: of no allowance is told, but of platforms."""
SetUp = Annotated[frozenset[str] | None, Depends(known_platforms)]


@router.get("/accounts", response_class=HTMLResponse)
@needs(Action.CAPTURE_VIEW)
def show(
    site: Here, viewer: Seen, sight: Sees, who: Who, set_up: SetUp, narrowed: Narrowed, page: Number = 1
) -> HTMLResponse:
    with site.archive.database.read() as connection:
        made = board.board(site.archive, connection, site.board, sight=sight, platforms=set_up)
        totals = history.totals(connection, viewer)
        found = [one for one in made.rows if narrowed.keeps(one)]
        here = found[(page - 1) * PAGE : page * PAGE]
        waiting = reconnecting.waiting(site.archive, connection, who.person.id, here)
    return site.page(
        "board.html",
        here="accounts",
        board=made,
        rows=[(one, strip(one.days)) for one in here],
        tones=TONES,
        found=len(found),
        narrowed=narrowed,
        filters=_filters(made.rows, narrowed),
        page=page,
        earlier=narrowed.address(page=page - 1 if page > 2 else None) if page > 1 else None,
        later=narrowed.address(page=page + 1) if page * PAGE < len(found) else None,
        totals=totals,
        platforms=proving_record.offered(site.archive),
        **words_of(site, waiting),
    )


def strip(days: tuple[DayView, ...]) -> Strip | None:
    """The chart of these days; None where there are none."""
    if not days:
        return None
    outlines: dict[str, str] = {}
    place = 0
    for tone, some in groupby(days, key=tone_of):
        wide, high = _CELL * len(list(some)), _HEIGHTS[tone]
        outlines[tone] = outlines.get(tone, "") + f"M{place} {_HIGH}v-{high}h{wide}v{high}z"
        place += wide
    return Strip(tuple(outlines.items()), _in_words(days), place)


def tone_of(day: DayView) -> str:
    """*warn*: a gap, or a run that did not see all; *good*: captured; *quiet*: not looked at."""
    return "warn" if day.gap or day.good < day.runs else "good" if day.runs else "quiet"


def _in_words(days: tuple[DayView, ...]) -> str:
    tones = Counter(tone_of(one) for one in days)
    amiss = [f"{one.day}" for one in days if tone_of(one) == "warn"]
    which = "" if not amiss else f" ({amiss[0]})" if len(amiss) == 1 else f" ({amiss[0]} to {amiss[-1]})"
    return (
        f"The last {len(days)} days: captured without trouble on {tones['good']},"
        f" a gap or a run not complete on {tones['warn']}{which}, not looked at on {tones['quiet']}."
    )


def _filters(rows: tuple[Row, ...], narrowed: Chosen) -> dict[str, list[Choice]]:
    """What can be chosen. A filter of one value is none, unless it is in force."""
    groups = {
        "colour": Counter(one.colour.word for one in rows),
        "platform": Counter(one.platform for one in rows),
        "authority": Counter(one.entry.authority or NONE for one in rows),
        "department": Counter(one.entry.department for one in rows),
    }
    found = {}
    for name, counts in groups.items():
        now = getattr(narrowed, name)
        order = ["red", "amber", "green"] if name == "colour" else sorted(counts, key=str.casefold)
        choices = [
            Choice(
                _words_of(name, value),
                counts[value],
                narrowed.address(**{name: value}),
                value == now,
            )
            for value in order
            if value and (counts[value] or name == "colour")
        ]
        every = Choice(_ALL[name], len(rows), narrowed.address(**{name: None}), now is None)
        if len(choices) > 1 or now is not None:
            found[name] = [every, *choices]
    return found


def _words_of(name: str, value: str) -> str:
    if name == "platform":
        return words.platform(value)
    return NONE_IN_WORDS if name == "authority" and value == NONE else value
