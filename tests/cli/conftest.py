"""A real archive of a practice city, reached through the command line as a person does."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from archiver import cli
from archiver.practice.run import RunningPractice, start_practice
from tests import backends


@dataclass(frozen=True, slots=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class CommandLine:
    """Runs commands in this process."""

    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> Said:
        self.capsys.readouterr()
        code = cli.run(arguments)
        captured = self.capsys.readouterr()
        return Said(code, captured.out, captured.err)


@pytest.fixture(scope="session")
def city() -> Iterator[RunningPractice]:
    """A city with a past, in which nothing more happens."""
    running = start_practice(speed=1e-6)
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def clean_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("ARCHIVER_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("ARCHIVER_HOME", str(tmp_path / "home"))
    if backends.is_production():
        monkeypatch.setenv("ARCHIVER_DATABASE_URL", backends.database_url(tmp_path / "home"))
    monkeypatch.setenv("ARCHIVER_REQUEST_PAUSE_SECONDS", "0")
    monkeypatch.setenv("ARCHIVER_DISK_RESERVE_PERCENT", "0")


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch, city: RunningPractice) -> str:
    """The city's address, which the archive may ask."""
    monkeypatch.setenv("ARCHIVER_TRUSTED_ORIGINS", city.base_url)
    return city.base_url


@pytest.fixture
def archiver(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)
