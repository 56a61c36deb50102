"""How settings are read, from the environment and a TOML file, and refused with a line that says what is right."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from archiver.errors import SettingsError
from archiver.settings.places import default_home
from archiver.settings.whole import PREFIX, Settings

#: Read from the environment only, and not a setting of the archive itself.
SETTINGS_FILE = "ARCHIVER_SETTINGS_FILE"
#: Names that begin with the prefix and belong to the fault tests.
_TEST_PREFIXES = ("ARCHIVER_CRASH", "ARCHIVER_FAULT", "ARCHIVER_TEST_")


def settings_path(environ: Mapping[str, str] | None = None) -> Path:
    """The settings file: ``ARCHIVER_SETTINGS_FILE``, else ``settings.toml`` in the home."""
    environ = os.environ if environ is None else environ
    named = environ.get(SETTINGS_FILE)
    if named:
        return Path(named).expanduser().absolute()
    return Path(environ.get(PREFIX + "HOME") or default_home()).expanduser().absolute() / "settings.toml"


def load_settings(**overrides: Any) -> Settings:
    """Settings from, in falling order: ``overrides``, the environment, the settings file, the defaults.

    Raises:
        SettingsError: unknown or wrong setting, unreadable file. One line that names it and what would be right, and
            never shows its value.
    """
    path = settings_path()
    from_file = _read_file(path, required=bool(os.environ.get(SETTINGS_FILE)))
    _refuse_unknown(from_file, path)
    from_file = {name: value for name, value in from_file.items() if PREFIX + name.upper() not in os.environ}
    try:
        return Settings(**{**from_file, **overrides})
    except ValidationError as error:
        raise SettingsError(_one_line_of(error, from_file, path)) from None


def _read_file(path: Path, *, required: bool) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        if not required:
            return {}
        raise SettingsError(f"{SETTINGS_FILE} names {path}, which does not exist: create it or unset it") from None
    except OSError as error:
        raise SettingsError(f"cannot read the settings file {path}: {error.strerror}") from None
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"\(at .*\)$", str(error))
        raise SettingsError(f"the settings file {path} is not TOML {where[0] if where else ''}".rstrip()) from None
    except UnicodeDecodeError:
        raise SettingsError(f"the settings file {path} is not UTF-8 text") from None


def _refuse_unknown(from_file: Mapping[str, Any], path: Path) -> None:
    known = set(Settings.model_fields)
    for name in from_file:
        if name not in known:
            raise SettingsError(f"unknown setting {name!r} in {path}{_nearest(name, known, '')}")
    for name in os.environ:
        if not name.startswith(PREFIX) or name == SETTINGS_FILE or name.startswith(_TEST_PREFIXES):
            continue
        if name[len(PREFIX) :].lower() not in known:
            raise SettingsError(f"unknown setting {name}{_nearest(name[len(PREFIX) :].lower(), known, PREFIX)}")


#: Settings that are no more, and what is to be done instead.
_GONE = {
    "web_without_sign_in": "people sign in now: remove it, set ARCHIVER_WEB_URL to the https:// address of the proxy,"
    " and open the link that `archiver serve` prints to become the first administrator (docs/people.md)",
}


def _nearest(name: str, known: set[str], prefix: str) -> str:
    if name in _GONE:
        return f"; {_GONE[name]}"
    near = difflib.get_close_matches(name, known, 1, 0.6)
    if not near:
        return "; docs/settings.md lists them all"
    return f"; did you mean {(prefix + near[0]).upper() if prefix else near[0]}?"


def _one_line_of(error: ValidationError, from_file: Mapping[str, Any], path: Path) -> str:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    message = first["msg"].removeprefix("Value error, ")
    if first["loc"]:
        name = str(first["loc"][0])
    else:
        name, _, message = message.partition(": ")
    shown = f"{name} in {path}" if name in from_file else PREFIX + name.upper()
    message = message.replace("Input should", "should")
    return f"{shown} {message}. It means: {Settings.model_fields[name].description}"
