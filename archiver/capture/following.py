"""Following one short link, hop by hop, as far as services of the list lead (docs/runs.md, "Where links lead").

Nobody but a service of the list is ever asked: where it leads is known from its answer, and what stands there is not
fetched. So a link in a post can make the archive ask no host that the settings do not name. Each hop is an exchange of
its own, recorded as every other one; nothing is signed, no cookie is kept, and addresses are checked as those of files
are (:mod:`archiver.capture.addresses`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from archiver.capture.addresses import destination
from archiver.capture.asking import origin
from archiver.capture.fetch_errors import AddressRefused, FetchError, UnsendableRequest
from archiver.capture.leading import LinkState, step
from archiver.capture.pacing import Pacer
from archiver.clock import Clock
from archiver.http import Fetcher
from archiver.records import short_links
from archiver.wire.exchange import WireExchange
from connectors.contract import Problem, ProblemKind

HOPS = 5
LONGEST_WAIT = timedelta(seconds=20)
"""For one service, while the links of others wait, too."""
BODY = 64 * 1024
"""Of an answer that is kept, bytes: its head is what counts."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One exchange on the way."""

    wire: WireExchange
    problem: Problem | None = None
    """Why what came is no answer."""


@dataclass(slots=True)
class Followed:
    """Where a short link led, and what shows it."""

    address: str
    begun: datetime
    state: LinkState = LinkState.FAILED
    target: str | None = None
    """The furthest address that was named."""
    reason: str | None = None
    at: datetime | None = None
    """When the last answer came, or was waited for in vain."""
    hops: list[Hop] = field(default_factory=list)

    def ended(self, state: LinkState, at: datetime, reason: str | None = None) -> Followed:
        self.state, self.at, self.reason = state, at, reason
        return self


@dataclass(frozen=True, slots=True)
class Follower:
    """Follows short links of one list of services."""

    fetcher: Fetcher
    pacer: Pacer
    clock: Clock
    services: Collection[str]
    trusted: Collection[str]
    """Origins that are exempt from the address rules (practice, tests)."""
    asking: Callable[[str], None] | None = None
    """Told every address before it is asked."""

    def follow(self, address: str, stop: threading.Event) -> Followed | None:
        """Follow one link to its end; None: it cannot be asked now, or the service is stopping."""
        found = Followed(address, self.clock.now())
        url, met = address, set[str]()
        while True:
            if url in met:
                return found.ended(LinkState.REFUSED, self.clock.now(), "it leads in a circle")
            if len(met) == HOPS:
                return found.ended(LinkState.REFUSED, self.clock.now(), f"it leads through more than {HOPS} services")
            met.add(url)
            if not self._may_ask(url, stop):
                return None
            hop = self._ask(url, found)
            if hop is None:
                return found
            said = step(hop.wire)
            if said.target is None:
                self._note(url, said.state, hop.wire)
                return found.ended(said.state or LinkState.FAILED, hop.wire.received_at, said.reason)
            self._note(url, None, hop.wire)
            found.target, found.at = said.target, hop.wire.received_at
            if not self._is_ours(said.target):
                return found.ended(LinkState.LED, hop.wire.received_at)
            url = short_links.normal(said.target) or said.target

    def _is_ours(self, address: str) -> bool:
        """Whether the next address is one of the list again, and may be asked."""
        form = short_links.normal(address)
        return form is not None and short_links.of_service(form, self.services) and self._can_be_asked(form)

    def _can_be_asked(self, url: str) -> bool:
        """Whether an address can be asked for all that it says itself. Where its name leads is another question, and
        may be answered otherwise another day: some networks let the names of such services lead to nowhere."""
        try:
            destination(url, trusted_origins=self.trusted)
        except AddressRefused:
            return False
        return True

    def _may_ask(self, url: str, stop: threading.Event) -> bool:
        bucket = _bucket(url)
        if stop.is_set() or self.pacer.gives_up(bucket, LONGEST_WAIT) is not None:
            return False
        self.pacer.wait(bucket, stop)
        return not stop.is_set()

    def _ask(self, url: str, found: Followed) -> Hop | None:
        """One hop; None: there is no answer, and ``found`` says why."""
        if self.asking is not None:
            self.asking(url)
        try:
            wire = self.fetcher.fetch("GET", url, limit=BODY)
        except (FetchError, UnsendableRequest) as error:
            refused = isinstance(error, AddressRefused)
            kind = ProblemKind.CONTRACT if refused else ProblemKind.TRANSIENT
            problem = Problem(kind, str(error))
            if not refused:
                self.pacer.note(_bucket(url), None, problem, None)
            exchange = error.exchange if isinstance(error, FetchError) else None
            if exchange is not None:
                found.hops.append(Hop(exchange, problem))
            never = refused and not self._can_be_asked(url)
            found.ended(LinkState.REFUSED if never else LinkState.FAILED, self.clock.now(), str(error))
            return None
        hop = Hop(wire)
        found.hops.append(hop)
        return hop

    def _note(self, url: str, state: LinkState | None, wire: WireExchange) -> None:
        """Keep the distance that the service asks for."""
        problem = None
        if state is LinkState.FAILED:
            limited = wire.status == 429
            problem = Problem(ProblemKind.RATE if limited else ProblemKind.TRANSIENT, "the service cannot answer")
        self.pacer.note(_bucket(url), None, problem, wire)


def _bucket(url: str) -> str:
    """What shares one allowance at a service: apart from what accounts ask of the same server."""
    return f"{origin(url)} links"
