"""The archive's account of a month, held against the script's truth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from archiver.capture.models import Exchange, Segment
from archiver.practice.acts import Block, Wording
from archiver.practice.truth import Sight, TrueRecord, Truth
from archiver.practice.words import RAW_HTML
from archiver.records.models import Occurrence
from connectors._mastodon_reading import DESCENDANTS
from connectors.text import tidy
from tests.capture.house import FULL, House, words
from tests.capture.observed import Observed

_RAW = "Unclean markup never closed link"
"""What a reader sees of :data:`RAW_HTML`."""
_KINDS = {"post": {"post", "mention", "share"}, "comment": {"comment"}, "message": {"message"}, "share": {"share"}}
"""What an archive may call what the truth calls so: posts of others are mentions, or what is passed on."""


def check_mastodon(house: House, person: int, *, authorised: bool) -> dict[str, int]:
    """Everything said, changed and vanished is in the archive as it was, and nothing else is. Returns how much it was.

    Every look counts for what may be in the archive; what full looks could see must be.
    """
    truth = Truth(house.city.journal)
    looks = [at for at, _, _ in house.looks]
    full = truth.sights([at for at, _, sweep in house.looks if sweep is FULL], person, authorised=authorised)
    every = truth.sights(looks, person, authorised=authorised)
    known = {int(key.partition("/")[2]): row for key, row in house.records().items() if key.startswith("status/")}
    unseen = _blocked_in_long_threads(house, truth, person, known.keys())
    lost = {number: (truth.records[number], full[number]) for number in set(full) - set(known) - unseen}
    assert not lost, ("said, but not in the archive", lost)
    assert set(known) - set(every) == set(), "in the archive, but never to be seen"
    public = _seen_in_public(house)
    for number, row in known.items():
        said = truth.records[number]
        _check_words(house, said, row)
        _check_place(said, row, known)
        assert row.access == ("public" if row.id in public else "private"), said
        assert said.visibility in ("public", "unlisted") or row.id not in public, said
        if number in full:
            _check_state(house, truth, said, row, full[number])
    return tally(known)


def _blocked_in_long_threads(house: House, truth: Truth, person: int, known: Set[int]) -> set[int]:
    """What was said by people whom the account blocked, in threads of which the archive has as much as strangers are
    ever shown: signed in, the account is not shown what they say."""
    blocked = {act.whom for act in house.city.journal if isinstance(act, Block) and act.person == person}
    posts = [said for said in truth.said() if said.parent is None]
    threads = (truth.thread(said.id) for said in posts)
    long = [thread for thread in threads if sum(said.id in known for said in thread[1:]) >= DESCENDANTS]
    return {said.id for thread in long for said in thread if said.author in blocked}


def _seen_in_public(house: House) -> set[str]:
    """Ids of records that an answer to a stranger shows. A mention is told signed in; that all the world may see it is
    known once it was looked at as a stranger."""
    access = {segment.id: segment.access for segment in house.rows(Segment)}
    public = {exchange.id for exchange in house.rows(Exchange) if access[exchange.segment_id] == "public"}
    return {row.record_id for row in house.rows(Occurrence) if row.exchange_id in public}


def _check_words(house: House, said: TrueRecord, row: object) -> None:
    """Every version until it was last seen, each with its time: the edit history is told by the platform."""
    told = [(version.as_of, words(version.text)) for version in house.versions(f"status/{said.id}")]
    last: datetime = row.last_seen_at  # type: ignore[attr-defined]
    true = [(at, words(*wording_parts(wording))) for at, wording in said.versions if at <= last]
    if said.kind == "share":
        true = [(said.created_at, [])]
    elif row.kind == "share":  # type: ignore[attr-defined]
        # Somebody else's post that the account passed on: what it said before is nobody's record here.
        true = true[-len(told) :]
    assert told == true, said


def wording_parts(wording: Wording) -> list[str]:
    """What a reader reads of a wording."""
    assert wording.html in (None, RAW_HTML)
    body = wording.text if wording.html is None else _RAW
    return [wording.warning, body, *(medium.alt for medium in wording.media)]


def _check_place(said: TrueRecord, row: object, known: dict[int, object]) -> None:
    assert row.kind in _KINDS[said.kind]  # type: ignore[attr-defined]
    assert row.author_id == str(said.author)  # type: ignore[attr-defined]
    assert row.created_at == said.created_at  # type: ignore[attr-defined]
    parent = row.parent_id  # type: ignore[attr-defined]
    if parent is not None and said.parent in known:
        assert parent == known[said.parent].id  # type: ignore[attr-defined]


def _check_state(house: House, truth: Truth, said: TrueRecord, row: object, sight: Sight) -> None:
    """Gone for every later look means *not returned* with two stored answers as evidence, and nothing else does."""
    state: str = row.state  # type: ignore[attr-defined]
    if sight.missing_from is not None:
        assert state == "not_returned", said
    elif state == "not_returned":
        # It came back where nothing leads to it any more: it was not there when somebody last could look.
        assert said.hidden
        assert sight.last_listed < said.hidden[-1][0]
    for interval in house.states(f"status/{said.id}"):
        seen = truth.stands(said.id, interval.from_at)
        assert interval.state == ("visible" if seen else "not_returned"), "it was not so when it was seen so"
        assert truth.stands(said.id, interval.last_at) == seen
        if interval.state == "not_returned":
            look, control = (_status(house, exchange) for exchange in interval.evidence)
            assert (look, control) == (404, 200)


def _status(house: House, exchange: str) -> int:
    (row,) = house.rows(Exchange, Exchange.id == exchange)
    return int(row.status)


def check_feed(house: House, listed: Iterable[tuple[datetime, dict[int, Wording]]]) -> None:
    """What each full look at a feed and its comment feeds could see, given by time, is what the archive says."""
    from connectors._feed_entries import key_of

    looks = list(listed)
    truth = Truth(house.city.journal)
    records = house.records()
    keys = {number: key_of("id", f"{house.server.base_url}/?p={number}") for _, shown in looks for number in shown}
    assert set(keys.values()) - set(records) == set(), "shown, but not in the archive"
    assert set(records) - set(keys.values()) == set(), "in the archive, but never shown"
    for number, key in keys.items():
        shown = [(at, found[number]) for at, found in looks if number in found]
        told = [version.text for version in house.versions(key)]
        expected = [
            wording for (_, wording), before in zip(shown, [None, *shown], strict=False) if _differs(wording, before)
        ]
        assert len(told) == len(expected), truth.records[number]
        for text, wording in zip(told, expected, strict=True):
            assert " ".join(words(_RAW if wording.html else wording.text)) in " ".join(words(text))
        said = truth.records[number]
        standing = all(truth.stands(one, looks[-1][0]) for one in _with_its_post(truth, number))
        assert records[key].state == ("visible" if standing else "not_returned"), said


def _with_its_post(truth: Truth, number: int) -> list[int]:
    """A comment and the post it is under: the page of the one is part of the other's."""
    root = number
    while (parent := truth.records[root].parent) is not None:
        root = parent
    return [number, root]


