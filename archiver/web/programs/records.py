"""Records: search, one record with everything that is known of it, and its thread."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query

from archiver.challenges import service as challenges
from archiver.challenges.service import ChallengeView
from archiver.official import service as official
from archiver.official.service import Decision
from archiver.operations import found
from archiver.people.actions import Action
from archiver.records import service
from archiver.records.views import RecordView
from archiver.search import index as searches
from archiver.web.door import Here, Seen, needs
from archiver.web.programs import cursors
from archiver.web.programs.answers import After, Answer, Content, Id, Limit, Moment, Page, Text, Time
from archiver.web.programs.description import routes
from archiver.web.search import LONGEST

router = routes("records")


class Author(Answer):
    """Who wrote it, as the platform names them."""

    name: Text | None
    handle: Text | None


class Hit(Answer):
    """One record that answers. ``edited_away``: only what it said before answers."""

    record: str
    account: str
    platform: str
    kind: str
    state: str
    at: Time
    author: Author
    versions: int
    edited_away: bool
    excerpt: Text


class Facets(Answer):
    """Hits counted by value, and how many were edited. ``exact`` false: there are more than were counted."""

    accounts: dict[str, int]
    kinds: dict[str, int]
    states: dict[str, int]
    years: dict[str, int]
    months: dict[str, int]
    edited: int
    exact: bool


class Hits(Page[Hit]):
    """``total`` counts exactly up to 10,000; ``read_as`` says how the query was read, ``not_understood`` which fields
    had a value that is none, each in a sentence: few or no hits may only mean that."""

    query: Text
    read_as: Text
    not_understood: list[Text]
    total: int
    total_is_exact: bool
    facets: Facets | None


class AccountName(Answer):
    """The account of a record."""

    id: str
    platform: str
    handle: Text
    name: Text
    url: Text


class Writer(Answer):
    """Who wrote it, with the platform's id."""

    id: Text | None
    name: Text | None
    handle: Text | None


class Segment(Answer):
    """A stretch of text that stayed, came or went."""

    kind: Literal["same", "added", "removed"]
    text: Text


class Version(Answer):
    """What the record said for a while; times are those of the archive's looks, ``as_of`` the platform's clock."""

    id: str
    number: int
    text: Text
    content: Content
    as_of: Time | None
    first_seen_at: Time | None
    last_seen_at: Time | None
    changes: list[Segment]
    changed: list[Text]


class State(Answer):
    """A state, from when to when it was seen, and the exchanges that first showed it."""

    state: str
    from_at: Time
    last_at: Time
    evidence: list[str]


class Occurrence(Answer):
    """One place where it is stored: ``length`` bytes at ``offset`` of the segment hold the answer, ``place`` is where
    in its body (a JSON pointer, or ``bytes=START-END``)."""

    exchange_id: str
    position: int
    place: Text
    observed_at: Time
    last_seen_at: Time | None
    as_of: Time | None
    retrospective: bool
    version_id: str
    run_id: str
    uri: Text
    status: int | None
    segment_id: str
    segment_key: str
    segment_sha256: str
    offset: int
    length: int
    body_sha256: str
    commitment: str


class Medium(Answer):
    """One file of a record."""

    id: str
    key: Text
    kind: str
    url: Text
    alt_text: Text | None
    state: str
    reason: Text | None
    content_type: Text | None
    sha256: str | None
    size: int | None
    exchange_id: str | None


class Picture(Answer):
    """A picture that the archiver drew of one version. Never evidence of what the platform showed."""

    exchange_id: str
    version: int
    drawn_from: str
    position: int
    drawn_at: Time
    page: str
    browser: str
    whole: bool
    width: int
    height: int
    content_type: str
    sha256: str
    size: int


class Link(Answer):
    """Where a short link that its words name led when it was followed (``state`` *led*), or why that is not known. No
    part of what was captured of the record. ``exchanges`` show it, in order."""

    id: str
    address: Text
    at: Time
    state: Literal["led", "nowhere", "refused", "failed"]
    target: Text | None
    reason: Text | None
    exchanges: list[str]


class ImportedFile(Answer):
    """A file that an export brought with a record."""

    name: Text
    size: int
    sha256: str
    access: str
    exchange_id: str


class Imported(Answer):
    """What one export says of the record, beside what was captured."""

    id: str
    import_id: str
    source: Text | None
    brought_by: Text | None
    brought_at: Time
    stated_at: Time | None
    said_state: Text
    text: Text
    content: Content
    counts: dict[str, int]
    as_of: Time | None
    retrospective: bool
    exchange_id: str
    position: int
    place: Text
    files: list[ImportedFile]


class Suggested(Answer):
    """A record that may be the same one: for a person to say."""

    record_id: str
    captured: bool
    same_words: bool
    text: Text


