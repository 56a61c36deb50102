"""Forms that settings of several areas have."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator
from pydantic_settings import NoDecode


def _absolute(value: Path) -> Path:
    return value if value == Path() else value.expanduser().absolute()


def _is_there(value: Path | None) -> Path | None:
    value = value.expanduser().absolute() if value is not None and value != Path() else None
    if value is not None and not value.is_file():
        raise ValueError("should name a file that is there")
    return value


def _split(value: Any) -> Any:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
"""Several words: a list in the file, separated by commas in the environment."""
Place = Annotated[Path, AfterValidator(_absolute)]
"""A file or folder; the empty path where there is none."""
Certificates = Annotated[Path | None, AfterValidator(_is_there)]
"""A PEM file, which has to be there."""
ORIGIN: Final = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+")


def named_once(values: tuple[str, ...], form: re.Pattern[str]) -> bool:
    """Whether all are ``name=…`` of a form, and no name stands twice."""
    names = [one.partition("=")[0] for one in values]
    return all(form.fullmatch(one) for one in values) and len(set(names)) == len(names)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
