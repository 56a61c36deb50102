"""What is kept with one record: its content, where it belongs and how it came (law R19); and that other programs read
all of it without this one (law R15)."""

from __future__ import annotations

import json
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from archiver.practice.acts import Wording
from archiver.records import service as records
from archiver.records.views import RecordView
from archiver.storage.segment_reader import read_exchange
from tests.capture.house import FULL, House
from tests.storage.checkers import fastwarc_verdicts, warcio_passes, warcio_records

PNG = b"\x89PNG"
WORDS = "La nueva calle: https://city.example/plan"


def _said(house: House) -> tuple[int, int]:
    """A post with a described picture in Spanish, and what somebody answered, liked by another."""
    city, office, resident = house.city, house.cast.city, house.cast.residents[0]
    post = city.say(office, Wording(WORDS, media=(city.picture("A map of the new street"),), language="es"))
    house.later(minutes=3)
    answer = city.say(resident, f"@{city.people[office].handle} ¿Cuándo?", answering=post)
    city.like(answer, house.cast.residents[1])
    house.later(minutes=1)
    return post, answer


def _view(house: House, key: str) -> RecordView:
    with house.archive.database.read() as connection:
        return records.record(connection, str(house.records()[key].id))


@pytest.mark.law("R19")
def test_a_record_is_kept_with_its_content_its_context_and_how_it_came(house: House) -> None:
    account, (post, answer) = house.office(), _said(house)
    house.run(account, FULL)
    house.capture.flush(all=True)
    said, run = house.city.posts, house.runs()[-1]
    one, theirs = (_view(house, f"status/{number}") for number in (post, answer))
    for found, number in ((one, post), (theirs, answer)):
        wrote = house.city.people[said[number].author]
        assert found.author.handle is not None
        assert (found.author.id, found.author.name) == (str(said[number].author), wrote.profile.name)
        assert found.created_at is not None
        assert abs(found.created_at - said[number].created_at) < timedelta(seconds=1)
        assert (found.url or "").endswith(f"/{number}"), "permalink"
    assert (theirs.parent_id, theirs.thread_id) == (one.id, one.id)
    assert (one.parent_id, one.thread_id) == (None, one.id)
    assert theirs.counts["favourites"] == 1
    (medium,) = one.media
    assert (medium.alt_text, medium.state, medium.sha256 is not None) == ("A map of the new street", "fetched", True)
    seen = one.occurrences[0]
    row = next(each for each in house.exchanges() if each.id == seen.exchange_id)
    stored = read_exchange(
        house.archive.store, seen.segment_key, row.offset, row.length, row.facts_offset, row.facts_length
    )
    facts, connector = stored.facts, house.archive.platforms.connectors["mastodon"]
    assert (facts["run"], facts["account"]) == (run.id, account), "which job asked, and for whom"
    assert facts["connector"] == {"platform": "mastodon", "version": connector.version}
    assert facts["sent_at"] <= facts["received_at"]
    assert (facts["status"], facts["body_sha256"]) == (200, sha256(stored.body).hexdigest())
    told: Any = json.loads(stored.body)
    for part in filter(None, seen.place.split("/")):
        told = told[int(part)] if isinstance(told, list) else told[part]
    assert (told["id"], told["language"]) == (str(post), "es"), "whatever else the platform said is in its own answer"
    assert "application" in told


@pytest.mark.law("R15", "R68")
def test_other_programs_read_all_that_was_said_from_the_store_alone(house: House) -> None:
    account, (_, answer) = house.office(), _said(house)
    house.run(account, FULL)
    house.later(minutes=5)
    house.city.edit(answer, "No more questions.")
    house.run(account, FULL)
    house.city.delete(answer)
    house.later(minutes=5)
    house.run(account, FULL)
    house.capture.flush(all=True)
    answers = [one.block_sha256 for one in house.exchanges()]
    places = list(house.segments())
    read: list[bytes] = []
    for place in places:
        assert warcio_passes(place), place.name
        assert all(block for _, block, _ in fastwarc_verdicts(place))
        read += [one.block for one in warcio_records(place) if one.type == "response"]
    assert sorted(sha256(block).hexdigest() for block in read) == sorted(answers)
    everything = b"".join(read)
    assert b"La nueva calle" in everything
    assert b"No more questions." in everything
    assert PNG in everything, "pictures too"
