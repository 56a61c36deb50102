"""Under what everything was written: comments with two levels, as Facebook and Instagram have them (a reply to a reply
stands under the first comment), and with as many as people like, as Threads has."""

from __future__ import annotations

from archiver.practice import acts
from archiver.practice.city import City


class Tops:
    """Under which comment everything in a city was written, whatever was deleted since."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._parents: dict[int, int | None] = {}
        self._read = 0

    def of(self, number: int) -> int | None:
        """The comment under a post that a comment is, or is a reply to; None for a post."""
        self._catch_up()
        above = self._parents.get(number)
        while above is not None and self._parents.get(above) is not None:
            number, above = above, self._parents[above]
        return None if above is None else number

    def above(self, number: int) -> list[int]:
        """What something answers, what that answers, and so on up to a post."""
        self._catch_up()
        found, parent = [], self._parents.get(number)
        while parent is not None:
            found.append(parent)
            parent = self._parents.get(parent)
        return found

    def _catch_up(self) -> None:
        for act in self._city.journal[self._read :]:
            if isinstance(act, acts.Say):
                self._parents[act.id] = act.parent
        self._read = len(self._city.journal)
