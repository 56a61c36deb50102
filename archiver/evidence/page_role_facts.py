"""What acts and entries on the review of page roles say (``docs/page-roles.md``, law R71). Fields are never changed or
taken away: what is new gets another version of its act.

A statement says all of one review. A later statement of the same review takes its place; what was said before stays.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from archiver.evidence.matter_facts import RecordId
from archiver.evidence.register_facts import AccountId, Day, Facts, Line, Time, Words

VersionId = Annotated[str, Field(pattern="^ve_[a-z2-7]{32}$")]
#: Most lists of one account.
_LISTS = 20


class SeenList(Facts):
    """A list of roles as it stood before whoever reviewed it: the record, and its version."""

    record: RecordId
    version: VersionId


class RoleReviewSays(Facts):
    """A review of who has which role on an account, whole.

    ``on``: the day of it. ``reviewer``: who did it. ``findings``: what they found, and what is done about it.
    ``lists``: what the platform had told, as they saw it; empty where it tells no program.
    """

    account: AccountId
    on: Day
    reviewer: Line
    findings: Words
    lists: Annotated[list[SeenList], Field(max_length=_LISTS)]


class RoleReviewStated(Facts):
    """One statement. ``void``: there was no such review, it was entered by mistake. ``by``: name of whoever said it,
    ``by_id``: their id. ``entered``: when it was first said, where it is only said anew."""

    by: Line
    by_id: Line
    why: Words | None
    void: bool
    entered: Time | None
    says: RoleReviewSays
