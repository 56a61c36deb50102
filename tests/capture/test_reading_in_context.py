"""The account's answer to somebody else is read with what it answers."""

from __future__ import annotations

from datetime import timedelta

from archiver.records.service import thread
from tests.capture.house import START, WATCH, House


def test_an_answer_to_a_stranger_is_read_in_the_strangers_conversation(house: House) -> None:
    city, cast = house.city, house.cast
    asked = city.say(cast.residents[0], "Who clears the snow here?", at=START - timedelta(hours=9))
    too = city.say(cast.residents[1], "I wonder, too.", answering=asked, at=START - timedelta(hours=8))
    answer = city.say(cast.city, "We do, from six.", answering=too, at=START - timedelta(hours=7))
    thanks = city.say(cast.residents[1], "Good!", answering=answer, at=START - timedelta(hours=6))
    house.clock.at = START
    office = house.office()
    house.run(office)
    house.later(hours=1)
    house.run(office, WATCH)

    texts = [(0, "Who clears the snow here?"), (1, "I wonder, too."), (2, "We do, from six."), (3, "Good!")]
    records = house.records()
    for number in (asked, too, answer, thanks):
        with house.archive.database.read() as connection:
            lines = thread(connection, records[f"status/{number}"].id).lines
        assert [(line.depth, line.record and line.record.text) for line in lines] == texts
