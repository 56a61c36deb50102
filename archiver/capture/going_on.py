"""Where a sweep goes on after an answer: the next page of its list, and what follows from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

from archiver.capture.asking import Asked, Asker
from archiver.capture.listings import REPEATED, Listing, Listings
from archiver.capture.question import Question
from archiver.capture.rounds import Round, Walk, unbroken
from archiver.capture.seen import Seen
from connectors.contract import Ask, ProblemKind, Reading, Sweep, SweepKind

_LOST_PLACE = (ProblemKind.GONE, ProblemKind.CONTRACT, ProblemKind.UNSUPPORTED)
"""What a platform may say of a page that it no longer knows: then the list is read from its beginning."""


@dataclass(frozen=True, slots=True)
class GoingOn:
    """Says it for one sweep."""

    sweep: Sweep
    asker: Asker
    seen: Seen
    listings: Listings
    requests: int
    due: Callable[[], bool]
    """Whether a checkpoint would commit."""
    round: Round | None

    def following(self, reading: Reading) -> tuple[list[Ask], list[Ask]]:
        """What follows from an answer: single questions, and lists, without those that the round is through with."""
        singles = [ask for ask in reading.asks if ask.listing is None]
        known = self.round.threads if self.round is not None else {}
        return singles, [ask for ask in reading.asks if ask.listing is not None and ask.listing not in known]

    @property
    def in_depth(self) -> bool:
        """Whether what follows from a page is asked before the next page. So in a round that goes on: each of its runs
        gets further, however much there is."""
        return self.round is not None and self.round.resumed

    def runs_ahead(self, question: Question, asked: Asked, *, follow: bool) -> bool:
        """Whether the next page is asked for while this one is taken in. Never where something else follows first."""
        following = asked.reading.next_page
        if self.sweep.kind is not SweepKind.FULL or following is None or asked.problem is not None:
            return False
        if follow or question.seam is not None or self.listings.asked(following):
            return False
        return not self.due() and self.asker.ordinal < self.requests

    def joins(self, question: Question, asked: Asked, listing: Listing) -> bool:
        """Whether a list goes on where an earlier run stopped. A page that fails for now may do so the next time."""
        problem, walk = asked.problem, cast(Walk, question.walk)
        if problem is not None:
            return problem.kind not in _LOST_PLACE
        listing.resumed = unbroken(question.seam or (), (record.key for record in asked.reading.records))
        if not listing.resumed:
            walk.restart()
        return listing.resumed

    def next(self, question: Question, reading: Reading, listing: Listing, *, news: bool) -> Question | None:
        """The next page of a list, where there is one and it is worth asking for."""
        walk, following = question.walk, reading.next_page
        if following is None:
            if walk is not None and reading.problem is None:
                walk.ended = True
            return None
        if self.listings.circles(following, again=question.again):
            listing.fail(REPEATED)
            if walk is not None:
                walk.ended = True
            return None
        if self._at_what_is_known(listing, reading, news=news):
            listing.stopped = True
            return None
        return replace(question, ask=following, seam=None, later=True)

    def _at_what_is_known(self, listing: Listing, reading: Reading, *, news: bool) -> bool:
        """A sweep for what is new goes no further once a page brings nothing that was not known when the list was last
        looked at completely: pages known from a run that was cut short lie before what is still unknown. Not so where
        the connector keeps its own place page by page."""
        if self.sweep.kind is not SweepKind.NEW or news or not reading.records or reading.bookmark is not None:
            return False
        return self.seen.known_since(listing.name, {record.key for record in reading.records})
