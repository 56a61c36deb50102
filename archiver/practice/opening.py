"""The first minute of the live script, written out: what a newcomer is meant to see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

from archiver.practice.acts import Wording
from archiver.practice.cast import Cast
from archiver.practice.city import City
from archiver.practice.words import CITY

_CLOSURE = (
    "Street works: Cooper Avenue is closed between Foundry Street and Heron Court from {day}, 7 a.m., to renew the "
    "water main. Buses 4 and 11 stop at Granary Row. #streetworks"
)
_ODD = "<b onclick=alert(1)>bold?</b> \u202etxet desrever\u202c 🚧"
_RUDE = "The foreman is a crook, he lives at 14 Dunlin Lane, go and tell him yourself!"


class Opening:
    """Second by second: a notice with a wrong date, questions, the correction, and a comment the page deletes."""

    def __init__(self, city: City, cast: Cast) -> None:
        self._city = city
        self._cast = cast
        self._said: dict[str, int] = {}
        day = city.now() + timedelta(days=6)
        self._date = f"{day:%B} {day.day}"
        self._day, self._wrong_day = f"{day:%A}", f"{day - timedelta(days=1):%A}"

    def played(self) -> Iterator[float]:
        """Seconds to wait before each act, which happens when the next value is asked for."""
        now = 0.0
        for second, act in self._acts():
            yield second - now
            now = second
            act()

    def _acts(self) -> list[tuple[float, Callable[[], None]]]:
        at, cast = CITY.lower(), self._cast
        question = f"@{at}_works {self._date} is a {self._day}. Which day is it?"
        amara, ben, chue, dolores, eli = cast.residents[:5]
        return [
            (2, lambda: self._say("closure", cast.works, _CLOSURE.format(day=f"{self._wrong_day}, {self._date}"))),
            (4, lambda: self._say("news", cast.news, "Council adopts the bicycle plan\n\nThe vote was 9 to 4.")),
            (7, lambda: self._say("asked", amara, f"@{at}_works Does this concern the school bus?", "closure")),
            (9, lambda: self._say("rude", ben, f"@{at}_works {_RUDE}", "closure")),
            (11, lambda: self._say("reader", cast.readers[0], "Nine to four, finally.", "news")),
            (14, lambda: self._say("when", chue, question, "closure")),
            (18, lambda: self._say("odd", eli, f"@{at}_works {_ODD}", "closure")),
            (22, lambda: self._picture("library", cast.city)),
            (27, lambda: self._edit("closure", _CLOSURE.format(day=f"{self._day}, {self._date}"))),
            (30, lambda: self._say("thanks", cast.works, f"@chue_vang You are right: {self._day}.", "when")),
            (33, lambda: self._edit("news", "Council adopts the bicycle plan\n\nThe vote was 9 to 3.")),
            (36, lambda: self._say("children", dolores, f"@{at} My children will love this 🎉", "library")),
            (40, lambda: self._delete("rude")),
            (45, lambda: self._share(cast.city, "closure")),
            (50, lambda: self._say("bus", cast.works, "@amara_o Yes, it stops at Granary Row as well.", "asked")),
            (55, lambda: self._say("snow", cast.city, "Snow emergency from 9 p.m.: park on the even side. #snow")),
        ]  # fmt: skip

    def _say(self, name: str, author: int, text: str, answering: str | None = None) -> None:
        parent = None if answering is None else self._said.get(answering)
        self._said[name] = self._city.say(author, text, answering=parent)

    def _picture(self, name: str, author: int) -> None:
        text = "The Main Library is open until 8 p.m. from Monday on. Story time starts at 9:30 a.m. #library"
        medium = self._city.picture("The new reading room")
        self._said[name] = self._city.say(author, Wording(text, media=(medium,)))

    def _edit(self, name: str, text: str) -> None:
        post = self._city.posts[self._said[name]]
        self._city.edit(post.id, replace(post.wording, text=text))

    def _delete(self, name: str) -> None:
        self._city.delete(self._said[name], by="page")

    def _share(self, author: int, name: str) -> None:
        self._city.share(author, self._said[name])
