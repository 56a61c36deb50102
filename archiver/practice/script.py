"""Scripts for the city: a month for tests, played step by step, and the life a newcomer watches."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from archiver.clock import SetClock
from archiver.practice.actors import Actors
from archiver.practice.acts import Act
from archiver.practice.cast import Cast
from archiver.practice.city import City
from archiver.practice.opening import Opening

_DAY = timedelta(days=1)
CALM = (("comment", 55), ("post", 20), ("like", 10), ("edit", 9), ("deletion", 4), ("share", 2))
_FIRST_PAUSE, _LAST_PAUSE, _SLOWER = 6.0, 300.0, 1.04


@dataclass(frozen=True, slots=True)
class Step:
    """One act that has just happened. The city's clock, where it is a :class:`SetClock`, stands at ``at``."""

    number: int
    at: datetime
    act: Act


def month(
    city: City, cast: Cast, seed: int = 1, *, home: str = "mastodon", days: float = 30, posts: int = 40,
    comments: int = 160, depth: int = 6, edits: int = 24, deletions: int = 16, hides: int = 6, shares: int = 4,
    likes: int = 60, messages: int = 4, mentions: int = 6, profiles: int = 1, visits: int = 0,
) -> Iterator[Step]:  # fmt: skip
    """Play a month from the city's present time on: exactly so many of each act, half the hides taken back.
    ``visits``: posts of residents on an office's page; a half as many edits of those, a quarter as many are hidden, and
    as many deleted.

    The first act is a post, then comments as deep as ``depth``; the rest comes in an order and at times that ``seed``
    decides. Compare afterwards with ``Truth(city.journal)``.

    Raises:
        ValueError: more acts asked for than there can be, e.g. edits without posts.
    """
    draw = random.Random(f"month {seed}")  # noqa: S311 - a script, not a secret
    wanted = {
        "post": posts - 1, "comment": comments - min(depth, comments), "edit": edits, "deletion": deletions,
        "hide": hides, "unhide": hides // 2, "share": shares, "like": likes, "message": messages, "mention": mentions,
        "profile": profiles, "visit": visits, "visit edit": visits // 2, "visit hide": visits // 4,
        "visit unhide": visits // 8, "visit deletion": visits // 4,
    }  # fmt: skip
    rest = [kind for kind, count in wanted.items() for _ in range(count)]
    draw.shuffle(rest)
    kinds = ["post"] * (posts > 0) + ["comment"] * min(depth, comments) + rest
    actors = Actors(city, cast, draw, home=home, depth=depth)
    yield from _played(city, actors, kinds, _times(draw, city.now(), days, len(kinds)))


def live(
    city: City, cast: Cast, seed: int = 1, *, opening: bool = True, limit: int = 20_000,
    homes: Sequence[str] = ("mastodon", "mastodon", "web"), acts: Sequence[tuple[str, int]] = CALM,
) -> Iterator[float]:  # fmt: skip
    """The life a newcomer watches. Gives seconds to wait before what happens when the next value is asked for.

    ``homes``: platforms it is on, in proportion. ``acts``: what happens there, and how often beside each other.

    Within the first minute posts and comments arrive, a wrong date is corrected and the page deletes a comment.
    Afterwards every few seconds something happens, less and less often. After ``limit`` acts, months later,
    everybody falls silent, so that memory stays bounded.
    """
    if opening:
        yield from Opening(city, cast).played()
    draw = random.Random(f"life {seed}")  # noqa: S311 - a script, not a secret
    everywhere = [Actors(city, cast, draw, home=home, depth=4) for home in homes]
    names, weights = zip(*acts, strict=True)
    pause = _FIRST_PAUSE
    while len(city.journal) < limit:
        yield pause * draw.uniform(0.5, 1.5)
        pause = min(_LAST_PAUSE, pause * _SLOWER)
        actors, kind = draw.choice(everywhere), draw.choices(names, weights)[0]
        if not actors.turns[kind](city.now()):
            actors.post(city.now())


def backlog(
    city: City, cast: Cast, seed: int = 1, *, days: float = 20, posts: int = 12, comments: int = 40,
    homes: Sequence[str] = ("mastodon", "web"),
) -> None:  # fmt: skip
    """What was said in the days before now, on each of these platforms."""
    start = city.now() - days * _DAY
    for home in homes:
        draw = random.Random(f"past {home} {seed}")  # noqa: S311 - a script, not a secret
        actors = Actors(city, cast, draw, home=home, depth=4)
        kinds = ["post", *draw.sample(["post"] * (posts - 1) + ["comment"] * comments, posts - 1 + comments)]
        for kind, at in zip(kinds, _times(draw, start, days * 0.98, len(kinds)), strict=True):
            actors.turns[kind](at)


def _times(draw: random.Random, start: datetime, days: float, count: int) -> list[datetime]:
    """Different times, ascending, after ``start``."""
    span = int(days * 86_400_000)
    return [start + timedelta(milliseconds=part + 1) for part in sorted(draw.sample(range(span), count))]


def _played(city: City, actors: Actors, kinds: list[str], times: list[datetime]) -> Iterator[Step]:
    waiting = list(kinds)
    for number, at in enumerate(times):
        _set(city, at)
        turn = next((place for place, kind in enumerate(waiting[:400]) if actors.turns[kind](at)), None)
        if turn is None:
            raise ValueError(f"nothing in the city for {sorted(set(waiting))}")
        del waiting[turn]
        yield Step(number, at, city.journal[-1])


def _set(city: City, at: datetime) -> None:
    if isinstance(city.clock, SetClock):
        city.clock.at = at
