"""Tokens that are renewed, applications registered at platforms, and links for owners of accounts

Revision: 0009
Follows: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archiver.database import Instant, Json

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

#: Text that PostgreSQL compares by code points, as SQLite does.
_TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _at(name: str, comment: str | None = None, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, Instant(timezone=True), nullable=nullable, comment=comment)


def upgrade() -> None:
    """Go one step forward."""
    for column in (
        sa.Column("renewal", sa.LargeBinary(), nullable=True, comment="what renews it, sealed in the same way"),
        sa.Column(
            "number",
            _WHOLE,
            nullable=False,
            server_default="1",
            comment="rises with every token; the newer of two counts",
        ),
        _at("got_at", "when this token came; null: as it was given"),
        _at("expires_at", "null: never, or not told"),
        _at("consent_ends_at", "after it only the owner can renew; null: never, or not told"),
        sa.Column("scopes", Json(), nullable=True, comment="what was granted; null: not told"),
        sa.Column(
            "connected",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="by the owner's consent, not given by hand",
        ),
        _at("renewing_since", "the platform was asked for another; what came of it is not known yet"),
        sa.Column(
            "refused", _TEXT, nullable=True, comment="problem with which the platform last refused it; null: works"
        ),
        _at("refused_at"),
        sa.Column("refused_why", _TEXT, nullable=True),
        _at("warned_at", "when its end was last warned of"),
    ):
        op.add_column("credential", column)
    _app()
    _link()


def _app() -> None:
    op.create_table(
        "platform_app",
        sa.Column("platform", _TEXT, nullable=False),
        sa.Column("service", _TEXT, nullable=False, comment="server that knows it; empty: the whole platform"),
        sa.Column("client", _TEXT, nullable=False, comment="its id there; no secret"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False, comment="its secret; AAD = app, platform, service, key"),
        sa.Column("key_id", _TEXT, nullable=False),
        _at("added_at", nullable=False),
        sa.PrimaryKeyConstraint("platform", "service", name=op.f("pk_platform_app")),
    )


def _link() -> None:
    op.create_table(
        "connect_link",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("secret_sha256", _TEXT, nullable=False),
        sa.Column("account_id", _TEXT, nullable=True, comment="null: not registered yet"),
        sa.Column("platform", _TEXT, nullable=False),
        sa.Column("url", _TEXT, nullable=False, comment="of the account"),
        sa.Column("authority", _TEXT, nullable=False, comment="for an account that is not registered yet"),
        sa.Column("purpose", _TEXT, nullable=False),
        _at("made_at", nullable=False),
        _at("ends_at", nullable=False),
        sa.Column("ended", _TEXT, nullable=True, comment="connected, replaced, withdrawn; null: it can be used"),
        _at("ended_at"),
        sa.Column("said", _TEXT, nullable=True, comment="what came of the last try, for whoever tried"),
        _at("begun_at", "when the owner was last sent to the platform"),
        sa.Column("state_sha256", _TEXT, nullable=True, comment="of what the platform must send back"),
        sa.Column("browser_sha256", _TEXT, nullable=True, comment="of what the owner's browser must send back"),
        sa.Column("verifier", sa.LargeBinary(), nullable=True, comment="of the challenge (RFC 7636), sealed"),
        sa.Column("verifier_key_id", _TEXT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connect_link")),
        sa.UniqueConstraint("secret_sha256", name=op.f("uq_connect_link_secret_sha256")),
        sa.UniqueConstraint("state_sha256", name=op.f("uq_connect_link_state_sha256")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_connect_link_account_id_account")),
    )


def downgrade() -> None:
    """Go one step back."""
    op.drop_table("connect_link")
    op.drop_table("platform_app")
    for name in (
        *("renewal", "number", "got_at", "expires_at", "consent_ends_at", "scopes", "connected", "renewing_since"),
        *("refused", "refused_at", "refused_why", "warned_at"),
    ):
        op.drop_column("credential", name)
