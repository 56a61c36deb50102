"""Tokens at rest."""

from __future__ import annotations

import os
import sqlite3
import threading
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select, text, update

from archiver import migrate
from archiver.accounts.credentials import Vault
from archiver.accounts.models import Account, Credential
from archiver.database import Database
from archiver.errors import IntegrityError, MissingKey, SettingsError, UsageError
from archiver.sealing import KeyFile, seal, unseal

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CANARY = "canary-token-3f9c1e"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'index.sqlite3'}")
    migrate.upgrade(database)
    with database.write() as connection:
        for name in ("ac_one", "ac_two"):
            connection.execute(
                insert(Account).values(
                    id=name, platform="p", service="s", platform_id=name, handle=name, name=name, url="u",
                    state_since=NOW, added_at=NOW,
                )
            )  # fmt: skip
    yield database
    database.close()


@pytest.fixture
def vault(tmp_path: Path, database: Database) -> Vault:
    return Vault(tmp_path / "keys" / "tokens.key", database)


def _store(database: Database, vault: Vault, account: str = "ac_one", token: str = CANARY) -> None:
    with database.write() as connection:
        vault.store(connection, account, "read", token, NOW)


def _opened(vault: Vault, account: str = "ac_one") -> str:
    secret = vault.token(account)
    assert secret is not None
    assert secret.value not in repr(secret)
    return secret.value


def test_a_stored_token_comes_back_and_a_new_one_replaces_it(database: Database, vault: Vault) -> None:
    assert vault.token("ac_one") is None
    _store(database, vault)
    assert _opened(vault) == CANARY
    _store(database, vault, token="another-token")
    assert _opened(vault) == "another-token"
    assert vault.check() == 1


def test_the_database_holds_neither_the_token_nor_the_key(database: Database, vault: Vault, tmp_path: Path) -> None:
    _store(database, vault)
    key_line = vault.key_file.read_text().split()[1]
    with database.write() as connection:
        connection.execute(text("SELECT 1"))
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("index.sqlite3*"))
    assert b"ac_one" in stored
    assert CANARY.encode() not in stored
    assert key_line.encode() not in stored


def test_the_key_file_is_for_its_owner_only(database: Database, vault: Vault) -> None:
    _store(database, vault)
    assert vault.key_file.stat().st_mode & 0o777 == 0o600
    assert vault.key_file.parent.stat().st_mode & 0o777 == 0o700
    vault.key_file.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        vault.token("ac_one")


def test_a_token_moved_to_another_account_does_not_open(database: Database, vault: Vault) -> None:
    _store(database, vault)
    _store(database, vault, "ac_two", "other-token")
    with database.write() as connection:
        sealed = connection.execute(select(Credential.sealed).where(Credential.account_id == "ac_one")).scalar_one()
        connection.execute(update(Credential).where(Credential.account_id == "ac_two").values(sealed=sealed))
    with pytest.raises(IntegrityError, match="changed or moved"):
        vault.token("ac_two")
    assert _opened(vault) == CANARY


def test_the_key_that_another_process_made_at_the_same_time_is_taken(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both saw that there was none, and wrote one of their own; only one of them is put in its place."""
    together, write = threading.Barrier(2, timeout=30), KeyFile._written

    def written(self: KeyFile, lines: list[str]) -> Path:
        made = write(self, lines)
        together.wait()
        return made

    monkeypatch.setattr(KeyFile, "_written", written)

    def sealed(text: str) -> tuple[bytes, str]:
        with database.read() as connection:
            return Vault(tmp_path / "new" / "tokens.key", database).seal_text(connection, text, "here")

    with ThreadPoolExecutor(2) as both:
        first, second = both.map(sealed, ["what one keeps", "what the other keeps"])
    assert first[1] == second[1]
    vault = Vault(tmp_path / "new" / "tokens.key", database)
    opened = [vault.open_text(one, key, "text", "here") for one, key in (first, second)]
    assert opened == ["what one keeps", "what the other keeps"]
    assert [one.name for one in (tmp_path / "new").iterdir()] == ["tokens.key"]


def test_a_lost_key_file_is_said_and_never_replaced_by_a_new_one(database: Database, vault: Vault) -> None:
    _store(database, vault)
    vault.key_file.unlink()
    with pytest.raises(MissingKey, match="put it back"):
        vault.token("ac_one")
    with pytest.raises(MissingKey, match="put it back"):
        _store(database, vault, "ac_two")
    assert not vault.key_file.exists()


def test_a_key_put_in_front_seals_and_the_old_one_still_opens(database: Database, vault: Vault, tmp_path: Path) -> None:
    _store(database, vault)

    old = vault.key_file.read_text()
    new = "0102030405060708 " + b64encode(os.urandom(32)).decode() + "\n"
    vault.key_file.write_text(new + old)
    assert _opened(vault) == CANARY
    _store(database, vault, "ac_two", "second-token")
    vault.key_file.write_text(new)
    assert _opened(vault, "ac_two") == "second-token"
    with pytest.raises(MissingKey, match="is not in"):
        vault.token("ac_one")


@pytest.mark.parametrize("content", ["", "no-key-here\n", "id c2hvcnQ=\n", "id ***\n", "\x00\xff"])
def test_a_key_file_that_is_none_is_said(database: Database, vault: Vault, content: str) -> None:
    _store(database, vault)
    vault.key_file.write_text(content, "latin-1")
    with pytest.raises(MissingKey):
        vault.token("ac_one")


@pytest.mark.parametrize("token", ["", "short", "********", "two\nlines", "a" * 100_000, "esc\x1b[0m"])
def test_what_cannot_be_a_token_is_refused(database: Database, vault: Vault, token: str) -> None:
    with pytest.raises(UsageError):
        _store(database, vault, token=token)
    assert vault.token("ac_one") is None


@given(
    st.binary(max_size=200),
    st.binary(max_size=50),
    st.integers(min_value=0),
    st.integers(min_value=1, max_value=255),
)
def test_any_changed_byte_or_other_place_fails(secret: bytes, place: bytes, where: int, change: int) -> None:
    key = bytes(range(32))
    sealed = seal(key, place, secret)
    assert unseal(key, place, sealed) == secret
    broken = bytearray(sealed)
    broken[where % len(broken)] ^= change
    for wrong in (bytes(broken), sealed[: where % len(sealed)]):
        with pytest.raises(IntegrityError):
            unseal(key, place, wrong)
    with pytest.raises(IntegrityError):
        unseal(key, place + b"x", sealed)
    with pytest.raises(IntegrityError):
        unseal(bytes(32), place, sealed)


def test_credentials_are_never_in_an_error_message(database: Database, vault: Vault) -> None:
    _store(database, vault)
    with sqlite3.connect(str(database.url.database)) as raw:
        raw.execute("UPDATE credential SET sealed = x'00'")
    with pytest.raises(IntegrityError) as caught:
        vault.token("ac_one")
    assert CANARY not in str(caught.value)
