"""Live help in the query box: what the word that is being typed may become, and how the whole is read so far.

Fields and their values come from the register and from fixed lists, as far as whoever types sees them; no record is
looked at, so that it is as quick in an archive of a million.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from archiver.desk import marks
from archiver.people.actions import Action
from archiver.search import fields
from archiver.search import query as queries
from archiver.search.analyser import fold
from archiver.visible import visible
from archiver.web.door import Here, Seen, Who, needs
from archiver.web.marks import reach
from archiver.web.search_facets import known_to
from archiver.web.search_help import Field, fields_of

router = APIRouter()
#: Most that is offered at once.
MOST: Final = 10
_LONGEST: Final = 2000
_SIGNS: Final = re.compile(r"[\W_]+")
#: What is being typed: since the last space or parenthesis, or since a field's quotation mark that is still open.
_BEGUN: Final = re.compile(r'(?:^|(?<=[\s(]))-?(?:[A-Za-z]+:["“”„][^"“”]*|[^\s("“”„]*)$')
_QUOTATION: Final = re.compile('["“”„]')
_FIELD: Final = re.compile(r'([A-Za-z]+):["“”„]?(.*)', re.DOTALL)
_MEANS: Final = {
    "account": "one account",
    "department": "accounts of an authority or a department",
    "platform": "accounts of a platform",
    "author": "the name or handle of who wrote it",
    "kind": "post, comment, message and so on",
    "state": "what became of it",
    "has": "edits, media, links, comments",
    "series": "a record series",
    "after": "from that day on",
    "before": "up to the day before",
    "on": "that day, month or year",
    "tag": "a tag of yours",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """What the word may become. ``typed``: as it stands in the box then; ``words``: what it means. ``whole``: nothing
    more has to be typed. ``tag``: it is no word of the query but narrows the search beside it."""

    typed: str
    words: str
    whole: bool = True
    tag: bool = False


def begun(before: str) -> str:
    """The word that is being typed, of the text before the caret; empty between two words and in a phrase."""
    found = _BEGUN.search(before)
    if found is None or len(_QUOTATION.findall(before, 0, found.start())) % 2:
        return ""
    return found[0]


def offers(word: str, known: Iterable[Field], today: date, tags: Iterable[str] | None = None) -> Iterator[Offer]:
    """What a word may become: names of fields, then values. ``tags``: None, where there are none for who types."""
    sign, said = ("-", word[1:]) if word.startswith("-") else ("", word)
    field = _FIELD.fullmatch(said)
    name = field[1].lower() if field else ""
    found: Iterator[Offer]
    if field and name == "tag" and not sign:
        found = (Offer(one, "a tag of yours", tag=True) for one in tags or () if _begins(field[2], one))
    elif field and name in fields.NAMES:
        found = _values(field[2], (one for one in (*known, *_days(today)) if one.name == name))
    elif said and not field:
        found = _of_a_word(said, known, with_tags=tags is not None and not sign)
    else:
        return
    for one in found:
        if visible(one.typed) == one.typed:  # (what would steer the words around it is not put into the box)
            yield Offer(sign + one.typed, one.words, one.whole, one.tag)


@router.get("/search/completions")
@needs(Action.RECORDS_SEARCH, noted=False)
def complete(
    site: Here,
    viewer: Seen,
    who: Who,
    q: Annotated[str, Query(max_length=_LONGEST)] = "",
    rest: Annotated[str, Query(max_length=_LONGEST)] = "",
) -> JSONResponse:
    """``q``: what stands before the caret; ``rest``: what stands behind it."""
    word = "" if rest[:1].strip(")") else begun(q)
    with site.archive.database.read() as connection:
        known, marker = known_to(site, connection, viewer), reach(site, connection, who)
        tags: Iterable[str] | None = None if marker is None else ()
        if marker is not None and word.lower().startswith("tag:"):
            tags = [one for one, _ in marks.known(connection, marker)]
        text = q + rest
        read = queries.parse(text, zone=site.zone.key, register=known.register) if text.strip() else None
    today = site.archive.clock.now().astimezone(site.zone).date()
    found = islice(offers(word, fields_of(known), today, tags), MOST) if word else ()
    return JSONResponse(
        {
            "begun": word,
            "offers": [_told(one) for one in found],
            "reading": visible(queries.describe(read)) if read else "",
            "not_understood": [visible(one) for one in read.not_understood] if read else [],
        }
    )


def _told(one: Offer) -> dict[str, Any]:
    return {"typed": one.typed, "words": visible(one.words), "whole": one.whole, "tag": one.tag}


def _of_a_word(said: str, known: Iterable[Field], *, with_tags: bool) -> Iterator[Offer]:
    names = [name for name in _MEANS if with_tags or name != "tag"]
    yield from (Offer(f"{name}:", _MEANS[name], whole=False) for name in names if name.startswith(said.lower()))
    if len(said) > 1:
        yield from _values(said, known)


def _values(said: str, known: Iterable[Field]) -> Iterator[Offer]:
    for field in known:
        for one in field.values:
            value = one.typed.partition(":")[2]
            if _begins(said, value) or _begins(said, one.words):
                yield Offer(one.typed, "" if fold(one.words) == fold(value) else one.words)


def _begins(said: str, text: str) -> bool:
    """Whether a text, or one of its words, begins with what was typed; case, diacritics and signs do not count."""
    wanted, whole = (_SIGNS.sub(" ", fold(one)).strip() for one in (said, text))
    return not wanted or f" {whole}".find(f" {wanted}") >= 0 or fold(text).startswith(fold(said))


def _days(today: date) -> Iterator[Field]:
    """Days that are asked for often."""
    iso = today.isoformat()
    for name in ("after", "before", "on"):
        values = ((iso, "today"), (iso[:7], "this month"), (iso[:4], "this year"))
        yield Field.of(name, name, ((one, words) for one, words in values))
