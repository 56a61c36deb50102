"""A question of a sweep in its turn: why it is put, and what waits for it."""

from __future__ import annotations

from dataclasses import dataclass

from archiver.capture.listings import Listing
from archiver.capture.rounds import Page, Walk
from connectors.contract import Ask


@dataclass(frozen=True, slots=True)
class Question:
    """An ask in its turn."""

    ask: Ask
    tries: int | None = None
    """How many runs have put it in vain, where it followed from an answer. None: each run asks it by itself."""
    first: bool = False
    """Asked on its own account, not because of what another answer of this run showed."""
    walk: Walk | None = None
    """The list that a full sweep goes through with it."""
    page: Page | None = None
    """Page of a list that it followed from, be it over others."""
    of: Listing | None = None
    """The thread that it followed from."""
    seam: tuple[str, ...] | None = None
    """What its page showed when an earlier run stopped at it."""
    again: bool = False
    """An earlier run put it in vain, or it is a page after such a one."""
    later: bool = False
    """It is a page after another one."""

    @property
    def follows(self) -> bool:
        """Whether no later run has a reason of its own to put it: it followed from an answer that is not asked for
        again."""
        return self.tries is not None and not self.first and not self.kept

    @property
    def kept(self) -> bool:
        """Whether what it followed from is looked at again as long as it was not put."""
        return self.page is not None or self.of is not None

    def await_its_turn(self) -> None:
        """What it followed from is not done before it was put."""
        if self.page is not None:
            self.page.waiting += 1
        if self.of is not None:
            self.of.waiting += 1

    def had_its_turn(self) -> None:
        """It was put, or there is no sense in it any more."""
        if self.page is not None:
            self.page.waiting -= 1
        if self.of is not None:
            self.of.waiting -= 1
