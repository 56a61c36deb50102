"""Speaking the DevTools protocol over two pipes: JSON messages, each ended by a zero byte. No port is opened."""

from __future__ import annotations

import json
import os
import select
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_PIECE = 1 << 20
_WAKES = 0.25
"""Seconds between two looks at the browser while it is waited for."""
LARGEST = 64 << 20
"""Most bytes of one message that is taken in."""


class ConversationEnded(Exception):  # noqa: N818 - named as the cause
    """The browser is gone, says what it should not, or took too long."""


@dataclass(slots=True)
class Conversation:
    """With one browser. One thread."""

    read: int
    write: int
    look: Callable[[], None]
    """Called now and then while waiting; raises where the browser must not go on."""
    _received: bytearray = field(default_factory=bytearray)
    _number: int = 0
    _events: list[tuple[str | None, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        os.set_blocking(self.read, False)
        os.set_blocking(self.write, False)

    def ask(self, deadline: float, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Call a method and wait for its answer, until ``deadline`` (monotonic).

        Raises:
            ConversationEnded: there is none.
        """
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        self._send(json.dumps(message | ({} if session is None else {"sessionId": session})).encode() + b"\0", deadline)
        while True:
            said = self._receive(deadline)
            if said.get("id") != self._number:
                self._note(said)
            elif isinstance(result := said.get("result"), dict):
                return result
            else:
                raise ConversationEnded(f"{method} failed")

    def wait_for(self, deadline: float, session: str, event: str) -> None:
        """Until an event of that name was told since :meth:`forget`.

        Raises:
            ConversationEnded: it was not.
        """
        while (session, event) not in self._events:
            self._note(self._receive(deadline))

    def forget(self) -> None:
        """Forget the events so far."""
        self._events.clear()

    def close(self) -> None:
        """Close both pipes."""
        for one in (self.read, self.write):
            os.close(one)

    def _note(self, said: dict[str, Any]) -> None:
        method = said.get("method")
        if method == "Inspector.targetCrashed":
            raise ConversationEnded("the page crashed")
        if isinstance(method, str):
            self._events.append((said.get("sessionId"), method))

    def _send(self, data: bytes, deadline: float) -> None:
        left = memoryview(data)
        while left:
            self._ready(deadline, writing=True)
            try:
                left = left[os.write(self.write, left) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise ConversationEnded("the browser is gone") from error

    def _receive(self, deadline: float) -> dict[str, Any]:
        searched = 0
        while (end := self._received.find(b"\0", searched)) < 0:
            searched = len(self._received)
            if searched > LARGEST:
                raise ConversationEnded("the browser says too much")
            self._ready(deadline, writing=False)
            try:
                piece = os.read(self.read, _PIECE)
            except BlockingIOError:
                continue
            if not piece:
                raise ConversationEnded("the browser is gone")
            self._received += piece
        message = bytes(self._received[:end])
        del self._received[: end + 1]
        try:
            said = json.loads(message)
        except (ValueError, RecursionError) as error:
            raise ConversationEnded("the browser says what is no message") from error
        return said if isinstance(said, dict) else {}

    def _ready(self, deadline: float, *, writing: bool) -> None:
        """Until there is something to read, or room to write."""
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise ConversationEnded("it took too long")
            reading, others = ([], [self.write]) if writing else ([self.read], [])
            if any(select.select(reading, others, [], min(left, _WAKES))):
                return
            self.look()
