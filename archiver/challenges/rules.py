"""What can be said of a challenge (Wis. Stat. 19.70). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from archiver.evidence.challenge_facts import ChallengeSays

LONGEST: Final = 4000
"""Characters of each text: the law speaks of a concise statement."""


class Outcome(StrEnum):
    """What the authority did with a challenge. Names stand in acts, and are final."""

    OPEN = "open"
    CORRECTED = "corrected"
    DENIED = "denied"


OUTCOMES: Final[Mapping[str, str]] = {
    Outcome.OPEN: "not decided yet",
    Outcome.CORRECTED: "the authority concurs, and corrects it",
    Outcome.DENIED: "denied; the individual may file a concise statement",
}


def complaint(says: ChallengeSays, today: str) -> str | None:
    """Why this cannot be said of a challenge; None: it can. ``today``: by the city's calendar."""
    if says.outcome not in OUTCOMES:
        return "choose an outcome of the list"
    if not says.individual.strip() or not says.disputed.strip():
        return "say who challenges the record, and which portion of it"
    texts = (says.disputed, says.correction, says.reasons, says.statement)
    if any(len(one) > LONGEST for one in texts if one is not None):
        return f"each text has at most {LONGEST:,} characters"
    decided = says.outcome != Outcome.OPEN
    if decided != (says.decided_on is not None):
        return "a decision has a day, and what is not decided yet has none"
    if (says.correction is not None) != (says.outcome == Outcome.CORRECTED):
        return "say what is right where the authority concurs, and nowhere else"
    if says.outcome != Outcome.DENIED and (says.reasons is not None or says.statement is not None):
        return "reasons and a statement of disagreement belong to a denial"
    if (says.statement is None) != (says.statement_on is None):
        return "a statement has the day on which it was filed"
    days = [says.received_on, says.decided_on, says.statement_on]
    known = [one for one in days if one is not None]
    if known != sorted(known) or known[-1] > today:
        return "the days follow one another, and none is still to come"
    return None
