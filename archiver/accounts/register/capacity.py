"""Which accounts may be captured (law R5): the one place that decides. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from archiver.evidence.register_facts import Capacity, ListingSays


class May(StrEnum):
    """Whether an account may be captured."""

    RUN = "run"
    NOT_BEGIN = "not_begin"
    """It is not begun before something is settled; one that is captured already goes on, and is shown red."""
    NEVER = "never"


def may_run(listing: ListingSays | None) -> tuple[May, str]:
    """Whether an account that is listed like this may be captured, with the reason in words. One that is not listed was
    claimed as official when it was added, and is captured provisionally."""
    if listing is None or listing.capacity == Capacity.OFFICIAL:
        return May.RUN, ""
    if listing.capacity == Capacity.MIXED:
        if listing.decision:
            return May.RUN, ""
        return May.NOT_BEGIN, "an account used both officially and otherwise needs the City Attorney's decision first"
    if listing.capacity in (Capacity.PERSONAL, Capacity.CAMPAIGN):
        return May.NEVER, f"the register lists it as a {listing.capacity} account, and those are never captured"
    return May.NOT_BEGIN, "the register does not say yet whether it is an official account"


def strictest(listings: Sequence[ListingSays]) -> tuple[May, str]:
    """The same of an account that is listed several times: never, where one of them says so."""
    answers = [may_run(one) for one in listings] or [may_run(None)]
    order = (May.NEVER, May.NOT_BEGIN, May.RUN)
    return min(answers, key=lambda answer: order.index(answer[0]))
