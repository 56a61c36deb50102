"""Archiving what came and is safe on the disk (:mod:`archiver.capture.arrivals`): stored first, then a sweep looks at
what it names. However much came, it is one run: a storm of deliveries makes few sweeps.

A file goes only once all that follows from it is written: its exchange, and what is due because of it. Whoever finds it
after a crash looks whether it is archived already, and then only looks at what it names."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from archiver.capture import hooks
from archiver.capture.arrivals import Arrival, Arrivals, Waiting
from archiver.capture.expecting import last_seen
from archiver.capture.leases import require_whole_index
from archiver.capture.models import Exchange
from archiver.capture.pushed import Hearing, Pushed
from archiver.capture.receiving import NOT_CAPTURED
from archiver.capture.terms import account_ref
from archiver.records.stored import chunks
from connectors.contract import AccountRef, Connector, Heard, Streams
from connectors.deliveries import DELIVERY, Receives

if TYPE_CHECKING:
    from archiver.capture.service import Capture, RunResult

_MOST: Final = 2000
_SIZE: Final = 16 * 2**20
"""Bytes of what is archived by one run."""


@dataclass(slots=True)
class Deliverer:
    """Archives what waits, account by account. Several threads may call it, each for another account."""

    capture: Capture
    arrivals: Arrivals = field(init=False)
    _fresh: set[str] = field(default_factory=set)
    """Accounts for which this process archived everything that it found when it began."""
    _tried: set[str] = field(default_factory=set)
    """Names of what it tried to archive: whether that came to anything may not be known."""

    def __post_init__(self) -> None:
        self.arrivals = Arrivals(self.capture.archive.settings.deliveries)

    def waiting(self) -> list[str]:
        """Accounts that are captured and for which something waits. What came for one before it was paused waits
        until it is captured again."""
        named = self.arrivals.accounts()
        with self.capture.archive.database.read() as connection:
            states = hooks.states(connection, named)
        return [one for one in named if states.get(one, NOT_CAPTURED[0]) not in NOT_CAPTURED]

    def deliver(self, account_id: str, stop: threading.Event | None = None) -> RunResult | None:
        """Archive what waits for an account, as far as one run takes it; None where nothing does.

        Raises:
            As :meth:`Capture.hear`. Nothing is lost: it waits.
        """
        found = self.arrivals.of(account_id, _MOST, _SIZE)
        wanted = self._wanted(account_id, found)
        if not found:
            self._fresh.add(account_id)
        if not wanted:
            return None
        known = self._archived(account_id, [one for one, _ in wanted])
        frames = [_pushed(one.arrival, heard) for one, heard in wanted if one.path.name not in known]
        again = [heard for one, heard in wanted if one.path.name in known]
        self._tried.update(one.path.name for one, _ in wanted)
        ask, now = wanted[0][0].arrival.ask, self.capture.archive.clock.now()
        hearing = Hearing(ask, frames, None, now, listens=False, again=again)
        result = self.capture.hear(account_id, hearing, stop)
        self.arrivals.done((one for one, _ in wanted), now.date())
        self._tried.difference_update(one.path.name for one, _ in wanted)
        return result

    def _wanted(self, account_id: str, found: Sequence[Waiting]) -> list[tuple[Waiting, Heard]]:
        """What concerns the account, with what it names. The rest is nobody's, and goes."""
        if not found:
            return []
        with self.capture.archive.database.read() as connection:
            account = hooks.account(connection, account_id)
        connector = self.capture.archive.platforms.connector(account.platform)
        reference = account_ref(account, connector, authorised=False)
        told = [(one, _heard(connector, reference, one.arrival)) for one in found]
        named = {key for _, heard in told if not heard.only_known for key in heard.keys}
        asked = {key for _, heard in told if heard.only_known for key in heard.keys} - named
        with self.capture.archive.database.read() as connection:
            require_whole_index(connection)  # what is not in it yet would look as if it were nobody's
            named |= last_seen(connection, account_id, sorted(asked)).keys()
        wanted = []
        for one, heard in told:
            if heard.about and (not heard.only_known or named.intersection(heard.keys)):
                wanted.append((one, heard))
            else:
                self.arrivals.drop(one)
        return wanted

    def _archived(self, account_id: str, found: Sequence[Waiting]) -> set[str]:
        """Names of what may have been archived before, and was."""
        doubtful = [one for one in found if account_id not in self._fresh or one.path.name in self._tried]
        by_digest = {(one.arrival.digest, one.arrival.received_at): one.path.name for one in doubtful}
        known: set[str] = set()
        with self.capture.archive.database.read() as connection:
            for chunk in chunks(sorted({digest for digest, _ in by_digest})):
                query = select(Exchange.body_sha256, Exchange.received_at).where(
                    Exchange.account_id == account_id, Exchange.method.is_(None), Exchange.body_sha256.in_(chunk)
                )
                known |= {by_digest[key] for row in connection.execute(query) if (key := tuple(row)) in by_digest}
        return known


def _heard(connector: Connector, account: AccountRef, arrival: Arrival) -> Heard:
    if arrival.ask.purpose == DELIVERY:
        return connector.delivered(account, arrival.body) if isinstance(connector, Receives) else Heard(True)
    return connector.pushed(account, arrival.body)[0] if isinstance(connector, Streams) else Heard(True)


def _pushed(arrival: Arrival, heard: Heard) -> Pushed:
    return Pushed(
        arrival.body,
        arrival.media_type,
        arrival.received_at,
        heard,
        arrival.network,
        arrival.ask,
        arrival.headers,
        arrival.masked,
    )
