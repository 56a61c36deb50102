"""What of the index goes into a bundle: the records as they are read, and where each of their words is stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from archiver import clock
from archiver.challenges import service as challenges
from archiver.challenges.service import ChallengeView
from archiver.records import as_all_saw, service
from archiver.records.followed import LinkView
from archiver.records.seeing import allowed, only_public
from archiver.records.stored import OCCURRENCE, OPEN, RECORD, in_public
from archiver.records.unseen import KNOWN_FROM_IMPORT
from archiver.records.versions import Version, differs
from archiver.records.views import EVERYTHING, MediumView, PictureView, RecordView, StateView, VersionView
from archiver.viewing import Viewer

LINK = ("address", "at", "state", "target", "reason", "exchanges")
"""What a run record says of a short link that was followed, and a bundle with it."""


@dataclass(frozen=True, slots=True)
class Place:
    """One stored occurrence that a bundle proves."""

    exchange: str
    position: int
    version: str


@dataclass(slots=True)
class WantedRecord:
    """One record that is to be handed out."""

    view: RecordView
    places: list[Place]
    thread_key: str | None
    """Key of the first record of its thread, where that is the account's own."""
    media: dict[str, str] = field(default_factory=dict)
    """Files that are in the bundle, by the id of the medium."""
    pictures: dict[str, str] = field(default_factory=dict)
    """Pictures that we drew and that are in the bundle, by the exchange they are stored as."""
    states: list[dict[str, Any]] = field(default_factory=list)
    """Conclusions that the bundle proves, as the manifest has them."""
    links: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Where short links led, as far as the bundle proves it, by the id of the look: name of the part of a run record,
    and number in it."""
    challenges: list[ChallengeView] = field(default_factory=list)
    """That were decided: what they say travels with the record (Wis. Stat. 19.70)."""
    why: str = "not_stored"
    """Why one of its places cannot be shown, as a code."""
    public: bool = False
    """It is for somebody who sees of its account what everybody saw, and nothing else."""

    def opens(self, access: str) -> bool:
        """Whether a part of a run record of this access class may be shown with it."""
        return not self.public or access in OPEN

    @property
    def files(self) -> Iterator[MediumView]:
        """Its files that were fetched."""
        return (one for one in self.view.media if one.state == "fetched" and one.exchange_id is not None)

    @property
    def concluded(self) -> Iterator[StateView]:
        """States in which no answer showed it, so that the archive had to conclude them."""
        shown = {place.exchange for place in self.places}
        return (one for one in self.view.states if one.evidence and not shown & set(one.evidence))


def read(connection: Connection, record_id: str, viewer: Viewer = EVERYTHING) -> WantedRecord:
    """One record from the index, as far as whoever hands it out may see it: of one that was captured in private too,
    they may see less than there is.

    Raises:
        NotFound: there is none, or not for this viewer.
    """
    view = service.record(connection, record_id, viewer, occurrences=1)
    public = only_public(viewer, view.account.id)
    wanted = WantedRecord(view, list(_places(connection, view, public)), _thread_key(connection, view, viewer))
    wanted.public = public
    wanted.challenges = [one for one in challenges.of_record(connection, record_id) if one.decided]
    if not view.captured:
        wanted.why = KNOWN_FROM_IMPORT
    return wanted


def _places(connection: Connection, view: RecordView, public: bool) -> Iterator[Place]:
    """Of each version the first and the last stored occurrence that says all of it."""
    columns = [OCCURRENCE.c[name] for name in ("exchange_id", "position", "version_id", "partial")]
    query = select(*columns).where(OCCURRENCE.c.record_id == view.id)
    query = query.where(in_public(OCCURRENCE.c.exchange_id)) if public else query
    rows = connection.execute(query.order_by(OCCURRENCE.c.arrival, OCCURRENCE.c.ordinal, OCCURRENCE.c.position)).all()
    as_shown = as_all_saw.versions_of(connection, [view.id]).get(view.id, ()) if public else ()
    whole_of = {one.id: _whole(one) for one in as_shown} or _whole_of_rows(rows)
    order = {(row.exchange_id, row.position): number for number, row in enumerate(rows)}
    for version in view.versions:
        for exchange_id, position in _ends(sorted(whole_of.get(version.id, ()), key=order.__getitem__)):
            yield Place(exchange_id, position, version.id)


def _whole_of_rows(rows: Sequence[Row[Any]]) -> dict[str, list[tuple[str, int]]]:
    """By version, where all of it is said; where any of it is, if none says all."""
    own: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        own[row.version_id].append(row)
    whole = {one: [row for row in some if row.partial is None] or some for one, some in own.items()}
    return {one: [(row.exchange_id, row.position) for row in some] for one, some in whole.items()}


def _whole(version: Version) -> list[tuple[str, int]]:
    """The same of a version as everybody saw it."""
    whole = [one for one in version.members if not differs(one, version.scheme, version.content)]
    return [(one.exchange_id, one.position) for one in whole or version.members]


def _ends(places: Sequence[tuple[str, int]]) -> Sequence[tuple[str, int]]:
    return places if len(places) < 2 else (places[0], places[-1])


def _thread_key(connection: Connection, view: RecordView, viewer: Viewer) -> str | None:
    """The address of an answer often names the post under which a comment stands; a city's own post is no secret."""
    query = select(RECORD.c.key, RECORD.c.author_id, RECORD.c.kind).where(RECORD.c.id == view.thread_id)
    row = connection.execute(query.where(*allowed(viewer))).one_or_none()
    return row.key if row is not None and row.kind == "post" else None


