"""What whoever asks keeps at their desk: saved searches and what is new in them, selections, frozen searches; and the
tags and notes of their offices, which are in no answer about a record and in no export (decision 18)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from archiver.desk import frozen_searches, marks, saved, selections
from archiver.desk.news import news, touched
from archiver.errors import NotFound, Refused
from archiver.moderation import briefs as records
from archiver.moderation.briefs import briefs
from archiver.operations.changes import new_since
from archiver.people.actions import Action
from archiver.search.index import SearchTooSlow
from archiver.search.statements import Statement
from archiver.viewing import Viewer
from archiver.web.door import Here, Seen, Who, needs
from archiver.web.programs import cursors
from archiver.web.programs.answers import After, Answer, Id, Limit, Page, Text, Time
from archiver.web.programs.description import routes
from archiver.web.selections import COUNTED

router = routes("desk")


class SavedSearch(Answer):
    """One of your saved searches. ``looked_at``: up to when you have seen what answers it."""

    id: str
    name: Text
    query: Text
    saved_at: Time
    looked_at: Time


class Brief(Answer):
    """A record in a line. All but ``record`` is null where part of it is held back from you."""

    record: str
    account: Text | None = None
    kind: str | None = None
    author: Text | None = None
    text: Text | None = None
    state: str | None = None


class NewHit(Answer):
    """A record that answers a saved search, and became known, was edited, or changed its state."""

    at: Time
    what: Literal["known", "edited", "state"]
    record: Brief


class NewHits(Page[NewHit]):
    """What is new, the latest first. ``until``: up to when; ``exact`` false: there is more than was looked at."""

    until: Time
    exact: bool


class Selection(Answer):
    """One of your selections. ``records``: laid aside one by one; ``frozen``: searches, all of whose records are in
    it."""

    id: str
    name: Text
    made_at: Time
    records: int
    frozen: int


class FrozenSearch(Answer):
    """A search as it was answered then. ``holds``: the list has the hash that the log took down."""

    id: str
    query: Text
    at: Time
    records: int
    sha256: str
    holds: bool
    logged: bool


class FrozenRecord(Answer):
    """One record of a frozen list. ``record`` null: it is withheld from you."""

    place: int
    record: str | None
    account: Text | None
    kind: str | None
    author: Text | None
    text: Text | None
    state: str | None
    edited_since: bool
    state_changed_since: bool


class OneSelection(Selection):
    """One selection, with its frozen searches."""

    searches: list[FrozenSearch]


class Tag(Answer):
    """A tag, and on how many records that you may mark."""

    tag: Text
    records: int


class Note(Answer):
    """What somebody wrote on a record. ``removable``: by you."""

    id: str
    text: Text
    by: Text
    at: Time
    removable: bool


class Marks(Answer):
    """What stands on one record. It is the custodians' own work, and no part of the record."""

    tags: list[Text]
    notes: list[Note]


@router.get("/saved")
@needs(Action.RECORDS_SEARCH)
def list_saved(site: Here, who: Who, limit: Limit = 50, after: After = None) -> Page[SavedSearch]:
    """Your saved searches, by id. Nobody else is told of them."""
    place = cursors.read(after, "saved", str)
    with site.archive.database.read() as connection:
        found = sorted(saved.listed(connection, who.person.id), key=lambda one: one.id)
    shown = [SavedSearch.model_validate(one) for one in found if place is None or one.id > str(place[0])]
    return cursors.page(shown, limit, lambda one: cursors.write("saved", one.id))


@router.get("/saved/{saved_id}")
@needs(Action.RECORDS_SEARCH)
def one_saved(site: Here, who: Who, saved_id: Id) -> SavedSearch:
    """One of them."""
    with site.archive.database.read() as connection:
        return SavedSearch.model_validate(saved.get(connection, who.person.id, saved_id))


@router.get("/saved/{saved_id}/new")
@needs(Action.RECORDS_SEARCH)
def new_in_saved(site: Here, viewer: Seen, who: Who, saved_id: Id, limit: Limit = 50, after: After = None) -> NewHits:
    """What became known, was edited or changed its state since you looked, and answers a saved search."""
    place = cursors.read(after, "new", datetime, str)
    with site.archive.database.read() as connection:
        one = saved.get(connection, who.person.id, saved_id)
        since, until = new_since(connection, one.looked_at), site.archive.clock.now()
        found = news(connection, site.archive.search, one.query, viewer, since, touched(connection, viewer, since))
        if found.slow:
            raise SearchTooSlow("this search takes too long to say what is new: narrow it")
        left = [each for each in found.touches if place is None or (each.at, each.record_id) < place]
        part = cursors.page(left[: limit + 1], limit, lambda each: cursors.write("new", each.at, each.record_id))
        told = _briefs(connection, viewer, [each.record_id for each in part.items])
    items = [NewHit(at=each.at, what=each.what, record=told[each.record_id]) for each in part.items]  # type: ignore[arg-type]
    return NewHits(items=items, next=part.next, until=until, exact=found.exact)


@router.get("/selections")
@needs(Action.RECORDS_SEARCH)
def list_selections(site: Here, who: Who, limit: Limit = 50, after: After = None) -> Page[Selection]:
    """Your selections, by id. Nobody else is told of them."""
    place = cursors.read(after, "selections", str)
    with site.archive.database.read() as connection:
        found = sorted(selections.listed(connection, who.person.id), key=lambda one: one.id)
    shown = [selection_of(one) for one in found if place is None or one.id > str(place[0])]
    return cursors.page(shown, limit, lambda one: cursors.write("selections", one.id))


