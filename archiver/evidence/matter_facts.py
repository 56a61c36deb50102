"""What acts on moderation say (``docs/moderation.md``, law R16, R22). Fields are never changed or taken away: what is
new gets another version of its act.

A statement says all that somebody knows of one act of moderation: what was hidden, removed, edited or blocked, by
whom, on which ground. A later statement of the same act of moderation takes its place; what was said before stays.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from archiver.evidence.register_facts import AccountId, Code, Day, Facts, Line, Time, Words

#: Most records of one statement.
MOST_RECORDS = 500
RecordId = Annotated[str, Field(pattern="^rc_[a-z2-7]{32}$")]


class OfRecord(Facts):
    """One record of a statement, and which of its changes is meant.

    ``change``: ``state`` (hidden, deleted …) or ``edited``. ``seen``: the change that was in effect at this time, by
    when the archive saw it; None: none was seen yet, and the first that fits counts.
    """

    record: RecordId
    change: Code
    seen: Time | None


class ModerationSays(Facts):
    """An act of moderation, whole.

    ``stage``: ``done``, or ``announced`` for what is about to be done (law R22). ``done``: what is done. ``at``: when,
    as whoever says it knows. ``against``: whose comments, where a person was blocked. ``ground``: a code of the city's
    list. Names and free words may be private.
    """

    account: AccountId
    records: Annotated[list[OfRecord], Field(max_length=MOST_RECORDS)]
    stage: Code
    done: Code
    at: Time | None
    actor: Code
    actor_name: Line | None
    against: Line | None
    matter: Line | None
    ground: Code | None
    words: Words | None
    notice_on: Day | None
    notice: Words | None
    appeal_on: Day | None
    appeal: Words | None
    decided_on: Day | None
    decided_by: Line | None
    outcome: Code | None
    restored_on: Day | None


class ModerationStated(Facts):
    """One statement. ``void``: there is no such act of moderation, it was entered by mistake. ``by``: name of whoever
    said it, ``by_id``: their id. ``entered``: when it was first said, where it is only said anew."""

    by: Line
    by_id: Line
    why: Words | None
    void: bool
    entered: Time | None
    says: ModerationSays
