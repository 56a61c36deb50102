"""Which department a listing is of, as a column: roles reach departments

Revision: 0020
Follows: 0019
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

#: Text that PostgreSQL compares by code points, as SQLite does.
_TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_STATEMENT = sa.table(
    "register_statement", sa.column("act_id"), sa.column("thing"), sa.column("says"), sa.column("department_id")
)


def upgrade() -> None:
    """Go one step forward."""
    column = sa.Column(
        "department_id", _TEXT, nullable=True, comment="of a listing: the department whose account it is"
    )
    op.add_column("register_statement", column)
    connection = op.get_bind()
    listings = sa.select(_STATEMENT.c.act_id, _STATEMENT.c.says).where(_STATEMENT.c.thing == "listing")
    for act_id, says in connection.execute(listings).all():
        department = json.loads(says)["department"]
        if department is not None:
            mine = sa.update(_STATEMENT).where(_STATEMENT.c.act_id == act_id)
            connection.execute(mine.values(department_id=department))


def downgrade() -> None:
    """Go one step back."""
    op.drop_column("register_statement", "department_id")
