"""Archiving what came and is safe on the disk (:mod:`archiver.capture.arrivals`): stored first, then a sweep looks at
what it names. However much came, it is one run: a storm of deliveries makes few sweeps.

A file goes only once all that follows from it is written: its exchange, and what is due because of it. Whoever finds it
after a crash looks whether it is archived already, and then only looks at what it names."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from archiver.capture import hooks
from archiver.capture.arrivals import Arrival, Arrivals, Waiting
from archiver.capture.expecting import last_seen
from archiver.capture.leases import require_whole_index
from archiver.capture.models import Exchange, Run
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
_CLOCKS: Final = timedelta(days=1)
"""By so much the clocks of two machines may differ."""


@dataclass(slots=True)
class Deliverer:
    """Archives what waits, account by account. Several threads may call it, each for another account."""

    capture: Capture
    arrivals: Arrivals = field(init=False)

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
        if not wanted:
            return None
        ask, now = wanted[0][0].arrival.ask, self.capture.archive.clock.now()
        every = [_pushed(one.arrival, heard) for one, heard in wanted]
        hearing = Hearing(ask, every, None, now, listens=False)
        result = self.capture.hear(account_id, hearing, stop, partial(self._settle, account_id, wanted))
        self.arrivals.done((one for one, _ in wanted), now.date())
        return result

    def _settle(self, account_id: str, wanted: Sequence[tuple[Waiting, Heard]], hearing: Hearing) -> Hearing:
        """What of it is left, where nobody else is at this account: what another process, or this one in vain, has
        archived meanwhile is only looked at; what is done with altogether is not even that."""
        known = self._archived(account_id, [one for one, _ in wanted])
        left = [(one, heard) for one, heard in wanted if one.path.exists()]
        frames = [_pushed(one.arrival, heard) for one, heard in left if one.path.name not in known]
        again = [heard for one, heard in left if one.path.name in known]
        return replace(hearing, frames=frames, again=again)

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
        """Names of those that are archived. Whoever did it did so in a run that ended after they came."""
        by_digest = {(one.arrival.digest, one.arrival.received_at): one.path.name for one in found}
        since = min(at for _, at in by_digest)
        lately = Run.finished_at.is_(None) | (Run.finished_at >= since - _CLOCKS)
        runs = select(Run.id).where(Run.account_id == account_id, lately)
        known: set[str] = set()
        with self.capture.archive.database.read() as connection:
            for chunk in chunks(sorted({digest for digest, _ in by_digest})):
                query = select(Exchange.body_sha256, Exchange.received_at).where(
                    Exchange.run_id.in_(runs), Exchange.method.is_(None), Exchange.body_sha256.in_(chunk)
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
