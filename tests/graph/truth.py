"""What the archive says of an account on one of Meta's platforms, held against the script's truth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from archiver.capture.models import Exchange, Segment
from archiver.practice.truth import TrueRecord, Truth
from archiver.records.models import Occurrence
from connectors.text import tidy
from tests.capture.house import FULL
from tests.capture.observed import Observed
from tests.capture.told import said_of, top_of


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
    shown: Callable[[Truth, TrueRecord, datetime], Iterable[TrueRecord]] = shown,
) -> dict[str, int]:  # fmt: skip
    """Hold what the archive says of the posts of ``owner``, and of what is ``shown`` with them, against the truth."""
    posts = [one for one in truth.said() if one.author == owner and one.kind == "post"]
    full = [at for at, _, sweep in house.looks if sweep is FULL]
    seen = {at: {one.id for post in posts for one in shown(truth, post, at)} for at, _, _ in house.looks}
    known = {key: row for key, row in house.records().items() if key.startswith(prefixes)}
    keys = {one.id: key_of(one) for one in truth.said()}
    must = {keys[number]: number for at in full for number in seen[at]}
    may = {keys[number] for numbers in seen.values() for number in numbers}
    assert set(must) - set(known) == set(), "shown, but not in the archive"
    assert set(known) - may == set(), "in the archive, but never shown"
    for key, number in must.items():
        _check_record(house, truth.records[number], known[key], [at for at in full if number in seen[at]], full)
    _check_classes(house, truth, {keys[number]: number for number in truth.records if keys[number] in known})
    return {
        "records": len(known),
        "edited": sum(row.versions > 1 for row in known.values()),
        "gone": sum(row.state == "not_returned" for row in known.values()),
        "hidden": sum(row.state == "hidden_by_page" for row in known.values()),
    }


def _check_record(
    house: Observed, said: TrueRecord, row: Any, seen: Sequence[datetime], full: Sequence[datetime]
) -> None:
    versions = house.versions(row.key)
    told = [version.text for version in versions if version.content]
    texts = [said_of(said, at) for at in seen]
    # A quicker look may have seen a later wording than the last full one that still showed it.
    assert told[-1] in [said_of(said, at) for at, _, _ in house.looks if at >= seen[-1]], said
    if full[-1] in seen:
        assert told[-1] == texts[-1], said
    assert all(text in told for text in texts), "a full look saw it, the archive does not say it"
    written = [tidy(wording.text) for _, wording in said.versions]
    assert all(text in written for text in told), "nobody wrote that"
    same = [one.content == other.content for one, other in pairwise(versions)]
    assert not any(same), "an edit that nobody made"
    assert row.created_at == said.created_at.replace(microsecond=0)
    last = full[-1]
    expected = "not_returned" if last not in seen else "hidden_by_page" if said.hidden_at(last) else "visible"
    assert row.state == expected, said
    _check_hidden(house, said, row, seen)


def _check_hidden(house: Observed, said: TrueRecord, row: Any, seen: Sequence[datetime]) -> None:
    """Each state was so at the times from when to when the archive says it was seen."""
    states = [state for state in house.states(row.key) if state.state != "not_returned"]
    for state in states:
        for at in (state.from_at, state.last_at):
            assert said.hidden_at(at) == (state.state == "hidden_by_page"), (said, at)
    for at in seen:
        state = "hidden_by_page" if said.hidden_at(at) else "visible"
        assert any(one.state == state for one in states), said


def _check_classes(house: Observed, truth: Truth, known: dict[str, int]) -> None:
    """What was never shown to everybody while anybody looked is nowhere in what is kept as public."""
    public = public_words(house)
    for key, number in known.items():
        said = truth.records[number]
        above = [said, top_of(truth, said)] if said.parent is not None else [said]
        looks = [at for at, _, _ in house.looks if said.exists_at(at)]
        everybody = any(not any(one.hidden_at(at) for one in above) for at in looks)
        assert everybody or key not in public, said
