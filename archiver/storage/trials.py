"""Names of what is written only to try a store out: ``probe/`` and the time, so that what a process left that was
killed meanwhile can be told from what another one is at."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from typing import Final

from archiver.storage.protocol import ObjectStore

PREFIX: Final = "probe/"
_DIGITS: Final = 10
_LEFT_OVER_SECONDS: Final = 86_400


def new_base() -> str:
    """A new prefix for one trial, without a slash at its end."""
    return f"{PREFIX}{int(time.time()):0{_DIGITS}x}{secrets.token_hex(4)}"


def left_overs(store: ObjectStore) -> Iterator[str]:
    """Keys of trials that began more than a day ago."""
    for stored in store.list(PREFIX):
        begun = stored.key[len(PREFIX) :][:_DIGITS]
        try:
            age = time.time() - int(begun, 16)
        except ValueError:
            continue
        if age > _LEFT_OVER_SECONDS:
            yield stored.key
