"""Whether an answer says anything new, so that its bytes must be stored; and if not, what it repeats. Pure.

Unchanged means: content projection, time, state and files equal what is known of the record. Counts, pictures and
display names of authors may differ. An unchanged answer is not stored; the run record names the stored occurrences it
repeats (WARC profile §2.4). When in doubt, store: a needless copy costs bytes, a missing one is a hole in the record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from archiver import ids
from archiver.records.contents import equal, plain, within
from archiver.records.known_record import KnownInPublic, KnownRecord, KnownSight, KnownTimed, KnownVersion
from archiver.records.learning import learn
from archiver.records.sightings import instant
from connectors.contract import AccessClass, Ask, MediaRef, Problem, ProblemKind, Reading, SeenRecord, State

__all__ = [
    "Choice",
    "Kept",
    "KnownInPublic",
    "KnownRecord",
    "KnownSight",
    "KnownTimed",
    "KnownVersion",
    "Reason",
    "choose",
    "learn",
    "news",
    "problem_key",
]


class Reason(StrEnum):
    """Why an answer is stored."""

    NEW_RECORD = "new_record"
    CONTENT = "content"
    """A record says something else, or more, than what is known."""
    TIME = "time"
    """The platform gives the same words another time."""
    STATE = "state"
    ACCESS = "access"
    """What was only seen signed in is seen in public: the record, its words, or its state."""
    THREAD = "thread"
    """The thread it belongs to was not known."""
    MEDIA = "media"
    HISTORY = "history"
    """An earlier version that was not known."""
    STANDING = "standing"
    """What was only known from the platform's history is seen standing."""
    SCHEME = "scheme"
    """Read with another content projection than what is known, so it cannot be compared."""
    QUARANTINE = "quarantine"
    PART = "part"
    """A page of a record that is made of several."""
    PROBLEM = "problem"
    DRIFT = "drift"


@dataclass(frozen=True, slots=True)
class Kept:
    """What need not be stored again, because an archived exchange of the account shows it already."""

    drift: frozenset[str] = frozenset()
    problems: frozenset[str] = frozenset()
    """By :func:`problem_key`, of asks that have not worked since."""
    bytes: bool = False
    """The very bytes of the answer."""


@dataclass(frozen=True, slots=True)
class Choice:
    store: bool
    reasons: tuple[Reason, ...] = ()
    same: list[tuple[str, int]] = field(default_factory=list)
    """Where the answer is not stored: (exchange, position) of the stored occurrences that it repeats."""
    named: list[tuple[str, int]] = field(default_factory=list)
    """The same of those of which it does not show the words again: only that they are there, in that state."""
    new_media: list[tuple[str, MediaRef]] = field(default_factory=list)
    """Files that are not known yet, each once, with the key of their record: to be fetched in this run."""


_NEVER_KEPT = frozenset({ProblemKind.RATE, ProblemKind.TRANSIENT})
_NOTHING_KEPT = Kept()


def choose(
    reading: Reading, known: Mapping[str, KnownRecord], ask: Ask | None = None, kept: Kept = _NOTHING_KEPT
) -> Choice:
    """Store this answer, or only note what it repeats.

    Args:
        known: what is known of the reading's records (and of those a direct look asked for), by key.
        ask: what was asked: its scheme, and the keys of a direct look. None: scheme 1, no look.
        kept: problems and unknown fields that are archived already.
    """
    scheme = 1 if ask is None else ask.scheme
    reasons: dict[Reason, None] = {}
    same: dict[tuple[str, int], None] = {}
    named: dict[tuple[str, int], None] = {}
    new_media: dict[tuple[str, str], tuple[str, MediaRef]] = {}
    for seen in reading.records:
        record = known.get(seen.key)
        for ref in _new_media(record, seen):
            new_media.setdefault((seen.key, ref.key), (seen.key, ref))
        reason = Reason.NEW_RECORD if record is None else news(record, seen, scheme) or _surroundings(record, seen, ask)
        if reason is not None:
            reasons[reason] = None
        elif record is not None and not seen.retrospective:
            repeated = _repeated(record, seen)
            shown = _shown_again(record, seen, repeated) if _is_public(ask) else repeated
            assert shown is not None  # else _surroundings had it stored
            whole = bool(seen.content) or not _says(record, seen, shown)
            (same if whole else named)[shown.exchange_id, shown.position] = None
    reasons |= dict.fromkeys(_other_reasons(reading, known, ask, kept))
    if reasons:
        return Choice(True, tuple(reasons), new_media=list(new_media.values()))
    return Choice(False, (), list(same), list(named))


