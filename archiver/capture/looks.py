"""Direct looks at what was missing, and the one conclusion that is drawn from them.

A record that a list no longer shows is only nominated. It is *not returned* when the platform, asked for that very
record, says that it is not there, and in the same run answers for something else of the account.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from archiver import ids
from archiver.capture.asking import Asked, Asker
from archiver.capture.listings import UNDECIDED, Listing, Listings, reason_of, thread_of
from archiver.capture.outcomes import public_name
from archiver.capture.parts import Concluded
from archiver.capture.run import RunState
from archiver.capture.seen import Seen
from connectors.contract import AccountRef, Ask, Connector, ProblemKind, RecordRef, State, Stream

_LOOKS = 500
"""Most direct looks of one run; the rest are looked at by the next."""
_CONTROL_LASTS = timedelta(minutes=1)
"""A control read speaks for looks that were answered so soon after it; a platform may break down in between."""
_LIST_GONE = "contract: the list is not there, but the account is"


@dataclass(slots=True)
class Looks:
    """The direct looks of one sweep."""

    connector: Connector
    account: AccountRef
    asker: Asker
    state: RunState
    seen: Seen
    listings: Listings
    put: Callable[[Ask], Asked | None]
    """Puts a question, unless it may not be put (any more) in this run."""
    take: Callable[[Asked, bool], bool]
    """Keeps an answer that brings something; any answer where the second argument says so."""
    follow: Callable[[Iterable[Ask]], None]
    """Puts what follows from an answer."""
    suspicious: str | None = None
    account_gone: str | None = None
    """The profile itself is not there, beside a server that answers."""
    _left: int = _LOOKS
    _emptied: list[Listing] = field(default_factory=list)
    _controls: dict[tuple[str, tuple[tuple[str, str], ...]], Asked] = field(default_factory=dict)

    # Lists

    def at_missing(self, *, full: bool) -> None:
        """Look at everything that should have been there and was not; on a full sweep then at everything else that is
        known and that nothing led to."""
        refs: dict[str, RecordRef] = {}
        for listing in list(self.listings.by_name.values()):
            refs |= self._gone(listing, full=full) if listing.gone else self._missing_from(listing)
        self._look_at(list(refs.values()))
        for listing in self._emptied:
            left = self.seen.expected(listing.name, listing.since)
            if left:
                self._suspect(listing, len(left))
        if full and self.suspicious is None and not self.listings.faulty:
            self._look_at(self.seen.others())

    def _missing_from(self, listing: Listing) -> dict[str, RecordRef]:
        if not listing.nominates:
            return {}
        expected = {ref.key: ref for ref in self.seen.expected(listing.name, listing.since)}
        if expected and not listing.seen:
            if thread_of(listing.name) is None:
                self._suspect(listing, len(expected))
                return {}
            self._emptied.append(listing)  # its only comments may well have gone: direct looks decide
        return {key: ref for key, ref in expected.items() if key not in listing.seen}

    def _suspect(self, listing: Listing, known: int) -> None:
        self.suspicious = f"{public_name(listing)} came back empty, but {known} records are known to be in it"

    def _gone(self, listing: Listing, *, full: bool) -> dict[str, RecordRef]:
        """A whole list is not there. Of a thread that is a fact where its first record has gone. Of the account it may
        mean that the account has gone: its profile says so."""
        first = thread_of(listing.name)
        if first is not None:
            self._look_at(self.seen.refs([first]))
            if self.seen.refs([first]):
                listing.fail(listing.gone or "")
            return {}
        if not listing.named:
            return {}
        self._look_at(self.seen.profiles())
        if self.account_gone is not None:
            listing.fail(listing.gone or "")
            return {ref.key: ref for ref in self.seen.expected(listing.name, None)} if full else {}
        there = any(not self.seen.is_gone(ref.key) for ref in self.seen.profiles())
        listing.fail(_LIST_GONE if there else listing.gone or "")
        return {}

    # Looks

    def _look_at(self, refs: list[RecordRef]) -> None:
        if len(refs) > self._left:
            self.state.count("looks_left", len(refs) - self._left)
            # By chance, so that over some sweeps each gets its turn.
            refs = random.SystemRandom().sample(refs, self._left)
        self._left -= len(refs)
        for ask in self.connector.look(self.account, refs):
            asked = self.put(ask)
            if asked is not None:
                self._look(asked, self.listings.of(ask))

    def _look(self, asked: Asked, listing: Listing) -> None:
        self.state.count("looks", len(_looked_for(asked.ask)))
        if asked.problem is not None and asked.problem.kind is ProblemKind.UNSUPPORTED:
            self.state.count("looks_undecided")  # it can only be seen in its list; that is no gap
            return
        self.take(asked, False)
        listing.page(asked.ask, asked.reading, not_modified=False)
        self.judge(asked, listing)
        self.follow(asked.reading.asks)

    def judge(self, asked: Asked, listing: Listing) -> None:
        """Conclude what the answer of a direct look says; it was taken already."""
        problem, reading = asked.problem, asked.reading
        if problem is not None and problem.kind is not ProblemKind.GONE:
            return
        found = {record.key for record in reading.records} | set(reading.present)
        absent = [key for key in _looked_for(asked.ask) if key not in found]
        if not absent or asked.answer is None:
            return
        if not self._conclude(asked, absent):
            listing.fail(UNDECIDED)
        elif asked.ask.stream is Stream.PROFILE and problem is not None:
            self.account_gone = reason_of(problem)

    def _conclude(self, asked: Asked, keys: Collection[str]) -> bool:
        """Not returned, where a control read works. False: nothing can be said."""
        answer, control = asked.answer, self._control(asked)
        if answer is None or control is None or control.answer is None or control.problem is not None:
            self.state.count("looks_undecided")
            return False
        missing = [key for key in keys if self.seen.is_visible(key)]
        if not missing:
            return True
        for one in (asked, control):
            if not self._is_stored(one):
                self.take(one, True)
        run = self.state.terms.identity.run
        evidence = tuple(ids.exchange_id(run, one.ordinal) for one in (answer, control.answer))
        for key in missing:
            concluded = Concluded(key, State.NOT_RETURNED, answer.wire.received_at, evidence)
            self.state.tally_of(answer.ask.access).concluded.append(concluded)
            self.state.count("not_returned")
            self.seen.concluded(key, State.NOT_RETURNED)
        return True

    def _control(self, asked: Asked) -> Asked | None:
        """The control read: one serves several looks for a while. Not where it worked and was not stored, since a later
        batch could no longer store it."""
        ask = asked.ask.control
        if ask is None or asked.answer is None:
            return None
        known = self._controls.get((ask.url, ask.parameters))
        if known is not None and not _too_old(known, asked) and (known.problem or self._is_stored(known)):
            return known
        put = self.asker.ask(replace(ask, control=None), control_of=asked.answer.ordinal)
        self._controls[ask.url, ask.parameters] = put
        return put

    def _is_stored(self, asked: Asked) -> bool:
        return asked.answer is not None and self.seen.is_stored(asked.answer.ordinal)


def _too_old(control: Asked, asked: Asked) -> bool:
    if control.answer is None or asked.answer is None:
        return False
    return asked.answer.wire.received_at - control.answer.wire.received_at > _CONTROL_LASTS


def _looked_for(ask: Ask) -> list[str]:
    return [key for key in ask.context.get("look", ()) if isinstance(key, str)]
