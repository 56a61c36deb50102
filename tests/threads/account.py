"""The city's account on the practice Threads, and an archive that reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from archiver.accounts import service as accounts
from archiver.practice.cast import Cast, populate_threads
from archiver.practice.threads_api import Talks, ThreadsApi
from archiver.practice.truth import TrueRecord, Truth
from tests.capture.house import House
from tests.capture.observed import Observed
from tests.facebook.page import hold

TOKEN = "THAAThreadsCanary0123456789/+=abcdefghijklmnop"


@dataclass
class Account:
    """One account of a house's city."""

    house: House
    cast: Cast
    account: str = ""

    @property
    def id(self) -> int:
        return self.cast.city

    @property
    def api(self) -> ThreadsApi:
        return self.house.server.threads

    @property
    def talks(self) -> Talks:
        return self.api.talks

    def play(self, every: timedelta, *, full_only: bool, **sizes: int) -> None:
        """Play a month and look every so often."""
        acts = {"home": "threads", "shares": 0, "mentions": 0, **sizes}
        self.house.play(self.account, every, acts, full_only=full_only, cast=self.cast)


def key_of(number: int) -> str:
    """Key of the record that a post or reply of the city is."""
    return f"media/{number}"


def account(house: House, token: str = TOKEN) -> Account:
    """Open the account and register it."""
    cast = populate_threads(house.city, house.clock.now() - timedelta(days=1))
    api = house.server.threads
    api.tokens[token] = cast.city
    added = accounts.add(house.archive, api.account_url(cast.city), "threads", credential=token).account.id
    return Account(house, cast, added)


def talk(found: Account, replies: int = 3) -> tuple[int, list[int]]:
    """A post with replies of several people."""
    city, people = found.house.city, found.cast.residents
    post = city.say(found.id, "Main Street is closed on Monday.")
    return post, [city.say(people[n % 3], f"reply {n}", answering=post) for n in range(replies)]


def check(house: Observed, owner: int) -> dict[str, int]:
    """What every full look could see is in the archive as it was, nothing else is, and the states are as they were.
    ``owner``: whose account it is."""
    truth = Truth(house.city.journal)
    truth.records = {number: _as_shown(truth, said) for number, said in truth.records.items()}
    return hold(house, truth, owner, ("media/",), lambda said: key_of(said.id), _shown)


def _as_shown(truth: Truth, said: TrueRecord) -> TrueRecord:
    """Hidden whenever anything that it answers was."""
    spans = [span for one in (said, *_above(truth, said)) for span in one.hidden]
    return replace(said, hidden=spans)


def _shown(truth: Truth, post: TrueRecord, at: datetime) -> Iterator[TrueRecord]:
    """What the token is shown of a post at a time: what answers something goes with it."""
    for said in truth.thread(post.id):
        if all(one.exists_at(at) for one in (said, *_above(truth, said))):
            yield said


def _above(truth: Truth, said: TrueRecord) -> Iterator[TrueRecord]:
    while said.parent is not None:
        said = truth.records[said.parent]
        yield said