def news(record: KnownRecord, seen: SeenRecord, scheme: int) -> Reason | None:
    """What a sight of a known record adds to what is known of it; None: nothing."""
    as_of = instant(seen.as_of)
    version = _of_one_moment(record, seen, as_of) or record.at(as_of)
    if version is not None and version.scheme != scheme:
        return Reason.SCHEME
    if version is None or not within(plain(seen.content), version.content):
        return Reason.HISTORY if seen.retrospective else Reason.CONTENT
    if _new_media(record, seen):
        return Reason.MEDIA
    if seen.retrospective or _is_last_again(record, version, seen, as_of):
        return None
    return _standing_news(record, version, seen, as_of)


def _of_one_moment(record: KnownRecord, seen: SeenRecord, as_of: datetime | None) -> KnownVersion | None:
    """What a history shows again, where several versions are of one moment by the platform's clock: it may be coarse,
    and no time then tells them apart."""
    if not seen.retrospective or as_of is None:
        return None
    same = (version for version in record.versions if version.as_of == as_of)
    return next((version for version in same if within(plain(seen.content), version.content)), None)


def _repeated(record: KnownRecord, seen: SeenRecord) -> KnownVersion | KnownSight:
    """The stored occurrence that a sight repeats which adds nothing: of its version the one that shows most of it,
    where that says the same of time and state."""
    as_of = instant(seen.as_of)
    version = record.at(as_of) or record.current
    if record.last is not None and _standing_news(record, version, seen, as_of) is not None:
        return record.last
    return version.as_repeated(as_of)


def _is_last_again(record: KnownRecord, version: KnownVersion, seen: SeenRecord, as_of: datetime | None) -> bool:
    """Whether a sight of a version is the one again that was stored last, in every respect. What goes on standing
    without its words never shows the whole of a version, so it would be news each time: beside the words, it is of
    another state and has no time. Where anything else was stored since (the words again, another state), or concluded,
    it is news."""
    last = record.last
    return (
        last is not None
        and record.versions[last.version] is version
        and last.scheme == version.scheme
        and seen.state.value == last.state == record.state
        and as_of == last.as_of
        and equal(plain(seen.content), last.content)
    )


def _surroundings(record: KnownRecord, seen: SeenRecord, ask: Ask | None) -> Reason | None:
    """What a sight of a known record adds to where it was seen: in public, in its thread."""
    if _is_public(ask) and _is_first_in_public(record, seen):
        return Reason.ACCESS
    if seen.retrospective:
        return None
    return Reason.THREAD if seen.thread not in (None, seen.key) and not record.in_thread else None


def _is_public(ask: Ask | None) -> bool:
    return ask is not None and ask.access is AccessClass.PUBLIC


def _is_first_in_public(record: KnownRecord, seen: SeenRecord) -> bool:
    """Whether everybody can see now what was only seen in private: that the record is there, what it says, or its
    state."""
    as_of = instant(seen.as_of)
    version = _of_one_moment(record, seen, as_of) or record.at(as_of) or record.current
    says = bool(seen.content) or not version.content
    if says and (version.said is None or not within(plain(seen.content), version.said)):
        return True
    if seen.retrospective:
        return False
    return not record.public or _shown_again(record, seen, _repeated(record, seen)) is None


