"""Everything that can be asked for, in one place. A page, route or command names the action it is; who may do it is
said in :mod:`archiver.people.roles`."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Action(StrEnum):
    """What somebody wants to do. Names stand in API tokens and in the access log, and are final."""

    RECORDS_VIEW = "records.view"
    """Read records, threads and what changed."""
    RECORDS_SEARCH = "records.search"
    CAPTURE_VIEW = "capture.view"
    """The register and how its accounts are captured: runs, gaps, connections."""
    EVIDENCE_VIEW = "evidence.view"
    """The signed log."""
    PLATFORMS_VIEW = "platforms.view"
    """What is set up at platforms."""
    SEARCH_KEEP = "search.keep"
    """Save searches and lay records aside: whoever may search may; a token has to be for it."""
    PLATFORMS_CHANGE = "platforms.change"
    """Store the city's applications at platforms."""
    SEARCH_FREEZE = "search.freeze"
    RECORDS_RELEASE = "records.release"
    """Hand records out with their proofs, and have a certificate made."""
    RECORDS_MARK = "records.mark"
    """Read and write the tags and notes of one's offices on records."""
    ACCOUNTS_CHANGE = "accounts.change"
    """Pause, resume and connect accounts."""
    REGISTER_CHANGE = "register.change"
    """Who owns an account, and who is its legal custodian (law R10)."""
    EXCEPTIONS_DECIDE = "exceptions.decide"
    """The CIO's exceptions (law R14)."""
    LITIGATION_HOLDS_LIFT = "holds.lift_litigation"
    """Lift the hold of an action under 19.37 (law R50)."""
    MODERATION_STATE = "moderation.state"
    """Say what is known of an act of moderation, or that a removal follows (law R16, R22)."""
    CHALLENGES_DECIDE = "challenges.decide"
    """Enter and decide what the person a record is about says against its accuracy (Wis. Stat. 19.70)."""
    OFFICIAL_DECIDE = "official.decide"
    """Decide whether one record, or one account, is official (law R8, R20)."""
    PAGE_ROLES_VIEW = "page_roles.view"
    """See who has which role on accounts at their platforms (law R71)."""
    PAGE_ROLES_REVIEW = "page_roles.review"
    """Say that somebody reviewed it (law R71)."""
    DEPOSITS_MAKE = "deposits.make"
    """Bring a file by hand, to be kept beside what was captured of an account (law R17)."""
    CAPTURE_ASK = "capture.ask"
    """Have an account looked at now, for one record (law R22)."""
    PEOPLE_VIEW = "people.view"
    PEOPLE_CHANGE = "people.change"
    ACCESS_LOG_VIEW = "access_log.view"


#: Acts on the whole archive: a role that counts for one authority does not allow them.
ON_ARCHIVE: Final = frozenset(
    {Action.PEOPLE_VIEW, Action.PEOPLE_CHANGE, Action.ACCESS_LOG_VIEW, Action.PLATFORMS_CHANGE}
)
#: Acts that show or hand out what was captured: a grant's access classes count for them.
ON_RECORDS: Final = frozenset(
    {
        *(Action.RECORDS_VIEW, Action.RECORDS_SEARCH, Action.SEARCH_FREEZE, Action.RECORDS_RELEASE),
        Action.SEARCH_KEEP,
        Action.MODERATION_STATE,
        Action.CHALLENGES_DECIDE,
        Action.OFFICIAL_DECIDE,
        Action.RECORDS_MARK,
        Action.DEPOSITS_MAKE,
    }
)
#: For which somebody has to show once more who it is, within the last minutes.
HIGH_RISK: Final = frozenset(
    {
        *(Action.PEOPLE_CHANGE, Action.ACCESS_LOG_VIEW, Action.LITIGATION_HOLDS_LIFT),
        *(Action.EXCEPTIONS_DECIDE, Action.CHALLENGES_DECIDE, Action.RECORDS_RELEASE),
        Action.PLATFORMS_CHANGE,
        Action.OFFICIAL_DECIDE,
    }
)
#: With what a program changes something (decision 20).
WRITES: Final = frozenset(
    {
        *(Action.SEARCH_KEEP, Action.RECORDS_MARK, Action.ACCOUNTS_CHANGE),
        *(Action.MODERATION_STATE, Action.CAPTURE_ASK),
    }
)
#: What an API token may be given: nothing for which somebody has to show once more who it is.
FOR_TOKENS: Final = WRITES | {
    *(Action.RECORDS_VIEW, Action.RECORDS_SEARCH, Action.CAPTURE_VIEW, Action.EVIDENCE_VIEW, Action.PLATFORMS_VIEW)
}
