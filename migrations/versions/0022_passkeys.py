"""Passkeys, and mail addresses that somebody else has to agree to

Revision: 0022
Follows: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archiver.database import Instant

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
#: Text that PostgreSQL compares by code points, as SQLite does.
_TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Go one step forward."""
    op.create_table(
        "passkey",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("credential", _TEXT, nullable=False, comment="its id, base64url"),
        sa.Column("person_id", _TEXT, nullable=False),
        sa.Column("host", _TEXT, nullable=False, comment="name of the pages that it is for"),
        sa.Column("name", _TEXT, nullable=False, comment="for its own person to tell it by"),
        sa.Column("public_key", sa.LargeBinary(), nullable=False, comment="COSE key (RFC 9052)"),
        sa.Column(
            "sign_count", _WHOLE, nullable=False, comment="how often it says that it was used; 0: it does not count"
        ),
        sa.Column("made_at", Instant(timezone=True), nullable=False),
        sa.Column("used_at", Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_passkey_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential", name=op.f("uq_passkey_credential")),
    )
    op.create_index(op.f("ix_passkey_person_id"), "passkey", ["person_id"])
    op.create_table(
        "passkey_challenge",
        sa.Column("challenge_sha256", _TEXT, nullable=False),
        sa.Column("purpose", _TEXT, nullable=False, comment="add, sign_in, again"),
        sa.Column("host", _TEXT, nullable=False),
        sa.Column("session_id", _TEXT, nullable=True, comment="of who was asked; null: nobody is signed in yet"),
        sa.Column("made_at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("challenge_sha256", name=op.f("pk_passkey_challenge")),
    )
    op.create_index(op.f("ix_passkey_challenge_made_at"), "passkey_challenge", ["made_at"])
    op.create_table(
        "address_change",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("person_id", _TEXT, nullable=False),
        sa.Column("mail", _TEXT, nullable=True, comment="lower case; null: none"),
        sa.Column("asked_by", _TEXT, nullable=False),
        sa.Column("made_at", Instant(timezone=True), nullable=False),
        sa.Column("ends_at", Instant(timezone=True), nullable=False),
        sa.Column("ended_at", Instant(timezone=True), nullable=True, comment="when it was settled, or replaced"),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("fk_address_change_asked_by_person")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_address_change_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_change")),
    )
    op.create_index(op.f("ix_address_change_person_id"), "address_change", ["person_id"])


def downgrade() -> None:
    """Go one step back."""
    for table in ("address_change", "passkey_challenge", "passkey"):
        op.drop_table(table)