def _shown_again(
    record: KnownRecord, seen: SeenRecord, repeated: KnownVersion | KnownSight
) -> KnownVersion | KnownSight | KnownInPublic | None:
    """What a sight repeats that everybody could have: of what they could see, not of what was seen in private, so that
    the one says nothing of when the other was seen. None: nothing of it is like this."""
    version = record.at(instant(seen.as_of)) or record.current
    of_words = bool(seen.content) or not version.content
    among = [*version.shown] if of_words else [one for each in record.versions for one in each.shown]
    place = repeated.exchange_id, repeated.position
    if any((one.exchange_id, one.position) == place for one in among):
        return repeated
    like = (one for one in reversed(among) if one.state == seen.state.value and (one.words or not of_words))
    return next((one for one in like if not of_words or _is_of(one, instant(seen.as_of), among)), None)


def _is_of(one: KnownInPublic, as_of: datetime | None, among: Iterable[KnownInPublic]) -> bool:
    """Whether an occurrence in public is of a time by the platform's clock: that one, or within those told in
    public."""
    if as_of is None or one.as_of is None:
        return as_of is one.as_of
    times = [each.as_of for each in among if each.words and each.as_of is not None]
    return one.as_of == as_of or min(times, default=as_of) < as_of <= one.as_of


def _says(record: KnownRecord, seen: SeenRecord, shown: KnownVersion | KnownSight | KnownInPublic) -> bool:
    """Whether a stored occurrence shows words, so that one without any does not show the same again."""
    if isinstance(shown, KnownInPublic):
        return shown.words and bool((record.at(instant(seen.as_of)) or record.current).content)
    return bool(shown.content)


def _new_media(record: KnownRecord | None, seen: SeenRecord) -> list[MediaRef]:
    if record is None:
        return list(seen.media)
    return [ref for ref in seen.media if ids.medium_id(record.id, ref.key) not in record.media]


def _standing_news(
    record: KnownRecord, version: KnownVersion, seen: SeenRecord, as_of: datetime | None
) -> Reason | None:
    if not version.seen:
        return Reason.STANDING
    version = version.as_repeated(as_of)
    if as_of != version.reference_as_of and not _spans(version, as_of):
        return Reason.TIME
    if seen.state.value != record.state or seen.state.value != version.reference_state:
        return Reason.STATE
    return None


def _spans(version: KnownVersion, as_of: datetime | None) -> bool:
    """Whether a version is known from before to after a time, so that its occurrence then would be nothing new."""
    start, end = version.as_of, version.reference_as_of
    return as_of is not None and start is not None and end is not None and start <= as_of <= end


def _other_reasons(reading: Reading, known: Mapping[str, KnownRecord], ask: Ask | None, kept: Kept) -> Iterable[Reason]:
    if any(key in known and known[key].state == State.NOT_RETURNED for key in reading.present):
        yield Reason.STATE
    if reading.quarantine and not kept.bytes:
        yield Reason.QUARANTINE
    if reading.part and not kept.bytes:
        yield Reason.PART
    if reading.problem is not None and _worth_keeping(reading.problem, known, ask, kept):
        yield Reason.PROBLEM
    if not kept.drift.issuperset(reading.drift):
        yield Reason.DRIFT


def _worth_keeping(problem: Problem, known: Mapping[str, KnownRecord], ask: Ask | None, kept: Kept) -> bool:
    if problem.kind in _NEVER_KEPT:
        return False
    if ask is None:
        return True
    looked_for = ask.context.get("look")
    if problem.kind is ProblemKind.GONE and isinstance(looked_for, list | tuple) and looked_for:
        return any(key not in known or known[key].state != State.NOT_RETURNED for key in looked_for)
    return problem_key(ask, problem) not in kept.problems


def problem_key(ask: Ask, problem: Problem) -> str:
    """What makes two problems the same one: of the same kind, with the same question. Some platforms have one address
    for all questions, which differ by their parameters or their body."""
    return f"{problem.kind.value} {ask.method} {ask.url} {ask.parameters!r} {ask.body!r}"
