"""The city's account on the practice Threads, and an archive that reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from archiver.practice.cast import populate_threads
from archiver.practice.threads_api import Talks, ThreadsApi
from archiver.practice.truth import TrueRecord, Truth
from tests.capture.house import House
from tests.capture.observed import Observed
from tests.graph.place import Place
from tests.graph.truth import hold

TOKEN = "THAAThreadsCanary0123456789/+=abcdefghijklmnop"


def key_of(number: int) -> str:
    """Key of the record that a post or reply of the city is."""
    return f"media/{number}"


@dataclass
class Account(Place):
    """One account of a house's city."""

    home: ClassVar[str] = "threads"
    token: ClassVar[str] = TOKEN
    populate = staticmethod(populate_threads)

    @property
    def server(self) -> ThreadsApi:
        return self.house.server.threads

    @property
    def talks(self) -> Talks:
        return self.server.talks

    def key_of(self, number: int) -> str:
        return key_of(number)


def account(house: House) -> Account:
    """Open the account and register it."""
    return Account.open(house)


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
