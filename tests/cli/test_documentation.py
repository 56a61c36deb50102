"""The manual says what the program does."""

from __future__ import annotations

from pathlib import Path

import pytest

from archiver import errors
from archiver.accounts.platforms import load_platforms
from archiver.cli import INTERRUPTED
from archiver.cli.verify import DAMAGED
from archiver.errors import IntegrityError
from archiver.operations import documentation
from archiver.settings import PREFIX, Settings

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", sorted(documentation.PAGES))
def test_a_page_made_from_the_program_is_up_to_date(name: str) -> None:
    assert (DOCS / name).read_text() == documentation.PAGES[name](), "run python -m archiver.operations.documentation"


def test_every_setting_is_documented() -> None:
    page = (DOCS / "settings.md").read_text()
    for name in Settings.model_fields:
        assert f"| `{PREFIX}{name.upper()}` |" in page


def test_every_command_is_documented_and_speaks_json() -> None:
    from typer.main import get_command

    from archiver.cli.app import app

    page = (DOCS / "commands.md").read_text()
    commands = dict(documentation._commands(get_command(app)))
    assert {"archiver serve", "archiver index rebuild", "archiver account add"} <= set(commands)
    for name, command in commands.items():
        assert f"\n## {name}\n" in page
        assert command.help, name
        assert any("--json" in one.opts for one in command.params), name


def test_every_exit_code_is_documented() -> None:
    codes = documentation.exit_codes()
    used = {
        one.exit_code
        for one in vars(errors).values()
        if isinstance(one, type) and issubclass(one, errors.ArchiverError)
    }
    assert used | {0, INTERRUPTED, DAMAGED} == set(codes)
    assert all(codes.values())
    assert IntegrityError.exit_code == DAMAGED
    page = (DOCS / "commands.md").read_text()
    for code, meaning in codes.items():
        assert f"| {code} | {meaning} |" in page


@pytest.mark.law("R17")
def test_of_every_platform_it_is_said_what_is_to_be_deposited_by_hand() -> None:
    page = (DOCS / "platform-notes.md").read_text()
    sections = {part.partition("\n")[0]: part for part in page.split("\n## ")}
    for one in load_platforms(()).connectors.values():
        if one.capabilities.deposited != "Nothing.":
            found = sections.get(one.title) or sections[one.title.split()[0].strip(",")]
            assert "eposited by hand" in found, one.title
