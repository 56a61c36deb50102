"""Acts on reviews of page roles and the rows that are made from them."""

from __future__ import annotations

from typing import Final

from archiver.evidence.act_types import ActKind
from archiver.evidence.stated import Statements
from archiver.page_roles.models import RoleReviewStatement
from archiver.records.stored import table

STATEMENTS: Final = Statements(table(RoleReviewStatement), ActKind.ROLES_REVIEWED, "review_id")
apply, record_all = STATEMENTS.apply, STATEMENTS.record_all
