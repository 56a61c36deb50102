"""What was said in the practice city, as its pages are read in these tests."""

from __future__ import annotations

from datetime import timedelta

import httpx

from tests.capture.house import START, WATCH, House


class Told:
    """What was said, by the ids of its records, and when."""

    def __init__(self, house: House) -> None:
        city, cast = house.city, house.cast
        post = city.say(cast.city, "The post", at=START - timedelta(hours=3))
        edited = city.say(cast.residents[0], "Snow here", answering=post, at=START - timedelta(hours=2))
        gone = city.say(cast.residents[1], "Rude words", answering=post, at=START - timedelta(hours=1))
        office = house.office()
        house.run(office)
        house.later(hours=2)
        city.edit(edited, "Snow and ice here")
        city.delete(gone)
        late = city.say(cast.residents[0], "Late words", answering=post)
        house.run(office, WATCH)
        house.later(hours=2)
        house.run(office, WATCH)
        found = house.records()
        self.post, self.edited, self.gone, self.late = (
            found[f"status/{number}"].id for number in (post, edited, gone, late)
        )
        self.office = office


def read(client: httpx.Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.status_code)
    return answer.text
