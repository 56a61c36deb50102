"""How much is stored when little or nothing changes. ``python -m bench.growth``."""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from archiver.capture.models import Exchange
from connectors.contract import SweepKind
from tests.capture.house import House

POLLS = 60
_STEP = timedelta(minutes=10)


def measure(*, short: bool = False) -> dict[str, Any]:
    """Bytes of an unchanged poll, and how often a busy thread is stored."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        signed_in = quiet_poll(home / "signed in", token="a-token-of-the-city")
        return (
            quiet_poll(home / "quiet")
            | {f"signed_in_{name}": figure for name, figure in signed_in.items()}
            | busy_thread(home / "busy", *((200, 30) if short else (2_000, 300)))
        )


def quiet_poll(
    home: Path, token: str | None = None, polls: int = POLLS, settings: dict[str, Any] | None = None
) -> dict[str, int]:
    """Polls that bring nothing: what the store holds more afterwards, log and everything, by the poll. With a
    ``token``, of an account that is signed in and has messages; with ``settings`` on other stores."""
    house = House(home, settings=settings or {})
    try:
        account = house.office(token)
        house.city.say(house.cast.city, "We are here.")
        house.city.say(house.cast.city, "In private.", visibility="direct")
        house.run(account, SweepKind.FULL)
        house.run(account, SweepKind.NEW)
        house.capture.flush(all=True)
        before, stored = _stored(house), _exchanges(house)
        for _ in range(polls):
            house.later(minutes=5)
            house.run(account, SweepKind.NEW)
            house.capture.flush(all=False)  # as the service does: a run record waits an hour at most
        house.capture.flush(all=True)
        return {
            "quiet_polls": polls,
            "quiet_poll_bytes": round((_stored(house) - before) / polls),
            "quiet_poll_exchanges": _exchanges(house) - stored,
        }
    finally:
        house.close()


def busy_thread(home: Path, replies: int, changes: int, days: int = 7) -> dict[str, Any]:
    """A thread of many replies in which something changes every so often for ``days``, looked at whenever it is due."""
    house = House(home, capped=False, settings={"watch_first_seconds": 300})
    try:
        draw = random.Random(1)
        post = house.city.say(house.cast.city, "What should the new park have?")
        people = list(house.cast.residents)
        written = [house.city.say(draw.choice(people), _words(draw, 40), answering=post) for _ in range(replies)]
        account = house.office()
        house.run(account, SweepKind.FULL)
        steps = int(timedelta(days=days) / _STEP)
        changing = sorted(draw.sample(range(steps), changes))
        for step in range(steps):
            house.clock.advance(_STEP)
            if changing and changing[0] == step:
                changing.pop(0)
                house.city.edit(draw.choice(written), _words(draw, 40))
            house.run(account, SweepKind.WATCH)
        house.capture.flush(all=True)
        answers = _answers(house)
        return {
            "replies": replies,
            "changes": changes,
            "thread_stored": len(answers),
            "thread_bytes": sum(answers),
            "thread_unique_bytes": max(answers),
            "thread_ratio": sum(answers) / max(answers),
        }
    finally:
        house.close()


def _words(draw: random.Random, count: int) -> str:
    return " ".join(
        draw.choice(("tree", "bench", "path", "swing", "water", "shade", "lawn", "light")) for _ in range(count)
    )


def _answers(house: House) -> list[int]:
    """Sizes of the stored answers that hold the whole thread, compressed as they are stored. Every answer repeats
    nearly all that the one before held, so the largest stands for the unique bytes."""
    largest = select(Exchange.purpose).order_by(Exchange.length.desc()).limit(1).scalar_subquery()
    query = select(Exchange.length).where(Exchange.purpose == largest)
    with house.archive.database.read() as connection:
        return list(connection.execute(query).scalars())


def _exchanges(house: House) -> int:
    with house.archive.database.read() as connection:
        return connection.execute(select(func.count()).select_from(Exchange)).scalar() or 0


def _stored(house: House) -> int:
    """Bytes in the store: of a folder whatever is in it."""
    if house.store.exists():
        return house.stored_bytes()
    return sum(stored.size for stored in house.archive.store.list())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true")
    json.dump(measure(short=parser.parse_args().short), sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
