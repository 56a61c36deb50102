"""The desk's lists as CSV: what is new in a saved search, a selection, tags, statements on moderation, of what whoever
asks sees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from archiver.clock import to_text
from archiver.desk import marks, saved, selections
from archiver.desk.news import news, touched
from archiver.errors import UsageError
from archiver.moderation import statements
from archiver.moderation.briefs import briefs
from archiver.moderation.statements import Appeal, StatementView
from archiver.operations.changes import new_since
from archiver.people.actions import Action
from archiver.viewing import Viewer
from archiver.web.door import Here, Seen, Who, needs
from archiver.web.places import seen_account
from archiver.web.selections import COUNTED
from archiver.web.site import Site
from archiver.web.spreadsheet import Cell, as_csv

router = APIRouter()
Id = Annotated[str, Path(max_length=100)]
_RECORD: Final = ("record", "account", "kind", "author", "text", "state")
_AT_ONCE: Final = 500
_SAYS: Final = (
    *("stage", "done", "at", "actor", "actor_name", "against", "matter", "ground", "words", "notice_on", "notice"),
    *("appeal_on", "appeal", "decided_on", "decided_by", "outcome", "restored_on"),
)


@router.get("/saved/{saved_id}/new.csv")
@needs(Action.RECORDS_SEARCH)
def new_hits(site: Here, viewer: Seen, who: Who, saved_id: Id) -> Response:
    """What is new in a saved search: all that was found, not only the first of it."""
    with site.archive.database.read() as connection:
        one = saved.get(connection, who.person.id, saved_id)
        since = new_since(connection, one.looked_at)
        found = news(connection, site.archive.search, one.query, viewer, since, touched(connection, viewer, since))
    if found.slow:
        raise UsageError("this search takes too long to say what is new: narrow it")
    told = {each.record_id: (to_text(each.at), each.what) for each in found.touches}
    rows = ((*told[str(row[0])], *row) for row in _records(site, viewer, list(told)))
    return as_csv("new-in-a-saved-search", ("at", "what", *_RECORD), rows)


@router.get("/selections/{selection_id}/list.csv")
@needs(Action.RECORDS_SEARCH)
def selection(site: Here, viewer: Seen, who: Who, selection_id: Id) -> Response:
    """Every record of a selection that is seen now, those of its frozen searches too, each once."""
    with site.archive.database.read() as connection:
        selections.get(connection, who.person.id, selection_id)
        frozen = selections.frozen(connection, selection_id)
        if sum(len(one.record_ids) for one in frozen) > COUNTED:
            raise UsageError("too many records to list each once: take each frozen search as a list of its own")
        every = selections.records(connection, selection_id, viewer)
    return as_csv("selection", _RECORD, _records(site, viewer, every))


@router.get("/tags.csv")
@needs(Action.RECORDS_MARK)
def tags(site: Here, viewer: Seen) -> Response:
    """Every tag, and on how many records it is."""
    with site.archive.database.read() as connection:
        known = marks.known(connection, viewer)
    return as_csv("tags", ("tag", "records"), known)


@router.get("/moderation.csv")
@needs(Action.RECORDS_VIEW)
def moderation(
    site: Here,
    viewer: Seen,
    who: Who,
    account: Annotated[str, Query(max_length=100)] = "",
    unseen: bool = False,
    appeal: Appeal = "",
) -> Response:
    """Every statement that holds, newest first."""
    if account:
        with site.archive.database.read() as connection:
            seen_account(connection, viewer, account)
    head = ("statement", "said at", "account", *_SAYS, "by", "records", "seen by the archive", "all of it is shown")
    return as_csv("moderation-statements", head, _statements(site, viewer, who.person.id, account, unseen, appeal))


def _records(site: Site, viewer: Viewer, record_ids: Sequence[str]) -> Iterator[tuple[Cell, ...]]:
    """A row for each record; with its id alone where part of it is held back."""
    for first in range(0, len(record_ids), _AT_ONCE):
        part = record_ids[first : first + _AT_ONCE]
        with site.archive.database.read() as connection:
            told = briefs(connection, viewer, part)
        for record_id in part:
            one = told.get(record_id)
            said = ("",) * 5 if one is None else (one.account, one.kind, one.author or "", one.text, one.state)
            yield (record_id, *said)


def _statements(
    site: Site, viewer: Viewer, person_id: str, account: str, unseen: bool, appeal: Appeal
) -> Iterator[tuple[Cell, ...]]:
    before: int | None = None
    while True:
        with site.archive.database.read() as connection:
            found = statements.listed(
                connection,
                viewer,
                person_id,
                account_id=account or None,
                limit=_AT_ONCE,
                before=before,
                only_unseen=unseen,
                appeal=appeal,
            )
        yield from (_statement(one) for _, one in found)
        if len(found) < _AT_ONCE:
            return
        before = found[-1][0]


def _statement(one: StatementView) -> tuple[Cell, ...]:
    says = one.says.model_dump()
    records = " ".join(each.record_id for each in one.records)
    seen = "no" if one.unseen else "yes"
    said = (says[name] or "" for name in _SAYS)
    return (
        *(one.id, to_text(one.entered_at), one.account_id),
        *said,
        *(one.by or "", records, seen, "yes" if one.whole else "no"),
    )
