"""What acts on challenges say (``docs/challenges.md``, Wis. Stat. 19.70). Fields are never changed or taken away: what
is new gets another version of its act.

A statement says all that is known of one challenge. A later statement of the same challenge takes its place; what was
said before stays.
"""

from __future__ import annotations

from archiver.evidence.matter_facts import RecordId
from archiver.evidence.register_facts import AccountId, Code, Day, Facts, Line, Time, Words


class ChallengeSays(Facts):
    """A challenge to the accuracy of a record, whole.

    ``individual``: whom the record is about, and who challenges it. ``authorized``: who acts for them; None: they
    themselves. ``disputed``: the portion that is challenged, and why. ``outcome``: ``open``; ``corrected``: the
    authority concurs, and ``correction`` says what is right; ``denied``. ``reasons``: of a denial. ``statement``: the
    concise statement of the individual's disagreement, filed after a denial.
    """

    account: AccountId
    record: RecordId
    received_on: Day
    individual: Line
    authorized: Line | None
    disputed: Words
    outcome: Code
    decided_on: Day | None
    decided_by: Line | None
    correction: Words | None
    reasons: Words | None
    statement_on: Day | None
    statement: Words | None


class ChallengeStated(Facts):
    """One statement. ``void``: there is no such challenge, it was entered by mistake. ``by``: name of whoever said it,
    ``by_id``: their id. ``entered``: when it was first said, where it is only said anew."""

    by: Line
    by_id: Line
    why: Words | None
    void: bool
    entered: Time | None
    says: ChallengeSays
