"""What can be decided of a record or an account (law R8, R20). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from archiver.evidence.official_facts import OfficialSays

LONGEST: Final = 4000
"""Characters of each text."""


class Finding(StrEnum):
    """What was found. Names stand in acts, and are final."""

    OFFICIAL = "official"
    PERSONAL = "personal"
    CAMPAIGN = "campaign"
    UNDECIDED = "undecided"


FINDINGS: Final[Mapping[str, str]] = {
    Finding.OFFICIAL: "official: a record of the City",
    Finding.PERSONAL: "personal: not official",
    Finding.CAMPAIGN: "of a campaign: not official",
    Finding.UNDECIDED: "not decided: what was decided before is taken back",
}
#: The questions of NARA Bulletin 2014-02 on whether something is a record, by their fields in acts.
QUESTIONS: Final[Mapping[str, str]] = {
    "evidence": "Does it hold evidence of the office’s policies, business or mission?",
    "only_here": "Is this information only available here?",
    "information": "Does it hold official information of the office?",
    "need": "Is there a business need for this information?",
}


def complaint(says: OfficialSays, today: str) -> str | None:
    """Why this cannot be decided; None: it can. ``today``: by the city's calendar."""
    if says.finding not in FINDINGS:
        return "choose what was found"
    if not says.reason.strip():
        return "say why: a decision without its reason is none"
    if not says.decided_by.strip():
        return "say which legal custodian decided it"
    if max(len(says.reason), len(says.authority or "")) > LONGEST:
        return f"each text has at most {LONGEST:,} characters"
    return "a decision has its day, and it is not still to come" if says.decided_on > today else None
