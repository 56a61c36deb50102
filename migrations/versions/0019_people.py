"""People, their roles and how they sign in; who looked at what

Of what was indexed before, public records of which something was said only while they were hidden are not marked. Where
anything that is not public was captured, nothing is found by who sees public things only until the index was made anew.

Revision: 0019
Follows: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archiver.database import Instant, Json

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_ONLY_ADDED = (
    "CREATE FUNCTION access_log_only_added() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE EXCEPTION 'the access log only grows'; END $$",
    "CREATE TRIGGER access_log_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON access_log"
    " FOR EACH STATEMENT EXECUTE FUNCTION access_log_only_added()",
)
_ONLY_ADDED_SQLITE = tuple(
    f"CREATE TRIGGER access_log_no_{what} BEFORE {what} ON access_log"
    " BEGIN SELECT RAISE(ABORT, 'the access log only grows'); END"
    for what in ("update", "delete")
)


def upgrade() -> None:
    """Go one step forward."""
    op.create_table(
        "access_log",
        sa.Column("id", _WHOLE, nullable=False),
        sa.Column("at", Instant(timezone=True), nullable=False),
        sa.Column("person_id", _TEXT, nullable=False, comment="empty: nobody who is signed in"),
        sa.Column(
            "through",
            _TEXT,
            nullable=False,
            comment="id of the session or token; the machine's user for a command",
        ),
        sa.Column("action", _TEXT, nullable=False),
        sa.Column(
            "route",
            _TEXT,
            nullable=False,
            comment="pattern of the page, without query and ids",
        ),
        sa.Column(
            "subject",
            _TEXT,
            nullable=False,
            comment="id of the account, record or run; empty: none alone",
        ),
        sa.Column("status", _WHOLE, nullable=False, comment="of the answer"),
        sa.Column("note", sa.LargeBinary(), nullable=True, comment="what was searched for; sealed, for the auditor"),
        sa.Column("key_id", _TEXT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_log")),
    )
    with op.batch_alter_table("access_log", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_log_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_access_log_person_id_at"), ["person_id", "at"], unique=False)

    op.create_table(
        "person",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("mail", _TEXT, nullable=True, comment="lower case"),
        sa.Column("issuer", _TEXT, nullable=True, comment="whose sign-in knows them (OpenID Connect)"),
        sa.Column("subject", _TEXT, nullable=True, comment="under which name; with the issuer, once"),
        sa.Column("added_at", Instant(timezone=True), nullable=False),
        sa.Column(
            "acknowledged_at",
            Instant(timezone=True),
            nullable=True,
            comment="when they took note of the rules of conduct (law R42); null: not yet",
        ),
        sa.Column(
            "trained_on",
            _TEXT,
            nullable=True,
            comment="date of their training (law R42), YYYY-MM-DD",
        ),
        sa.Column(
            "ended_at",
            Instant(timezone=True),
            nullable=True,
            comment="since when they may do nothing",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("mail", name=op.f("uq_person_mail")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_person_issuer_subject")),
    )
    op.create_table(
        "sign_in_trip",
        sa.Column("state_sha256", _TEXT, nullable=False),
        sa.Column(
            "browser_sha256",
            _TEXT,
            nullable=False,
            comment="of what the same browser must bring back",
        ),
        sa.Column("nonce", _TEXT, nullable=False),
        sa.Column(
            "verifier",
            _TEXT,
            nullable=False,
            comment="of the challenge (RFC 7636); of no use without the code",
        ),
        sa.Column("next", _TEXT, nullable=False, comment="page to go on to"),
        sa.Column(
            "again", sa.Boolean(), nullable=False, comment="to show once more who it is, for an act that needs that"
        ),
        sa.Column("made_at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("state_sha256", name=op.f("pk_sign_in_trip")),
    )
    op.create_table(
        "sign_in_try",
        sa.Column("id", _WHOLE, nullable=False),
        sa.Column(
            "key_sha256",
            _TEXT,
            nullable=False,
            comment="of the name that was given, or of a browser that is known",
        ),
        sa.Column("at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_try")),
    )
    with op.batch_alter_table("sign_in_try", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_try_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_sign_in_try_key_sha256_at"), ["key_sha256", "at"], unique=False)

    op.create_table(
        "account_reserve",
        sa.Column("account_id", _TEXT, nullable=False),
        sa.Column("access", _TEXT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_reserve_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", "access", name=op.f("pk_account_reserve")),
    )
    op.create_table(
        "api_token",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("secret_sha256", _TEXT, nullable=False),
        sa.Column("person_id", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("scopes", Json(), nullable=False, comment="actions, of those its person may"),
        sa.Column("made_at", Instant(timezone=True), nullable=False),
        sa.Column("ends_at", Instant(timezone=True), nullable=False),
        sa.Column("used_at", Instant(timezone=True), nullable=True, comment="to the minute"),
        sa.Column("ended_at", Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_api_token_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("secret_sha256", name=op.f("uq_api_token_secret_sha256")),
    )
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_token_person_id"), ["person_id"], unique=False)

    op.create_table(
        "known_browser",
        sa.Column("secret_sha256", _TEXT, nullable=False),
        sa.Column("person_id", _TEXT, nullable=False),
        sa.Column("ends_at", Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_known_browser_person_id_person")),
        sa.PrimaryKeyConstraint("secret_sha256", name=op.f("pk_known_browser")),
    )
    op.create_table(
        "person_factor",
        sa.Column("person_id", _TEXT, nullable=False),
        sa.Column("password", _TEXT, nullable=False, comment="Argon2id, with its parameters and salt"),
        sa.Column(
            "code_sealed", sa.LargeBinary(), nullable=False, comment="secret of the codes; AAD = totp, person, key"
        ),
        sa.Column("key_id", _TEXT, nullable=False),
        sa.Column(
            "code_step",
            _WHOLE,
            nullable=False,
            comment="step of the last code that was used; older ones never count again",
        ),
        sa.Column("made_at", Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_factor_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person_factor")),
    )
    op.create_table(
        "role_grant",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("person_id", _TEXT, nullable=False),
        sa.Column("role", _TEXT, nullable=False),
        sa.Column("scope", _TEXT, nullable=False, comment="everything, authority, account"),
        sa.Column(
            "scope_id",
            _TEXT,
            nullable=False,
            comment="of the authority or account; empty: everything",
        ),
        sa.Column("stand_in", sa.Boolean(), nullable=False, comment="in place of somebody who has the role"),
        sa.Column("from_at", Instant(timezone=True), nullable=False),
        sa.Column("ends_at", Instant(timezone=True), nullable=True, comment="null: until it is revoked"),
        sa.Column("revoked_at", Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_role_grant_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
    )
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_role_grant_person_id"), ["person_id"], unique=False)

    op.create_table(
        "session",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("secret_sha256", _TEXT, nullable=False),
        sa.Column("person_id", _TEXT, nullable=False),
        sa.Column("how", _TEXT, nullable=False, comment="openid, password"),
        sa.Column(
            "browser",
            _TEXT,
            nullable=False,
            comment="what it calls itself, for its own person to tell it by",
        ),
        sa.Column("made_at", Instant(timezone=True), nullable=False),
        sa.Column("seen_at", Instant(timezone=True), nullable=False, comment="to the minute"),
        sa.Column(
            "shown_at",
            Instant(timezone=True),
            nullable=False,
            comment="when it was last shown who it is",
        ),
        sa.Column("ends_at", Instant(timezone=True), nullable=False, comment="at the latest"),
        sa.Column("ended_at", Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_session_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("secret_sha256", name=op.f("uq_session_secret_sha256")),
    )
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_session_person_id"), ["person_id"], unique=False)

    op.create_table(
        "sign_in_link",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("secret_sha256", _TEXT, nullable=False),
        sa.Column(
            "salt", sa.LargeBinary(), nullable=False, comment="with the link's secret, makes the secret of the codes"
        ),
        sa.Column("person_id", _TEXT, nullable=True, comment="null: the first administrator"),
        sa.Column("made_at", Instant(timezone=True), nullable=False),
        sa.Column("ends_at", Instant(timezone=True), nullable=False),
        sa.Column("ended_at", Instant(timezone=True), nullable=True, comment="when it was used or replaced"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_sign_in_link_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_link")),
        sa.UniqueConstraint("secret_sha256", name=op.f("uq_sign_in_link_secret_sha256")),
    )
    op.create_table(
        "grant_access",
        sa.Column("grant_id", _TEXT, nullable=False),
        sa.Column("access", _TEXT, nullable=False),
        sa.ForeignKeyConstraint(["grant_id"], ["role_grant.id"], name=op.f("fk_grant_access_grant_id_role_grant")),
        sa.PrimaryKeyConstraint("grant_id", "access", name=op.f("pk_grant_access")),
    )
    comment = "what is known from closed answers only is marked, so that it can be held back"
    marked: sa.Column[bool] = sa.Column(
        "marked", sa.Boolean(), nullable=False, server_default=sa.true(), comment=comment
    )
    op.add_column("search_indexed", marked)
    closed = "EXISTS (SELECT 1 FROM segment WHERE access NOT IN ('public', 'media'))"
    op.execute(f"UPDATE search_indexed SET marked = false WHERE {closed}")  # noqa: S608 - our own words
    for statement in _ONLY_ADDED_SQLITE if op.get_bind().dialect.name == "sqlite" else _ONLY_ADDED:
        op.execute(statement)


def downgrade() -> None:
    """Go one step back."""
    with op.batch_alter_table("search_indexed", schema=None) as batch_op:
        batch_op.drop_column("marked")
    op.drop_table("grant_access")
    op.drop_table("sign_in_link")
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_session_person_id"))

    op.drop_table("session")
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_role_grant_person_id"))

    op.drop_table("role_grant")
    op.drop_table("person_factor")
    op.drop_table("known_browser")
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_token_person_id"))

    op.drop_table("api_token")
    op.drop_table("account_reserve")
    with op.batch_alter_table("sign_in_try", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_try_key_sha256_at"))
        batch_op.drop_index(batch_op.f("ix_sign_in_try_at"))

    op.drop_table("sign_in_try")
    op.drop_table("sign_in_trip")
    op.drop_table("person")
    with op.batch_alter_table("access_log", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_access_log_person_id_at"))
        batch_op.drop_index(batch_op.f("ix_access_log_at"))

    op.drop_table("access_log")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION access_log_only_added")
