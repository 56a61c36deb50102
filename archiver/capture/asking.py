"""Putting an ask to a platform: paced, signed, tried again, followed through redirects. Every answer is spooled before
anybody reads it."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from archiver.capture.asks import answer_of
from archiver.capture.facts import MediumOf, Taken
from archiver.capture.masking import Secret
from archiver.capture.pacing import Pacer
from archiver.capture.reading import REDIRECT, understand
from archiver.capture.spool import sync_file
from archiver.capture.wire import WireExchange
from archiver.http import FetchError, Fetcher, redirect_target
from connectors.contract import AccountRef, Ask, Connector, Problem, ProblemKind, Reading

_HOPS = 5
_AGAIN = (ProblemKind.RATE, ProblemKind.TRANSIENT)


class Stopped(Exception):  # noqa: N818 - a request, not an error
    """The service was asked to stop; the run ends with what it has."""


@dataclass(slots=True)
class Asked:
    """What came of one ask: its exchanges in order, the last one the answer; or the problem that prevented any."""

    ask: Ask
    hops: list[Taken] = field(default_factory=list)
    answer: Taken | None = None
    reading: Reading = field(default_factory=Reading)

    @property
    def problem(self) -> Problem | None:
        return self.reading.problem


@dataclass(slots=True)
class Asker:
    """Asks on behalf of one run."""

    connector: Connector
    account: AccountRef
    fetcher: Fetcher
    pacer: Pacer
    stop: threading.Event
    spool: Callable[[Taken], None]
    tally: Callable[[str, int | str], None]
    token: Secret | None = None
    attempts: int = 4
    answer_bytes: int = 32 * 2**20
    trusted: bool = False
    """The account's own address is plain http or not public, and was registered so."""
    ordinal: int = 0

    def ask(self, ask: Ask, medium: MediumOf | None = None, into: Path | None = None, limit: int = 0) -> Asked:
        """Ask until there is an answer that means something, or no more sense in asking.

        Raises:
            Stopped: the service is stopping.
            SpoolError, OutOfSpace: the answer could not be kept.
        """
        asked = Asked(ask)
        for attempt in range(self.attempts):
            self._once(asked, medium, into, limit)
            problem = asked.problem
            if problem is None or problem.kind not in _AGAIN or attempt + 1 == self.attempts:
                break
            if not self.pacer.again(self._bucket(ask), problem, attempt, self.stop):
                break
        return asked

    def _once(self, asked: Asked, medium: MediumOf | None, into: Path | None, limit: int) -> None:
        asked.hops.clear()
        ask = asked.ask
        for _ in range(_HOPS):
            wire = self._fetch(asked, ask, into, limit)
            if wire is None:
                return
            target = redirect_target(wire)
            if target is None:
                self._answered(asked, wire, medium)
                return
            hop = Taken(self._next(), dataclasses.replace(ask, purpose=REDIRECT, control=None), wire)
            self.spool(hop)
            asked.hops.append(hop)
            ask = dataclasses.replace(ask, url=urljoin(ask.url, target), parameters=())
        asked.reading = Reading(problem=Problem(ProblemKind.CONTRACT, "more redirects than anybody should follow"))

    def _fetch(self, asked: Asked, ask: Ask, into: Path | None, limit: int) -> WireExchange | None:
        self.pacer.wait(self._bucket(ask), self.stop)
        if self.stop.is_set():
            raise Stopped
        own = _origin(ask.url) == self.account.service
        token = self.token if own and ask.authorise != "never" else None
        try:
            wire = self.fetcher.fetch(
                ask.method,
                ask.url,
                parameters=ask.parameters,
                headers=ask.headers,
                body=ask.body,
                secrets=(self.token,) if self.token else (),
                authorization=token,
                limit=limit or self.answer_bytes,
                into=into,
                hosts=self.connector.media_hosts if into is not None else None,
                plain_http=own and into is None,
            )
        except FetchError as error:
            self.tally(ask.purpose, error.code)
            asked.reading = Reading(problem=Problem(error.problem, str(error)))
            return None
        self.tally(ask.purpose, wire.status)
        if wire.body_file is not None:
            sync_file(wire.body_file.path)
        return wire

    def _answered(self, asked: Asked, wire: WireExchange, medium: MediumOf | None) -> None:
        taken = Taken(self._next(), asked.ask, wire, medium=medium)
        self.spool(taken)
        reading = understand(self.connector, asked.ask, answer_of(wire), wire.truncated)
        asked.answer = dataclasses.replace(taken, reading=reading)
        asked.reading = reading
        self.pacer.note(self._bucket(asked.ask), reading.rate, reading.problem, wire)

    def _next(self) -> int:
        self.ordinal += 1
        return self.ordinal - 1

    def _bucket(self, ask: Ask) -> str:
        return f"{_origin(ask.url)} {self.account.id if self.token else ''}"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
