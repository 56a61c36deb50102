"""Settings of moderation as records: whom an account blocks or mutes, which words it filters (law R17). Pure.

A list is one record of all that stands in it, made when its last page was read: so its versions say who was added and
who was taken off, and when. Somebody who is unblocked is not *deleted*, and a list of which a page is missing is no
list. Nor is one whose pages are of different times: where a page is put again by a later run, the list is read from
its beginning. People stand in it by what stays the same when they take another name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from connectors.answers import moment
from connectors.contract import Ask, JSONValue, Problem, ProblemKind, RecordKind, SeenRecord
from connectors.values import Json

MOST = 5000
"""Entries of a list. One that is longer is no record, and said not to be one: it would be stored anew, whole, with
every change."""
UNREAD = "a list of which something cannot be read"
TOO_MANY = f"a list of more than {MOST:,} entries, which is not kept as a record"
TOGETHER = timedelta(hours=1)
"""Within which all pages of a list were read that are taken together."""
_BEFORE = "listed"
_SINCE = "listed_since"


def listed_before(ask: Ask) -> list[str]:
    """What earlier pages of a list showed, as the question for this one knows it."""
    known = ask.context.get(_BEFORE)
    return [one for one in known if isinstance(one, str)] if isinstance(known, list | tuple) else []


def carried(ask: Ask, entries: Iterable[str], at: datetime) -> dict[str, JSONValue]:
    """Context of the question for the page after the one of ``ask``, which came at ``at``: what was listed so far, and
    since when."""
    return {**ask.context, _BEFORE: list(entries), _SINCE: ask.context.get(_SINCE) or at.isoformat()}


def no_list(entries: Sequence[str], *, unread: bool) -> Problem | None:
    """Why the entries so far make no list of all: something of it could not be read, or it is too long; None: they
    may."""
    if unread:
        return Problem(ProblemKind.CONTRACT, UNREAD)
    return Problem(ProblemKind.BEYOND, TOO_MANY) if len(entries) > MOST else None


def not_shown(platform: str) -> Problem:
    """What follows from a list of roles in which nobody stands. Whoever may ask for it has a role and stands in it: so
    it is not shown, and nobody was taken off (law R16)."""
    return Problem(ProblemKind.PERMISSION, f"{platform} names nobody who has a role, though whoever asks must have one")


def is_late(ask: Ask, at: datetime) -> bool:
    """Whether a page came too long after the first one for both to tell of one time."""
    since = moment(ask.context.get(_SINCE))
    return since is not None and not timedelta(0) <= at - since <= TOGETHER


def anew(ask: Ask, *paging: str) -> Ask:
    """The question for the first page again. ``paging``: names of the parameters that only later pages have."""
    context = {name: value for name, value in ask.context.items() if name not in (_BEFORE, _SINCE)}
    return replace(ask, parameters=tuple(one for one in ask.parameters if one[0] not in paging), context=context)


def list_record(
    name: str, words: str, entries: Sequence[str], *, member: str = "people", place: str = ""
) -> SeenRecord:
    """All that stands in a list.

    Args:
        name: of the list; its key is ``settings/NAME``.
        words: what stands in it, as in *blocked*.
        member: of the content projection, which is ``{MEMBER: sorted entries}``.
    """
    known = sorted(set(entries))
    told = ", ".join(known) if known else "nobody" if member == "people" else "none"
    return setting_record(name, {member: known}, f"{words}: {told}", f"list of {words}", place)


def setting_record(name: str, content: Json, text: str, word: str, place: str = "") -> SeenRecord:
    """One setting. Its key is ``settings/NAME``."""
    return SeenRecord(f"settings/{name}", RecordKind.SETTINGS, place, content, text, word=word)
