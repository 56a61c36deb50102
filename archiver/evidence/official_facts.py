"""What acts on whether something is official say (``docs/official.md``, law R8, R20). Fields are never changed or taken
away: what is new gets another version of its act.

An act says all of one decision. Of several on the same record, or the same account, the last counts; each stays.
"""

from __future__ import annotations

from archiver.evidence.matter_facts import RecordId
from archiver.evidence.register_facts import AccountId, Code, Day, Facts, Line, Time, Words


class OfficialSays(Facts):
    """A decision, whole.

    ``record``: which one; None: the account as a whole. ``finding``: ``official``, ``personal``, ``campaign``, or
    ``undecided``, which takes back what was decided before. The four questions (NARA Bulletin 2014-02), None where
    nobody answered: ``evidence`` of policies, business or mission; ``only_here``, and nowhere else; ``information`` of
    an official kind; a business ``need`` for it. ``authority``: what gave, or did not give, the official the authority
    to speak for the City, and how they spoke (*Lindke v. Freed*). ``reason``: why it was decided so. ``decided_by``:
    the legal custodian.
    """

    account: AccountId
    record: RecordId | None
    finding: Code
    evidence: bool | None
    only_here: bool | None
    information: bool | None
    need: bool | None
    authority: Words | None
    reason: Words
    decided_on: Day
    decided_by: Line


class OfficialDecided(Facts):
    """One decision. ``by``: name of whoever entered it, ``by_id``: their id. ``void`` is always false and ``why``
    always None: a decision is taken back by a later one. ``entered``: when it was first said, where it is only
    said anew."""

    by: Line
    by_id: Line
    why: Words | None
    void: bool
    entered: Time | None
    says: OfficialSays