class Challenge(Answer):
    """What the person whom the record is about, and the authority, said of its accuracy (Wis. Stat. 19.70): once
    ``outcome`` is no longer *open* it goes with every copy of the record. It is no part of what was captured."""

    id: str
    entered_at: Time
    received_on: str
    individual: Text
    authorized: Text | None
    disputed: Text
    outcome: Literal["open", "corrected", "denied"]
    decided_on: str | None
    decided_by: Text | None
    correction: Text | None
    reasons: Text | None
    statement_on: str | None
    statement: Text | None


class OfficialDecision(Answer):
    """What a legal custodian decided on whether the record is official; of several the last counts. ``finding``
    *undecided*: what was decided before is taken back. The questions are those of docs/official.md; null: not
    answered."""

    id: str
    entered_at: Time
    by: Text
    finding: Literal["official", "personal", "campaign", "undecided"]
    evidence: bool | None
    only_here: bool | None
    information: bool | None
    need: bool | None
    authority: Text | None
    reason: Text
    decided_on: str
    decided_by: Text


class Record(Answer):
    """One record. ``versions`` is empty where only exports tell of it; ``occurrences`` are the latest of
    ``occurrence_count``."""

    id: str
    key: Text
    account: AccountName
    kind: str
    word: Text | None
    access: str
    thread_id: str
    parent_id: str | None
    author: Writer
    url: Text | None
    created_at: Time | None
    counts: dict[str, int]
    first_seen_at: Time | None
    last_seen_at: Time | None
    state: str
    versions: list[Version]
    states: list[State]
    occurrences: list[Occurrence]
    occurrence_count: int
    media: list[Medium]
    pictures: list[Picture]
    links: list[Link]
    imported: list[Imported]
    suggested: list[Suggested]
    challenges: list[Challenge]
    official: list[OfficialDecision]


class ThreadRecord(Answer):
    """A record as it stood at that time. ``version`` 0: none was captured."""

    id: str
    kind: str
    word: Text | None
    author: Writer
    url: Text | None
    created_at: Time | None
    first_seen_at: Time | None
    last_seen_at: Time | None
    state: str
    text: Text
    version: int
    versions: int


class Line(Answer):
    """One line of a thread. ``record`` null: answered by others, not captured or not open to you."""

    id: str
    depth: int
    record: ThreadRecord | None


class Thread(Answer):
    """A thread in order. ``whole`` false: only the oldest of its ``total`` records are shown."""

    id: str
    account: AccountName
    as_of: Time | None
    lines: list[Line]
    total: int
    whole: bool


@router.get("/search")
@needs(Action.RECORDS_SEARCH)
def search(
    site: Here,
    viewer: Seen,
    q: Annotated[str, Query(max_length=LONGEST, description="Any text is a query; see docs/search.md.")],
    order: searches.Order = searches.Order.NEWEST,
    facets: bool = False,
    limit: Limit = 50,
    after: After = None,
) -> Hits:
    """One page of hits."""
    place = cursors.read(after, "search", str)
    page = searches.Page(limit, None if place is None else str(place[0]))
    with site.archive.database.read() as connection:
        results = site.archive.search.search(connection, q, viewer=viewer, page=page, order=order, facets=facets)
    made = found.as_json(results, q)
    following = made.pop("next")
    hits, counted = made.pop("hits"), made.pop("facets", None)
    return Hits(items=hits, next=following and cursors.write("search", following), facets=counted, **made)


@router.get("/records/{record_id}")
@needs(Action.RECORDS_VIEW)
def record(
    site: Here,
    viewer: Seen,
    record_id: Id,
    occurrences: Annotated[int, Query(ge=0, le=1000, description="At most so many, the latest.")] = 100,
) -> Record:
    """One record with its versions, states, files, and every place where it is stored."""
    with site.archive.database.read() as connection:
        found = service.record(connection, record_id, viewer, occurrences=occurrences)
        said, decided = challenges.of_record(connection, found.id), official.of_record(connection, found.id)
    return _record(found, said, decided)


@router.get("/records/{record_id}/thread")
@needs(Action.RECORDS_VIEW)
def thread(
    site: Here,
    viewer: Seen,
    record_id: Id,
    as_of: Annotated[Moment | None, Query(description="As it stood then; a moment with its zone.")] = None,
    most: Annotated[int, Query(ge=1, le=5000, description="At most so many records, the oldest.")] = 2000,
) -> Thread:
    """The thread that a record stands in, now or at another time; what is hidden or gone stays in its place."""
    with site.archive.database.read() as connection:
        return Thread.model_validate(service.thread(connection, record_id, as_of, viewer, most=most))


def _record(one: RecordView, said: list[ChallengeView], decided: list[Decision]) -> Record:
    shown = {name: getattr(one, name) for name in Record.model_fields if name not in ("challenges", "official")}
    flat = [{name: each.flat()[name] for name in OfficialDecision.model_fields} for each in decided]
    return Record.model_validate(shown | {"challenges": [each.flat() for each in said], "official": flat})
