"""System calls that change something below a folder, made to fail one by one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

#: What may find the disk full.
FILLING = ("write", "fsync", "link", "replace", "mkdir", "open")
Fail = Callable[[str, int], int | None]
"""Told name and number (from 1) of a call; the error number it fails with, or None."""


@contextmanager
def failing(below: Path, fail: Fail, names: tuple[str, ...] = FILLING) -> Iterator[list[str]]:
    """Have calls fail that concern files below a folder. Gives the names of those that were made."""
    made: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        for name in names:
            patch.setattr(os, name, _wrapped(name, getattr(os, name), str(below), made, fail))
        yield made


def _wrapped(name: str, real: Callable[..., Any], below: str, made: list[str], fail: Fail) -> Callable[..., Any]:
    def call(*args: Any, **named: Any) -> Any:
        if _concerns(name, args, below):
            made.append(name)
            code = fail(name, len(made))
            if code is not None:
                raise OSError(code, os.strerror(code), str(args[0]))
        return real(*args, **named)

    return call


def _concerns(name: str, args: tuple[Any, ...], below: str) -> bool:
    if name == "open" and not (len(args) > 1 and args[1] & os.O_CREAT):
        return False
    if not isinstance(args[0], int):
        return str(args[0]).startswith(below)
    try:
        return str(Path(f"/proc/self/fd/{args[0]}").readlink()).startswith(below)
    except FileNotFoundError:
        return False
