"""Settings of moderation as records: whom an account blocks or mutes, which words it filters (law R17). Pure.

A list is one record of all that stands in it, made when its last page was read: so its versions say who was added and
who was taken off, and when. Somebody who is unblocked is not *deleted*, and a list of which a page is missing is no
list. People stand in it by what stays the same when they take another name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from connectors.contract import Ask, JSONValue, RecordKind, SeenRecord
from connectors.values import Json

MOST = 5000
"""Entries of a list. One that is longer is no record, and said not to be one: it would be stored anew, whole, with
every change."""
TOO_MANY = f"a list of more than {MOST:,} entries, which is not kept as a record"
_BEFORE = "listed"


def listed_before(ask: Ask) -> list[str]:
    """What earlier pages of a list showed, as the question for this one knows it."""
    known = ask.context.get(_BEFORE)
    return [one for one in known if isinstance(one, str)] if isinstance(known, list | tuple) else []


def carried(entries: Iterable[str]) -> dict[str, JSONValue]:
    """Context of the question for the next page: what was listed so far."""
    return {_BEFORE: list(entries)}


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
