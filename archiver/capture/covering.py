"""What a sweep says of what it looked at: the coverage of its lists and threads, and where a round goes on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from archiver.capture import rounds
from archiver.capture.listings import Listing, Listings, thread_of
from archiver.capture.looks import Looks
from archiver.capture.rounds import Round, Walk
from archiver.capture.run import RunState, home_of
from archiver.capture.seen import Seen
from archiver.capture.watching import Looked
from connectors.contract import AccessClass, AccountRef, Stream, Sweep


@dataclass(slots=True)
class Covering:
    """Tells the coverage of one sweep."""

    account: AccountRef
    sweep: Sweep
    state: RunState
    seen: Seen
    listings: Listings
    looks: Looks
    looked: dict[str, Looked]
    """Threads that were looked at, by the key of their first record."""
    round: Round | None
    walks: list[Walk] = field(default_factory=list)
    _told_threads: set[str] = field(default_factory=set)
    """Threads whose coverage a part of this run has told already."""

    def cover(self, *, goes_on: bool, left_over: str | None) -> None:
        """At its end: say how far it came.

        Args:
            goes_on: whether a full sweep is not done with this run.
            left_over: why lists or threads were left to the next run; None: none were.
        """
        if self.round is not None:
            self._sum_up(self.round, goes_on=goes_on, left_over=left_over)
            self.state.go_on(self._rest(self.round) if goes_on else {})
        for listing in self.listings.by_name.values():
            if listing.worth_telling and listing.name not in self._told_threads:
                self._tell_coverage(listing)
            thread = thread_of(listing.name)
            if thread is not None and listing.complete:
                self.looked.setdefault(thread, Looked()).through = True

    def keep_place(self) -> None:
        """Before a commit: say how far it came."""
        if self.round is None:
            return
        self.state.go_on(self._rest(self.round))
        for listing in self.listings.by_name.values():
            if thread_of(listing.name) and listing.complete and not listing.waiting:
                if listing.name not in self._told_threads:
                    self._tell_coverage(listing)
                self._told_threads.add(listing.name)

    def _rest(self, found: Round) -> dict[str, dict[str, Any]]:
        return rounds.to_json(found, self.walks, home_of)

    def _tell_coverage(self, listing: Listing) -> None:
        """In the part of its access class; where there is nothing to say that is not public anyway, in the public one,
        so that a quiet poll of a signed-in account leaves one part and not two."""
        last = self.seen.since(listing.name)
        covered = listing.covered(last, self.sweep.at)
        tally = self.state.tally_of(listing.access)
        at_rest = None if tally is self.state.tally else listing.at_rest(covered, last)
        (tally if at_rest is None else self.state.tally).covered.append(at_rest or covered)

    def _sum_up(self, found: Round, *, goes_on: bool, left_over: str | None) -> None:
        """Say of the threads of each stream together whether all of them were looked at in this round."""
        # What an earlier run looked at is not said to be public where it may not be.
        unknown = AccessClass.PRIVATE if self.account.authorised else AccessClass.PUBLIC
        lists = [one for one in self.listings.by_name.values() if thread_of(one.name) is not None]
        streams = {one.stream for one in lists} | {Stream(one) for one in found.threads.values()}
        streams |= {Stream(one.stream) for name, one in found.missed.items() if thread_of(name) is not None}
        for stream in sorted(streams):
            mine = [one for one in lists if one.stream is stream]
            faults = [one.fault for one in mine if one.fault is not None]
            if left_over is not None:
                faults.append(left_over)
            elif not goes_on:
                asked = {one.name for one in mine}
                faults += [one.reason or "" for name, one in found.still_missed(stream).items() if name not in asked]
            looked = {one.name for one in mine if one.complete}
            looked |= {name for name, of in found.threads.items() if of == stream}
            public = any(one.access is AccessClass.PUBLIC for one in mine)
            self.listings.sum_up(stream, AccessClass.PUBLIC if public else unknown, looked, faults)
        if not goes_on:
            self._make_up(found, unknown)

    def _make_up(self, found: Round, access: AccessClass) -> None:
        """Say of questions that are no list, and got no answer once, that nothing is left of them. A full sweep that
        led everywhere has put each of them again that there still was a reason to, and got an answer."""
        made_up = {name: one.stream for name, one in found.made_up.items()}
        gone = self.looks.account_gone or self.looks.suspicious
        if self.listings.led_everywhere and not gone:
            made_up |= {name: of for name, of in self.seen.unanswered().items() if name not in found.missed}
        for name, stream in made_up.items():
            self.listings.make_up(name, Stream(stream), access)
