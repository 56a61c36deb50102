"""Finding out where short links in an account's words lead, after a run is archived and apart from it.

As with pictures, what was captured is never put at risk by it: nobody is kept from the account while services are
asked, what fails is said and tried again later, and a run of its own (trigger ``links``) stores what came. It looks at
nothing of the account, so no version, no gap and no state follows from it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from archiver import ids, logs
from archiver.capture.aside import Aside
from archiver.capture.facts import Taken
from archiver.capture.following import Followed, Follower
from archiver.capture.leading import LinkState
from archiver.capture.pacing import Pacer
from archiver.capture.reading import LINK
from archiver.capture.run import RunState
from archiver.capture.standing import LINKS
from archiver.clock import to_text
from archiver.errors import Busy
from archiver.http import Fetcher
from archiver.records import followed
from archiver.records.followed import Open, Wanted
from connectors.contract import AccessClass, Ask, Reading, Stream

if TYPE_CHECKING:
    from archiver.archive import Archive

_log = logs.get(__name__)
_SECONDS = 120
"""After which no further link is begun in one go."""
_READ, _TOTAL = 10.0, 20.0
"""Seconds that a service may be silent, and take in all: it has next to nothing to say."""


@dataclass(frozen=True, slots=True)
class _Place:
    """How far the words of one account were gone through."""

    since: datetime | None = None
    """Versions first seen before it were."""
    next_try: datetime | None = None
    """When one that failed is due again."""
    left: bool = True
    """Something is left to follow, or something failed just now."""


@dataclass(slots=True)
class Linking:
    """Follows short links for one archive and one process. Safe for several threads."""

    archive: Archive
    aside: Aside
    follower: Follower
    _one: threading.Lock = field(default_factory=threading.Lock)
    _places: dict[str, _Place] = field(default_factory=dict)

    def after_run(self, account: Row[Any], stop: threading.Event, *, stored: bool) -> None:
        """Follow the links of what a run brought. Nothing that goes wrong here concerns the run."""
        settings = self.archive.settings
        if settings.links == "off" or not settings.link_services or stop.is_set():
            return
        if not (stored or self._is_due(account.id)) or not self._one.acquire(blocking=False):
            return  # the next run of this account follows them
        try:
            self.follow(account, stop)
        except Busy:
            _log.info("links.postponed", account=account.id)
        except Exception as error:  # noqa: BLE001 - a program bug too must not become the run's failure
            _log.error("links.failed", account=account.id, exc_info=error)
        finally:
            self._one.release()

    def brought(self, account: str) -> None:
        """Something was stored of the account by no sweep: the next run follows what is in it."""
        self._places[account] = replace(self._places.get(account, _Place()), left=True)

    def close(self) -> None:
        """End all connections."""
        self.follower.fetcher.close()

    def _is_due(self, account: str) -> bool:
        place = self._places.get(account, _Place())
        return place.left or (place.next_try is not None and place.next_try <= self.archive.clock.now())

    def follow(self, account: Row[Any], stop: threading.Event) -> int:
        """Follow and store what nobody followed yet, as much as one go may; how many.

        Raises:
            Busy: somebody is at the account; it is done again.
            ArchiverError: it could not be read or stored.
        """
        settings, now = self.archive.settings, self.archive.clock.now()
        place = self._places.pop(account.id, _Place())
        with self.archive.database.read() as connection:
            found = followed.open_links(
                connection,
                account.id,
                settings.link_services,
                now,
                since=place.since,
                comments=settings.links == "all",
            )
        known = [one for one in found.wanted if one.known is not None]
        new = [one for one in found.wanted if one.known is None]
        looked = list(self._follow_all(new, stop))
        if looked or known:
            self._store(account, now, looked, known)
        self._places[account.id] = _place_after(found, place, looked, whole=len(looked) == len(new))
        return len(looked)

    def _follow_all(self, new: Sequence[Wanted], stop: threading.Event) -> Iterator[tuple[Wanted, Followed]]:
        """One that cannot be asked now takes the place of none that can."""
        until, most = time.monotonic() + _SECONDS, self.archive.settings.links_run
        for one in new:
            if most == 0 or stop.is_set() or time.monotonic() > until:
                return
            led = self.follower.follow(one.address, stop)
            if led is not None:
                most -= 1
                yield one, led

    def _store(
        self, account: Row[Any], begun: datetime, looked: Sequence[tuple[Wanted, Followed]], known: Sequence[Wanted]
    ) -> None:
        taken = list(_taken(led for _, led in looked))

        def say(state: RunState) -> None:
            state.count("exchanges", len(taken))
            state.count("links", len(looked))
            state.count("links_shared", len(known))
            run, ordinal = state.terms.identity.run, 0
            for one, led in looked:
                exchanges = [ids.exchange_id(run, ordinal + number) for number in range(len(led.hops))]
                ordinal += len(led.hops)
                state.tally.links.append(_told(one, led, exchanges))
                for hop in led.hops:
                    state.tally.asked(LINK, hop.wire.no_answer or hop.wire.status)
            state.tally.links += [{"id": one.known, "records": list(one.records)} for one in known]

        self.aside.store(account, LINKS, begun, taken, say)


def linking(archive: Archive, aside: Aside, pacer: Pacer) -> Linking:
    """With a fetcher of its own, which knows no secret and waits for nobody for long."""
    settings = archive.settings
    fetcher = Fetcher(
        user_agent=settings.user_agent,
        trusted_origins=frozenset(settings.trusted_origins),
        read_timeout=min(_READ, settings.request_timeout_seconds),
        total_timeout=min(_TOTAL, settings.request_total_seconds),
        clock=archive.clock,
    )
    trusted = frozenset(settings.trusted_origins)
    return Linking(archive, aside, Follower(fetcher, pacer, archive.clock, settings.link_services, trusted))


def _place_after(found: Open, before: _Place, looked: Sequence[tuple[Wanted, Followed]], *, whole: bool) -> _Place:
    """Where the next go begins: where this one did, if it left anything."""
    if not whole:
        return _Place(before.since, found.next_try)
    # What comes later may have been seen a little earlier: an account's runs are archived one after the other, and yet
    # one that was left behind is archived late.
    since = None if found.seen_until is None else found.seen_until - timedelta(hours=1)
    return _Place(since, found.next_try, left=any(led.state is LinkState.FAILED for _, led in looked))


def _told(wanted: Wanted, led: Followed, exchanges: Sequence[str]) -> Mapping[str, Any]:
    """One look, as the run record has it (WARC profile §2.4)."""
    assert led.at is not None
    told = {
        "id": ids.new_id("ln"),
        "address": led.address,
        "at": to_text(led.at),
        "state": led.state.value,
        "target": led.target,
        "reason": led.reason,
        "exchanges": list(exchanges),
        "records": list(wanted.records),
    }
    return {name: value for name, value in told.items() if value is not None}


def _taken(all_led: Iterable[Followed]) -> Iterator[Taken]:
    ordinal = 0
    for led in all_led:
        for number, hop in enumerate(led.hops):
            context = {"address": led.address, "hop": number}
            ask = Ask(hop.wire.url, Stream.MEDIA, LINK, access=AccessClass.PUBLIC, authorise="never", context=context)
            reading = Reading(problem=hop.problem)
            yield Taken(ordinal, ask, hop.wire, reading, follows=ordinal - 1 if number else None)
            ordinal += 1
