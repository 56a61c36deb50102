"""Makes the system's calls fail, or kills the process, at the n-th of them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

#: Everything the storage code asks of the file system that changes something.
CALLS = ("write", "fsync", "link", "replace", "unlink", "mkdir", "open", "fchmod")


def intercept(patch: pytest.MonkeyPatch, before: Callable[[str, int], None], calls: tuple[str, ...] = CALLS) -> None:
    """Have ``before(name, n)`` called before the n-th of these calls, from 1, counted over all of them."""
    count = 0

    def wrap(name: str) -> Callable[..., Any]:
        real = getattr(os, name)

        def call(*args: Any, **named: Any) -> Any:
            nonlocal count
            count += 1
            before(name, count)
            return real(*args, **named)

        return call

    for name in calls:
        patch.setattr(os, name, wrap(name))


def count_calls(act: Callable[[], object], calls: tuple[str, ...] = CALLS) -> list[str]:
    """Names of the calls ``act`` makes, in order."""
    names: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        intercept(patch, lambda name, _: names.append(name), calls)
        act()
    return names


def failing(number: int, code: int, act: Callable[[], object], calls: tuple[str, ...] = CALLS) -> None:
    """Run ``act`` with its ``number``-th call failing with errno ``code``."""

    def before(name: str, count: int) -> None:
        if count == number:
            raise OSError(code, os.strerror(code))

    with pytest.MonkeyPatch.context() as patch:
        intercept(patch, before, calls)
        act()


def killed(number: int, act: Callable[[], object]) -> bool:
    """Run ``act`` in a child that is killed before its ``number``-th call; whether it came so far."""
    child = os.fork()
    if child == 0:  # pragma: no cover - in the child
        code = 1
        try:
            with pytest.MonkeyPatch.context() as patch:
                intercept(patch, lambda _, count: os.kill(os.getpid(), signal.SIGKILL) if count == number else None)
                act()
                code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the child failed in another way"
    return os.WIFSIGNALED(status)
