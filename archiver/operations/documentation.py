"""The pages of the manual that are made from the program itself, so that they cannot grow old. Run
``python -m archiver.operations.documentation`` (``make docs``) after a change; a test compares."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from typer.main import get_command

from archiver import errors
from archiver.evidence import events_page
from archiver.operations import connecting_page, seen_page
from archiver.settings import PREFIX, SETTINGS_FILE, Settings

#: Exit codes that are no error of :mod:`archiver.errors`.
_OTHER_CODES = {
    0: "Done.",
    130: "Interrupted by Ctrl-C (`capture` and others that run to an end). Everything archived so far is kept.",
}
_PLACES = {"home": "the user's data folder", "log_origin": "made from the archive's id"}
_IN_HOME = {
    "database_url": "`index.sqlite3` in `home`",
    "store_url": "`store` in `home`",
    "key_file": "`keys/tokens.key` in `home`",
}


def settings_page() -> str:
    """``docs/settings.md``."""
    lines = [
        "# Settings",
        "",
        f"Every setting is an environment variable, or a line of a TOML file: `{SETTINGS_FILE}` names it, else it is",
        "`settings.toml` in the archive's home. In the file a setting is written without prefix and in lower case",
        "(`web_port = 8080`). The environment wins over the file. A name not in this list is refused, so that a",
        "mistyped one is noticed. Sizes are bytes; times are seconds unless the name says otherwise.",
        "",
        "| setting | default | meaning |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        lines.append(f"| `{PREFIX}{name.upper()}` | {_default(name, field)} | {field.description} |")
    lines += [
        "",
        "Credentials for S3 are found as boto3 finds them: `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or a file",
        "named by `AWS_SHARED_CREDENTIALS_FILE`, or the role of the machine ([production](production.md)).",
        "Tokens of platforms are never settings: their owners [connect accounts](connecting.md), or give them with",
        "`archiver account token ACCOUNT`.",
        "",
    ]
    return "\n".join(lines)


def commands_page() -> str:
    """``docs/commands.md``."""
    from archiver.cli.app import app

    root: Any = get_command(app)
    lines = [
        "# Commands",
        "",
        "Every command has `--help`, and `--json` for programs: one JSON value on standard output. Progress, warnings",
        "and errors go to standard error; an error is one line that says what to do. `archiver --debug COMMAND` also",
        "shows where it came from. Ctrl-C ends after the current page; a second one ends at once, and loses nothing.",
        "",
    ]
    for name, command in _commands(root):
        lines += _command(name, command)
    lines += ["## Exit codes", "", "| code | meaning |", "|---|---|"]
    lines += [f"| {code} | {meaning} |" for code, meaning in exit_codes().items()]
    return "\n".join([*lines, ""])


def exit_codes() -> dict[int, str]:
    """Every exit code and what it means."""
    codes = dict(_OTHER_CODES)
    for _, error in inspect.getmembers(errors, inspect.isclass):
        if issubclass(error, errors.ArchiverError) and error.__module__ == errors.__name__:
            codes.setdefault(error.exit_code, "")
            if "exit_code" in vars(error):
                codes[error.exit_code] = inspect.cleandoc(error.__doc__ or "").split("\n\n")[0].replace("\n", " ")
    codes[1] = (
        "Something went wrong, and the message says what to do. Also: a run did not end well (`capture`), something"
        " needs doing (`doctor`), a difference is not explained (`counts`)."
    )
    return dict(sorted(codes.items()))


def _commands(group: Any, before: str = "archiver") -> Iterator[tuple[str, Any]]:
    for name in sorted(group.commands):
        command = group.commands[name]
        if hasattr(command, "commands"):
            yield from _commands(command, f"{before} {name}")
        else:
            yield f"{before} {name}", command


def _command(name: str, command: Any) -> list[str]:
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option"]
    usage = " ".join([name, *(_written(one) for one in arguments)])
    lines = [f"## {name}", "", f"`{usage}`", "", str(command.help), ""]
    rows = [f"| `{_written(one)}` | {one.help or ''} |" for one in arguments]
    rows += [f"| `{', '.join(one.opts)}` | {one.help or ''} |" for one in options]
    return [*lines, "| argument, option | meaning |", "|---|---|", *rows, ""]


def _written(argument: Any) -> str:
    written = str(argument.metavar or argument.name.upper())
    return written if argument.required or written.startswith("[") else f"[{written}]"


def _default(name: str, field: FieldInfo) -> str:
    if name in _IN_HOME or name in _PLACES:
        return _IN_HOME.get(name) or _PLACES[name]
    value = field.get_default(call_default_factory=True, validated_data={})
    if value in (None, "", (), Path()):
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`"


PAGES = {
    "settings.md": settings_page,
    "commands.md": commands_page,
    "events.md": events_page.render,
    "platforms.md": seen_page.render,
    "connecting.md": connecting_page.render,
}


def write(folder: Path) -> None:
    """Write every page into ``folder``."""
    for name, page in PAGES.items():
        (folder / name).write_text(page())


if __name__ == "__main__":
    write(Path(__file__).parents[2] / "docs")
