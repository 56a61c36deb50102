"""Acts on challenges and the rows that are made from them."""

from __future__ import annotations

from typing import Final

from archiver.challenges.models import ChallengeStatement
from archiver.evidence.act_types import ActKind
from archiver.evidence.stated import Statements
from archiver.records.stored import table

STATEMENTS: Final = Statements(
    table(ChallengeStatement), ActKind.CHALLENGE_STATED, "challenge_id", {"record_id": "record"}
)
apply, record_all = STATEMENTS.apply, STATEMENTS.record_all
