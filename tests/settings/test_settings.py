"""Settings from the environment and the file, and what is said of wrong ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from archiver.archive import Archive
from archiver.errors import SettingsError, Unreachable
from archiver.settings import Settings, load_settings, practice_settings


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("ARCHIVER_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("ARCHIVER_HOME", str(tmp_path / "home"))


def _refusal() -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings()
    message = str(caught.value)
    assert "\n" not in message
    assert caught.value.exit_code == 2
    return message


def test_everything_has_a_default_inside_the_home(tmp_path: Path) -> None:
    settings = load_settings()
    home = tmp_path / "home"
    assert settings.home == home
    assert settings.database_url == f"sqlite:///{home}/index.sqlite3"
    assert settings.store_url == f"file://{home}/store"
    assert settings.key_file.is_relative_to(home)
    assert (settings.web_host, settings.web_port) == ("127.0.0.1", 8080)
    assert settings.time_zone == "America/Chicago"


def test_without_a_home_it_is_the_users_data_folder_from_every_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ARCHIVER_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert load_settings().home == tmp_path / "records-archiver"


def test_the_environment_wins_over_the_file_and_the_file_over_defaults(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "settings.toml").write_text('workers = 2\nweb_port = 9000\ntrusted_origins = ["http://a:1"]\n')
    monkeypatch.setenv("ARCHIVER_WEB_PORT", "9001")
    settings = load_settings()
    assert (settings.workers, settings.web_port, settings.trusted_origins) == (2, 9001, ("http://a:1",))
    assert load_settings(workers=7).workers == 7


def test_a_named_settings_file_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text(f'home = "{tmp_path / "elsewhere"}"\n')
    monkeypatch.delenv("ARCHIVER_HOME")
    monkeypatch.setenv("ARCHIVER_SETTINGS_FILE", str(tmp_path / "other.toml"))
    assert load_settings().database_url.endswith("elsewhere/index.sqlite3")


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("WEB_PORT", "99999", "65535"),
        ("WEB_PORT", "eighty", "integer"),
        ("TIME_ZONE", "Mars/Olympus", "America/Chicago"),
        ("TIME_ZONE", "../../etc/passwd", "America/Chicago"),
        ("DATABASE_URL", "mysql://u:hunter2@db/x", "postgresql+psycopg://USER:PASSWORD"),
        ("DATABASE_URL", "postgresql+psycopg2://u:hunter2@db/x", "psycopg 3"),
        ("DATABASE_URL", "postgresql+asyncpg://u:hunter2@db/x", "psycopg 3"),
        ("DATABASE_URL", "postgresql://u:hunter2@db", "name a database"),
        ("DATABASE_URL", "postgresql://u:hunter2@db:port/x", "postgresql+psycopg://USER:PASSWORD"),
        ("DATABASE_URL", "nonsense", "sqlite:////"),
        ("DATABASE_URL", "sqlite://", "file"),
        ("STORE_URL", "s3://key:hunter2@bucket", "s3://bucket"),
        ("S3_ENDPOINT_URL", "https://key:hunter2@s3.example.gov", "without credentials"),
        ("S3_ENDPOINT_URL", "s3.example.gov", "https://s3.example.gov"),
        ("S3_REGION", "US East", "us-east-2"),
        ("S3_CA_FILE", "/nonexistent/ca.pem", "a file that is there"),
        ("S3_LOCK_DAYS", "-1", "0"),
        ("STORE_URL", "/tmp/store", "file:///folder"),
        ("STORE_URL", "file://remote/folder", "file:///folder"),
        ("TRUSTED_ORIGINS", "http://127.0.0.1:1/path", "without a path"),
        ("LOG_LEVEL", "loud", "'debug'"),
        ("LOG_ORIGIN", "https://x.y", "without scheme"),
        ("CONTACT", "a\r\nX-Header: b", "ASCII"),
        ("DISK_RESERVE_PERCENT", "100", "less than 100"),
        ("WORKERS", "0", "1"),
        ("PRACTICE", "perhaps", "boolean"),
    ],
)
def test_a_wrong_value_is_named_with_what_would_be_right_and_never_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, right: str
) -> None:
    monkeypatch.setenv(f"ARCHIVER_{name}", value)
    message = _refusal()
    assert f"ARCHIVER_{name}" in message
    assert right in message
    assert "hunter2" not in message


def test_an_unknown_setting_is_named_with_the_nearest_known_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ARCHIVER_WEBPORT", "1")
    assert "did you mean ARCHIVER_WEB_PORT?" in _refusal()
    monkeypatch.delenv("ARCHIVER_WEBPORT")
    monkeypatch.setenv("ARCHIVER_WEB_WITHOUT_SIGN_IN", "true")
    assert "people sign in now: remove it" in _refusal()
    monkeypatch.delenv("ARCHIVER_WEB_WITHOUT_SIGN_IN")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "settings.toml").write_text("wokers = 2\n")
    assert "did you mean workers?" in _refusal()


def test_a_wrong_value_in_the_file_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "settings.toml").write_text('workers = "many"\n')
    message = _refusal()
    assert "workers in" in message
    assert "settings.toml" in message


@pytest.mark.parametrize("content", [b"not = = toml", b"\xff\xfe", b"[section]\nx = 1\n"])
def test_an_unreadable_file_is_one_clear_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "settings.toml").write_bytes(content)
    assert "settings.toml" in _refusal()


def test_a_file_that_is_named_and_missing_or_a_folder_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ARCHIVER_SETTINGS_FILE", str(tmp_path / "missing.toml"))
    assert "does not exist" in _refusal()
    monkeypatch.setenv("ARCHIVER_SETTINGS_FILE", str(tmp_path))
    assert "cannot read" in _refusal()


def test_every_setting_says_what_it_means() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description.rstrip().endswith((".", "error.")), name


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, ()),
        ({"web_url": "https://records.example.gov:8443/"}, ("records.example.gov",)),
        ({"web_url": "http://[fd00::1]:8080", "web_names": "archive,other"}, ("archive", "other", "[fd00::1]")),
    ],
)
def test_pages_answer_to_the_name_that_owners_links_begin_with(
    tmp_path: Path, given: dict[str, Any], names: tuple[str, ...]
) -> None:
    assert Settings(home=tmp_path, **given).names == names


def test_practice_shares_no_place_with_the_real_archive(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ARCHIVER_DATABASE_URL", f"sqlite:///{tmp_path}/real.sqlite3")
    monkeypatch.setenv("ARCHIVER_STORE_URL", f"file://{tmp_path}/real-store")
    monkeypatch.setenv("ARCHIVER_KEY_FILE", str(tmp_path / "real.key"))
    monkeypatch.setenv("ARCHIVER_TRUSTED_ORIGINS", "http://127.0.0.1:7")
    monkeypatch.setenv("ARCHIVER_LOG_ORIGIN", "records.example.gov/log")
    real = load_settings()
    practice = practice_settings(real, "http://127.0.0.1:5555")
    for name in ("home", "database_url", "store_url", "key_file", "log_origin", "trusted_origins"):
        assert getattr(practice, name) != getattr(real, name), name
    assert practice.home.is_relative_to(real.home)
    assert practice.trusted_origins == ("http://127.0.0.1:5555",)
    assert practice.web_port == real.web_port


def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", database_url="postgresql+psycopg://u:hunter2@127.0.0.1:1/x")
    with pytest.raises(Unreachable, match=r"the database x on 127\.0\.0\.1:1 cannot be reached") as caught:
        Archive.open(settings)
    assert "hunter2" not in str(caught.value)
