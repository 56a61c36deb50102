"""What the archive says of an account on one of Meta's platforms, held against the script's truth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from archiver.capture.models import Exchange, Segment
from archiver.practice.truth import TrueRecord, Truth
from archiver.records.models import Occurrence
from tests.capture.observed import Observed
from tests.capture.told import Match, check_wordings, matched, tally, top_of


def public_words(house: Observed) -> set[str]:
    """Keys of records whose words stand in an answer that is kept as public."""
    access = {segment.id: segment.access for segment in house.rows(Segment)}
    public = {exchange.id for exchange in house.rows(Exchange) if access[exchange.segment_id] == "public"}
    keys = {row.id: key for key, row in house.records().items()}
    return {keys[row.record_id] for row in house.rows(Occurrence) if row.exchange_id in public}


def shown(truth: Truth, post: TrueRecord, at: datetime) -> Iterator[TrueRecord]:
    """What the owner's token is shown of a post at a time: hidden comments too; a reply goes with the comment it is
    under."""
    if truth.records[post.id].exists_at(at):
        yield post
        for said in truth.thread(post.id)[1:]:
            if said.exists_at(at) and top_of(truth, said).exists_at(at):
                yield said


def hold(
    house: Observed, truth: Truth, owner: int, prefixes: tuple[str, ...], key_of: Callable[[TrueRecord], str],
    shown: Callable[[Truth, TrueRecord, datetime], Iterable[TrueRecord]] = shown, *, visitors: bool = False,
) -> dict[str, int]:  # fmt: skip
    """Hold what the archive says of the posts of ``owner``, and of what is ``shown`` with them, against the truth."""
    known = {key: row for key, row in house.records().items() if key.startswith(prefixes)}
    keys = {one.id: key_of(one) for one in truth.said()}
    for one in matched(house, truth, owner, known, keys.__getitem__, shown, visitors=visitors):
        _check_record(house, one)
    _check_classes(house, truth, {keys[number]: number for number in truth.records if keys[number] in known})
    return tally(known) | {"hidden": sum(row.state == "hidden_by_page" for row in known.values())}


def _check_record(house: Observed, one: Match) -> None:
    said, row, versions = one.said, one.row, house.versions(one.row.key)
    check_wordings(house, one, [version.text for version in versions if version.content])
    same = [one.content == other.content for one, other in pairwise(versions)]
    assert not any(same), ("an edit that nobody made", said, versions)
    assert row.created_at == said.created_at.replace(microsecond=0)
    last = one.full[-1]
    expected = "not_returned" if last not in one.seen else "hidden_by_page" if said.hidden_at(last) else "visible"
    assert row.state == expected, said
    _check_hidden(house, said, row, one.seen)


def _check_hidden(house: Observed, said: TrueRecord, row: Any, seen: Sequence[datetime]) -> None:
    """Each state was so at the times from when to when the archive says it was seen."""
    states = [state for state in house.states(row.key) if state.state != "not_returned"]
    for state in states:
        for at in (state.from_at, state.last_at):
            assert said.hidden_at(at) == (state.state == "hidden_by_page"), (said, at)
    for at in seen:
        state = "hidden_by_page" if said.hidden_at(at) else "visible"
        assert any(one.state == state for one in states), said


def _above(truth: Truth, said: TrueRecord) -> Iterator[TrueRecord]:
    """The comment that it goes with, and the post."""
    if said.parent is not None:
        top = top_of(truth, said)
        assert top.parent is not None
        yield from (top, truth.records[top.parent])


def _check_classes(house: Observed, truth: Truth, known: dict[str, int]) -> None:
    """What was never shown to everybody while anybody looked is nowhere in what is kept as public."""
    public = public_words(house)
    for key, number in known.items():
        said = truth.records[number]
        above = [said, *_above(truth, said)]
        looks = [at for at, _, _ in house.looks if said.exists_at(at)]
        everybody = any(not any(one.hidden_at(at) for one in above) for at in looks)
        assert everybody or key not in public, said
