"""What is known of a record once a sight of it is stored. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from archiver import ids
from archiver.records.contents import Content, contradict, equal, plain
from archiver.records.known_record import KnownInPublic, KnownRecord, KnownSight, KnownTimed, KnownVersion
from archiver.records.sightings import instant
from connectors.contract import AccessClass, Ask, SeenRecord


def learn(
    record: KnownRecord | None, seen: SeenRecord, record_id: str, exchange_id: str, position: int, ask: Ask
) -> KnownRecord:
    """What is known of a record once this sight of it is stored. Close enough to what the index will say to choose the
    next pages of the same batch by; where they could differ, it leads to storing more, never less."""
    scheme, public, in_thread = ask.scheme, ask.access is AccessClass.PUBLIC, seen.thread is not None
    new = _version(seen, exchange_id, position, scheme, public=public)
    media = frozenset(ids.medium_id(record_id, medium.key) for medium in seen.media)
    if record is None:
        return KnownRecord(record_id, seen.key, seen.state.value, (new,), media, public, in_thread)
    version = record.at(new.as_of)
    if version is None:
        index, versions = 0, (new, *record.versions)
    else:
        index = record.versions.index(version)
        if version.scheme == scheme and contradict(new.content, version.content):
            index += 1
            versions = (*record.versions[:index], new, *record.versions[index:])
        else:
            versions = (*record.versions[:index], _merge(version, new), *record.versions[index + 1 :])
    state = record.state if seen.retrospective else seen.state.value
    known = replace(
        record, versions=versions, media=record.media | media, state=state, last=_sight(new, index, versions[index])
    )
    return replace(known, public=record.public or public, in_thread=record.in_thread or in_thread)


def _version(seen: SeenRecord, exchange_id: str, position: int, scheme: int, *, public: bool) -> KnownVersion:
    as_of, content = instant(seen.as_of), plain(seen.content)
    shown = KnownInPublic(exchange_id, position, seen.state.value, not seen.retrospective, as_of)
    return KnownVersion(
        scheme=scheme,
        content=content,
        as_of=as_of,
        seen=not seen.retrospective,
        exchange_id=exchange_id,
        position=position,
        reference_as_of=as_of,
        reference_state=seen.state.value,
        said=content if public else None,
        shown=(shown,) if public else (),
    )


def _sight(new: KnownVersion, index: int, version: KnownVersion) -> KnownSight | None:
    """The same as the sight that was stored last. ``version``: the one that it stands in."""
    is_reference = version.seen and (version.exchange_id, version.position) == (new.exchange_id, new.position)
    if is_reference or not new.seen:
        return None
    told = (new.scheme, new.content, new.exchange_id, new.position, new.reference_as_of, new.reference_state)
    return KnownSight(index, *told)


def _merge(version: KnownVersion, new: KnownVersion) -> KnownVersion:
    scheme = max(version.scheme, new.scheme)
    contents = [one.content for one in (version, new) if one.scheme == scheme]
    content = {name: value for content in contents for name, value in content.items()}
    times = [one.as_of for one in (version, new) if one.as_of is not None]
    # As in the index: live ones first, then those that show the whole of it, or anything, then the latest.
    reference = max((new, version), key=lambda one: (one.seen, _is_whole(one, scheme, content), bool(one.content)))
    return KnownVersion(
        scheme=scheme,
        content=content,
        as_of=min(times, default=None),
        seen=any(one.seen and (one.content or _is_whole(one, scheme, content)) for one in (version, new)),
        exchange_id=reference.exchange_id,
        position=reference.position,
        reference_as_of=reference.reference_as_of,
        reference_state=reference.reference_state,
        said=_said(version, new, scheme, content),
        shown=(*version.shown, *_shown(new, scheme, content)),
        timed=_timed(version, new, scheme, content) if reference.reference_as_of is None else None,
    )


def _timed(version: KnownVersion, new: KnownVersion, scheme: int, content: Content) -> KnownTimed | None:
    """The latest that has a time, of those that both know."""
    for one in (new, version):
        if one.seen and one.reference_as_of is not None and _is_whole(one, scheme, content):
            return KnownTimed(one.exchange_id, one.position, one.reference_as_of, one.reference_state)
    return version.timed if version.scheme == scheme and equal(version.content, content) else None


def _said(version: KnownVersion, new: KnownVersion, scheme: int, content: Content) -> Content | None:
    """What both say together that everybody can see. What stands without its words says nothing of them."""
    both = (one.said for one in (version, new) if one.scheme == scheme)
    said = [one for one in both if one is not None and (one or not content)]
    return {name: value for one in said for name, value in one.items()} if said else None


def _shown(new: KnownVersion, scheme: int, content: Content) -> Iterable[KnownInPublic]:
    words = bool(new.content) or _is_whole(new, scheme, content)
    return (replace(one, words=one.words and words) for one in new.shown)


def _is_whole(one: KnownVersion, scheme: int, content: Content) -> bool:
    return one.scheme == scheme and equal(one.content, content)