@router.get("/selections/{selection_id}")
@needs(Action.RECORDS_SEARCH)
def one_selection(site: Here, who: Who, selection_id: Id) -> OneSelection:
    """One of them, with the searches that were frozen for it."""
    with site.archive.database.read() as connection:
        one = selections.get(connection, who.person.id, selection_id)
        frozen = [
            _frozen(each, frozen_searches.check(connection, each))
            for each in selections.frozen(connection, selection_id)
        ]
    return OneSelection(**_selection(one), searches=frozen)


@router.get("/selections/{selection_id}/records")
@needs(Action.RECORDS_SEARCH)
def selected_records(
    site: Here, viewer: Seen, who: Who, selection_id: Id, limit: Limit = 50, after: After = None
) -> Page[Brief]:
    """Every record of a selection that you see now, those of its frozen searches too, each once, by id. Where that are
    very many, take each frozen search by itself."""
    place = cursors.read(after, "selected", str)
    with site.archive.database.read() as connection:
        selections.get(connection, who.person.id, selection_id)
        if sum(len(one.record_ids) for one in selections.frozen(connection, selection_id)) > COUNTED:
            raise Refused("too many records to list each once: take each frozen search as a list of its own")
        every = sorted(selections.records(connection, selection_id, viewer))
        left = [one for one in every if place is None or one > str(place[0])]
        part = cursors.page(left[: limit + 1], limit, lambda one: cursors.write("selected", one))
        told = _briefs(connection, viewer, part.items)
    return Page[Brief](items=[told[one] for one in part.items], next=part.next)


@router.get("/frozen/{statement_id}")
@needs(Action.RECORDS_SEARCH)
def one_frozen(site: Here, who: Who, statement_id: Id) -> FrozenSearch:
    """A frozen search of one of your selections, and whether its list is what was frozen."""
    with site.archive.database.read() as connection:
        return _frozen(*frozen_searches.opened(connection, who.person.id, statement_id))


@router.get("/frozen/{statement_id}/records")
@needs(Action.RECORDS_SEARCH)
def frozen_records(
    site: Here, viewer: Seen, who: Who, statement_id: Id, limit: Limit = 50, after: After = None
) -> Page[FrozenRecord]:
    """Its list, in its order; of what is withheld from you, the place alone."""
    place = cursors.read(after, "frozen", int)
    first = 0 if place is None else int(str(place[0]))
    with site.archive.database.read() as connection:
        one, _ = frozen_searches.opened(connection, who.person.id, statement_id)
        found = list(frozen_searches.lines(connection, viewer, one, first, limit + 1))
        part = cursors.page(found, limit, lambda each: cursors.write("frozen", each.place))
        told = _briefs(connection, viewer, [each.record_id for each in part.items if each.record_id])
    return Page[FrozenRecord](
        items=[_line(each, told.get(each.record_id or "")) for each in part.items], next=part.next
    )


@router.get("/tags")
@needs(Action.RECORDS_MARK)
def list_tags(site: Here, viewer: Seen, limit: Limit = 50, after: After = None) -> Page[Tag]:
    """Every tag that stands on a record that you may mark, by its word."""
    place = cursors.read(after, "tags", str)
    with site.archive.database.read() as connection:
        known = marks.known(connection, viewer)
    shown = [Tag(tag=tag, records=count) for tag, count in known if place is None or tag > str(place[0])]
    return cursors.page(shown, limit, lambda one: cursors.write("tags", one.tag))


@router.get("/records/{record_id}/marks")
@needs(Action.RECORDS_MARK)
def marks_of_record(site: Here, viewer: Seen, who: Who, record_id: Id) -> Marks:
    """The tags and notes on a record."""
    with site.archive.database.read() as connection:
        if not marks.found(connection, viewer, [record_id]):
            raise NotFound("there is no such record")
        return Marks.model_validate(
            marks.of_record(connection, viewer, who.person.id, record_id, site.archive.clock.now())
        )


def selection_of(one: selections.Selected) -> Selection:
    """A selection for programs."""
    return Selection(**_selection(one))


def _selection(one: selections.Selected) -> dict[str, Any]:
    own = ("id", "name", "made_at", "records")
    return {name: getattr(one, name) for name in own} | {"frozen": one.statements}


def _frozen(one: Statement, checked: frozen_searches.Checked) -> FrozenSearch:
    return FrozenSearch(
        id=one.id,
        query=one.query,
        at=one.at,
        records=len(one.record_ids),
        sha256=checked.sha256,
        holds=checked.holds,
        logged=checked.logged,
    )


def _line(line: frozen_searches.Line, brief: Brief | None) -> FrozenRecord:
    said = dict.fromkeys(Brief.model_fields) if brief is None else brief.model_dump()
    return FrozenRecord(place=line.place, edited_since=line.edited, state_changed_since=line.changed, **said)


def _briefs(connection: Connection, viewer: Viewer, record_ids: Sequence[str]) -> dict[str, Brief]:
    told = briefs(connection, viewer, record_ids)
    return {one: Brief(record=one, **_said(told[one])) if one in told else Brief(record=one) for one in record_ids}


def _said(known: records.Brief) -> dict[str, Any]:
    return {name: getattr(known, name) for name in Brief.model_fields if name != "record"}
