"""What a program does at somebody's desk: saved searches, selections, tags and notes."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Response
from pydantic import Field

from archiver.desk import marks, saved, selections
from archiver.evidence.desk_facts import LONGEST_QUERY
from archiver.people.acting import of_person
from archiver.people.actions import Action
from archiver.web.door import Here, Seen, Who, acts
from archiver.web.programs import keys
from archiver.web.programs.answers import Answer, Id, Key, Moment, Said
from archiver.web.programs.description import routes
from archiver.web.programs.desk import Marks, SavedSearch, Selection, marks_of_record, selection_of

router = routes("acts")
_MOST = 1000
_TAKES = 2**17
_GONE: dict[str, Any] = {"status_code": 204, "response_class": Response}
RecordId = Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,100}$")]


class NewSearch(Said):
    """A query, under a name."""

    name: Annotated[str, Field(min_length=1, max_length=saved.LONGEST_NAME)]
    query: Annotated[str, Field(min_length=1, max_length=LONGEST_QUERY)]


class SeenUntil(Said):
    """Up to when you have seen what is new; a moment with its zone, such as `until` of its list."""

    until: Moment


class NewSelection(Said):
    """A name."""

    name: Annotated[str, Field(min_length=1, max_length=selections.LONGEST_NAME)]


class Records(Said):
    """Ids of records, at most 1,000 at once."""

    records: Annotated[list[RecordId], Field(min_length=1, max_length=_MOST)]


class NewTag(Said):
    """A word or a few, of at most 50 characters; capitals count for nothing."""

    tag: Annotated[str, Field(min_length=1, max_length=marks.LONGEST_TAG)]


class NewNote(Said):
    """What to write."""

    text: Annotated[str, Field(min_length=1, max_length=marks.LONGEST_NOTE)]


class Made(Answer):
    """The id of what was made."""

    id: str


@router.post("/saved", status_code=201)
@acts(Action.SEARCH_KEEP)
def save_search(site: Here, who: Who, key: Key, said: NewSearch) -> SavedSearch:
    """Save a search. Nobody else is told of it."""
    person_id = who.person.id
    saved_id = keys.made_by("sv", person_id, key)
    saved.save(site.archive, of_person(person_id), said.name, said.query, saved_id)
    with site.archive.database.read() as connection:
        return SavedSearch.model_validate(saved.get(connection, person_id, saved_id))


@router.post("/saved/{saved_id}/seen")
@acts(Action.SEARCH_KEEP)
def mark_seen(site: Here, who: Who, saved_id: Id, said: SeenUntil) -> SavedSearch:
    """Remember up to when you have seen what is new; never earlier than before, nor in the future."""
    saved.mark(site.archive, of_person(who.person.id), saved_id, said.until)
    with site.archive.database.read() as connection:
        return SavedSearch.model_validate(saved.get(connection, who.person.id, saved_id))


@router.post("/saved/{saved_id}/remove", **_GONE)
@acts(Action.SEARCH_KEEP)
def remove_search(site: Here, who: Who, saved_id: Id) -> None:
    """Take a search off your list."""
    saved.remove(site.archive, of_person(who.person.id), saved_id)


@router.post("/selections")
@acts(Action.SEARCH_KEEP)
def make_selection(site: Here, who: Who, said: NewSelection) -> Selection:
    """Begin a selection, or find the one of that name."""
    return _selection(site, who, selections.make(site.archive, of_person(who.person.id), said.name))


@router.post("/selections/{selection_id}/records")
@acts(Action.SEARCH_KEEP, largest=_TAKES)
def lay_aside(site: Here, who: Who, selection_id: Id, said: Records) -> Selection:
    """Lay records aside in a selection: all of them or none. One that is in it already stays there, once."""
    selections.add(site.archive, of_person(who.person.id), selection_id, said.records)
    return _selection(site, who, selection_id)


@router.post("/selections/{selection_id}/records/remove")
@acts(Action.SEARCH_KEEP, largest=_TAKES)
def leave_out(site: Here, who: Who, selection_id: Id, said: Records) -> Selection:
    """Take records out of a selection again; or frozen searches, by their ids."""
    selections.leave_out(site.archive, of_person(who.person.id), selection_id, said.records)
    return _selection(site, who, selection_id)


@router.post("/selections/{selection_id}/remove", **_GONE)
@acts(Action.SEARCH_KEEP)
def remove_selection(site: Here, who: Who, selection_id: Id) -> None:
    """Take a selection away. No record is touched by it."""
    selections.remove(site.archive, of_person(who.person.id), selection_id)


@router.post("/records/{record_id}/tags")
@acts(Action.RECORDS_MARK)
def tag_record(site: Here, viewer: Seen, who: Who, record_id: Id, said: NewTag) -> Marks:
    """Put a tag on a record; one that it has stays there, once."""
    marks.tag(site.archive, of_person(who.person.id), [record_id], said.tag)
    return marks_of_record(site, viewer, who, record_id)


@router.post("/records/{record_id}/tags/remove")
@acts(Action.RECORDS_MARK)
def untag_record(site: Here, viewer: Seen, who: Who, record_id: Id, said: NewTag) -> Marks:
    """Take a tag away from a record."""
    marks.untag(site.archive, of_person(who.person.id), [record_id], said.tag)
    return marks_of_record(site, viewer, who, record_id)


@router.post("/records/{record_id}/notes", status_code=201)
@acts(Action.RECORDS_MARK)
def write_note(site: Here, who: Who, record_id: Id, key: Key, said: NewNote) -> Made:
    """Write a note on a record, for those of your offices who may."""
    person_id = who.person.id
    note_id = keys.made_by("nt", person_id, key)
    return Made(id=marks.note(site.archive, of_person(person_id), record_id, said.text, note_id))


@router.post("/records/{record_id}/notes/{note_id}/remove", **_GONE)
@acts(Action.RECORDS_MARK)
def remove_note(site: Here, who: Who, record_id: Id, note_id: Id) -> None:
    """Take one of your own notes away, or one whose writer cannot any more."""
    marks.remove_note(site.archive, of_person(who.person.id), record_id, note_id)


def _selection(site: Here, who: Who, selection_id: str) -> Selection:
    with site.archive.database.read() as connection:
        return selection_of(selections.get(connection, who.person.id, selection_id))
