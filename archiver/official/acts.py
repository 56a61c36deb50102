"""Acts on what is official and the rows that are made from them."""

from __future__ import annotations

from typing import Final

from archiver.evidence.act_types import ActKind
from archiver.evidence.stated import Statements
from archiver.official.models import OfficialDecision
from archiver.records.stored import table

STATEMENTS: Final = Statements(
    table(OfficialDecision), ActKind.OFFICIAL_DECIDED, "decision_id", {"record_id": "record", "finding": "finding"}
)
apply, record_all = STATEMENTS.apply, STATEMENTS.record_all