def _differs(wording: Wording, before: tuple[datetime, Wording] | None) -> bool:
    return before is None or (wording.text, wording.html) != (before[1].text, before[1].html)


def said_of(record: TrueRecord, at: datetime) -> str:
    """What a reader reads of it at a time."""
    return tidy(record.versions_until(at)[-1].text)


def top_of(truth: Truth, said: TrueRecord) -> TrueRecord:
    """The comment under which it stands where there are two levels of them: the first of its branch."""
    while said.parent is not None and truth.records[said.parent].parent is not None:
        said = truth.records[said.parent]
    return said


def shown(truth: Truth, post: TrueRecord, at: datetime) -> Iterator[TrueRecord]:
    """A post and what is under it at a time, where a reply goes with the comment it is under, and all with the post."""
    if truth.stands(post.id, at):
        yield post
        for said in truth.thread(post.id)[1:]:
            if truth.stands(said.id, at) and truth.stands(top_of(truth, said).id, at):
                yield said


@dataclass(frozen=True, slots=True)
class Match:
    """Something that full looks could see, and the row that the archive has of it."""

    said: TrueRecord
    row: Any
    seen: Sequence[datetime]
    """Full looks that could see it."""
    full: Sequence[datetime]
    """All of them."""


def matched(
    house: Observed,
    truth: Truth,
    owner: int,
    known: Mapping[str, Any],
    key_of: Callable[[int], str],
    shown: Callable[[Truth, TrueRecord, datetime], Iterable[TrueRecord]] = shown,
    *,
    visitors: bool = False,
) -> Iterator[Match]:
    """What is ``shown`` with the posts of ``owner``, where it must be in the archive. What nobody could see is not.
    ``known``: rows of the archive, by key. ``visitors``: with those of others that name it as well."""
    said = [one for one in truth.said() if one.kind == "post"]
    posts = [one for one in said if one.author == owner or (visitors and owner in one.mentions)]
    full = [at for at, _, sweep in house.looks if sweep is FULL]
    seen = {at: {one.id for post in posts for one in shown(truth, post, at)} for at, _, _ in house.looks}
    must = {key_of(number): number for at in full for number in seen[at]}
    may = {key_of(number) for numbers in seen.values() for number in numbers}
    lost = {key: [at for at in full if number in seen[at]] for key, number in must.items() if key not in known}
    assert not lost, ("shown, but not in the archive", lost)
    assert set(known) - may == set(), "in the archive, but never shown"
    for key, number in must.items():
        yield Match(truth.records[number], known[key], [at for at in full if number in seen[at]], full)


def check_wordings(house: Observed, one: Match, told: Sequence[str]) -> None:
    """Texts of its versions are those that full looks saw, and nothing that nobody wrote."""
    said = one.said
    # A quicker look may have seen a later wording than the last full one that still showed it.
    assert told[-1] in [said_of(said, at) for at, _, _ in house.looks if at >= one.seen[-1]], said
    if one.full[-1] in one.seen:
        assert told[-1] == said_of(said, one.seen[-1]), said
    assert all(said_of(said, at) in told for at in one.seen), "a full look saw it, the archive does not say it"
    written = [tidy(wording.text) for _, wording in said.versions]
    assert all(text in written for text in told), "nobody wrote that"


def tally(known: Mapping[Any, Any]) -> dict[str, int]:
    """How much there was to see."""
    rows = list(known.values())
    return {
        "records": len(rows),
        "edited": sum(row.versions > 1 for row in rows),
        "gone": sum(row.state == "not_returned" for row in rows),
    }
