"""Opening an archive: one identity in index and store, or a clear refusal."""

from __future__ import annotations

import hashlib
import multiprocessing
import sqlite3
from pathlib import Path

import pytest

from archiver.archive import Archive
from archiver.errors import ArchiverError, NotFound, SettingsError, Unreachable, WrongStore
from archiver.settings import Settings, practice_settings
from tests import forking


def _settings(home: Path, **more: object) -> Settings:
    return Settings(home=home, **more)  # type: ignore[arg-type]


def _fill(archive: Archive) -> None:
    content = b"something archived"
    archive.store.put("segments/x", content, hashlib.sha256(content).hexdigest())


def test_the_first_start_begins_an_archive_and_the_next_finds_it(tmp_path: Path) -> None:
    with Archive.open(_settings(tmp_path / "home")) as first:
        identity = first.identity
    with Archive.open(_settings(tmp_path / "home"), create=False) as again:
        assert again.identity == identity
    assert identity.kind == "real"
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700
    with sqlite3.connect(tmp_path / "home" / "index.sqlite3") as raw:
        assert raw.execute("SELECT type FROM event").fetchall() == [("archive.created",)]


def test_reading_begins_nothing(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="account add"):
        Archive.open(_settings(tmp_path / "home"), create=False)
    assert not (tmp_path / "home").exists()


def test_practice_and_real_never_open_each_other(tmp_path: Path) -> None:
    real = _settings(tmp_path / "home")
    practice = practice_settings(real)
    Archive.open(real).close()
    Archive.open(practice, kind="practice").close()
    for settings, kind in ((real, "practice"), (practice, "real")):
        with pytest.raises(WrongStore, match="never mix"):
            Archive.open(settings, kind=kind)  # type: ignore[arg-type]


def test_an_index_of_one_archive_refuses_the_store_of_another(tmp_path: Path) -> None:
    Archive.open(_settings(tmp_path / "a")).close()
    Archive.open(_settings(tmp_path / "b")).close()
    with pytest.raises(WrongStore, match="belongs to archive") as caught:
        Archive.open(_settings(tmp_path / "a", store_url=(tmp_path / "b" / "store").as_uri()))
    assert caught.value.exit_code == 6


def test_an_index_whose_store_is_empty_asks_for_the_disk(tmp_path: Path) -> None:
    Archive.open(_settings(tmp_path / "a")).close()
    with pytest.raises(WrongStore, match="mounted"):
        Archive.open(_settings(tmp_path / "a", store_url=(tmp_path / "empty").as_uri()))
    assert list((tmp_path / "empty").glob("archive.json")) == []


def test_an_empty_index_beside_a_filled_store_asks_for_a_rebuild(tmp_path: Path) -> None:
    with Archive.open(_settings(tmp_path / "a")) as archive:
        _fill(archive)
        identity = archive.identity
    fresh = _settings(tmp_path / "b", store_url=(tmp_path / "a" / "store").as_uri())
    with pytest.raises(WrongStore, match="index rebuild"):
        Archive.open(fresh)
    with Archive.open(fresh, empty_index=True) as rebuilding:
        assert rebuilding.identity == identity


def test_a_store_of_something_else_is_refused_and_not_touched(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"cat")
    with pytest.raises(WrongStore):
        Archive.open(_settings(tmp_path / "a", store_url=(tmp_path / "photos").as_uri()))
    assert not (tmp_path / "photos" / "archive.json").exists()


def test_the_name_of_the_log_cannot_change(tmp_path: Path) -> None:
    Archive.open(_settings(tmp_path / "a", log_origin="records.example.gov/log")).close()
    Archive.open(_settings(tmp_path / "a")).close()
    with pytest.raises(SettingsError, match=r"records\.example\.gov/log"):
        Archive.open(_settings(tmp_path / "a", log_origin="other.example.gov/log"))


def test_a_start_that_died_between_store_and_index_is_taken_up(tmp_path: Path) -> None:
    with Archive.open(_settings(tmp_path / "a")) as archive:
        identity = archive.identity
    for part in ("", "-wal", "-shm"):
        (tmp_path / "a" / f"index.sqlite3{part}").unlink(missing_ok=True)
    with Archive.open(_settings(tmp_path / "a")) as again:
        assert again.identity == identity


@pytest.mark.parametrize("place", ["home", "store", "database"])
def test_a_place_that_cannot_be_used_is_one_clear_line(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("in the way")
    settings = {
        "home": _settings(tmp_path / "file"),
        "store": _settings(tmp_path / "a", store_url=(tmp_path / "file").as_uri()),
        "database": _settings(tmp_path / "a", database_url=f"sqlite:///{tmp_path}/file/index.sqlite3"),
    }[place]
    with pytest.raises((Unreachable, SettingsError)) as caught:
        Archive.open(settings)
    assert "\n" not in str(caught.value)


def _start(home: str, answers: multiprocessing.Queue[str]) -> None:
    try:
        with Archive.open(Settings(home=Path(home))) as archive:
            answers.put(archive.identity.id)
    except ArchiverError as error:
        answers.put(f"error: {error}")


def test_processes_that_start_together_agree_on_one_archive(tmp_path: Path) -> None:
    answers: multiprocessing.Queue[str] = forking.CONTEXT.Queue()
    processes = [forking.CONTEXT.Process(target=_start, args=(str(tmp_path / "home"), answers)) for _ in range(3)]
    for process in processes:
        process.start()
    said = {answers.get(timeout=240) for _ in processes}
    for process in processes:
        process.join()
    assert len(said) == 1
    assert next(iter(said)).startswith("av_")