def reading(record: WantedRecord, *, pictures: bool = False, challenges: bool = False) -> dict[str, Any]:
    """The archive's reading of a record, as the bundle holds it; with its ``pictures`` and ``challenges`` where it has
    them."""
    view = record.view
    return {
        "note": "The archive's reading of this record. What the platform sent is in the proofs; see HOW-TO-VERIFY.txt.",
        "id": view.id,
        "key": view.key,
        "account": {
            "id": view.account.id,
            "platform": view.account.platform,
            "handle": view.account.handle,
            "name": view.account.name,
            "url": view.account.url,
        },
        "kind": view.kind,
        "word": view.word,
        "access": view.access,
        "parent_id": view.parent_id,
        "author": {"id": view.author.id, "name": view.author.name, "handle": view.author.handle},
        "url": view.url,
        "created_at": _time(view.created_at),
        "first_seen_at": _time(view.first_seen_at),
        "last_seen_at": _time(view.last_seen_at),
        "state": view.state,
        "versions": [_version(record, number) for number in range(len(view.versions))],
        "states": [_state(one) for one in view.states],
        "media": [_medium(record, one) for one in view.media],
    } | _beside(record, pictures=pictures, said=challenges)


def _beside(record: WantedRecord, *, pictures: bool, said: bool) -> dict[str, Any]:
    """What stands beside a reading in later formats."""
    found: dict[str, Any] = {}
    if pictures:
        found["pictures"] = [_picture(record, one) for one in record.view.pictures]
    if said:
        found["challenges"] = [_challenge(one) for one in record.challenges]
    return found


def _challenge(one: ChallengeView) -> dict[str, Any]:
    return {
        "note": "Said about this record under Wis. Stat. 19.70 by the person it is about, and by the authority. Entered"
        " by a person; no part of what was captured.",
        **one.flat(),
        "entered_at": _time(one.entered_at),
    }


def _version(record: WantedRecord, number: int) -> dict[str, Any]:
    version = record.view.versions[number]
    return {
        "id": version.id,
        "number": version.number,
        "text": version.text,
        "content": version.content,
        "as_of": _time(version.as_of),
        "first_seen_at": _time(version.first_seen_at),
        "last_seen_at": _time(version.last_seen_at),
        "stored": [[place.exchange, place.position] for place in record.places if place.version == version.id],
    } | _links(record, version)


def _links(record: WantedRecord, version: VersionView) -> dict[str, Any]:
    """Where the short links of a version led; nothing where none was followed."""
    found = [_link(record, one) for one in record.view.led(version)]
    return {"links": found} if found else {}


def _link(record: WantedRecord, one: LinkView) -> dict[str, Any]:
    """One look. ``run`` and ``index``: where the bundle proves it; None where it does not."""
    run, index = record.links.get(one.id, (None, None))
    return {
        "address": one.address,
        "at": _time(one.at),
        "state": one.state,
        "target": one.target,
        "reason": one.reason,
        "exchanges": list(one.exchanges) if run is not None else [],
        "run": run,
        "index": index,
    }


def _state(state: StateView) -> dict[str, Any]:
    return {
        "state": state.state,
        "from": _time(state.from_at),
        "to": _time(state.last_at),
        "evidence": list(state.evidence),
    }


def _medium(record: WantedRecord, medium: MediumView) -> dict[str, Any]:
    return {
        "id": medium.id,
        "kind": medium.kind,
        "url": medium.url,
        "alt_text": medium.alt_text,
        "state": medium.state,
        "reason": medium.reason,
        "content_type": medium.content_type,
        "sha256": medium.sha256,
        "size": medium.size,
        "file": record.media.get(medium.id),
    }


def _picture(record: WantedRecord, picture: PictureView) -> dict[str, Any]:
    return {
        "note": "Rendered by the archiver from the platform's data. Not captured, not a screenshot of the platform.",
        "exchange": picture.exchange_id,
        "version": picture.version,
        "drawn_from": [picture.drawn_from, picture.position],
        "drawn_at": _time(picture.drawn_at),
        "page": picture.page,
        "browser": picture.browser,
        "whole": picture.whole,
        "width": picture.width,
        "height": picture.height,
        "sha256": picture.sha256,
        "size": picture.size,
        "file": record.pictures.get(picture.exchange_id),
    }


def _time(at: datetime | None) -> str | None:
    return None if at is None else clock.to_text(at)
