"""Connections that wait for nobody: who does not say what is wanted is let go, so that others are answered."""

from __future__ import annotations

import asyncio
import socket
import struct

from uvicorn.protocols.http.h11_impl import H11Protocol

#: Seconds for a whole request head, and for whatever follows it unasked.
REQUEST_SECONDS = 10.0
#: Seconds for an answer to be made and taken.
ANSWER_SECONDS = 120.0
#: SO_LINGER with a wait of no seconds: what the other side does not take is thrown away when the socket is closed.
_NOTHING_KEPT = struct.pack("ii", 1, 0)
#: Connections at a time. Beyond it the one that has waited longest is closed, not the new one refused.
MOST = 200


class Connection(H11Protocol):
    """One connection to a reader of the pages."""

    _timer: asyncio.TimerHandle | None = None
    opened = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self.opened = self.loop.time()
        self._wait(REQUEST_SECONDS)
        self._make_room()

    def data_received(self, data: bytes) -> None:
        was_busy = self.busy
        super().data_received(data)
        if self.busy and not was_busy:
            self._wait(ANSWER_SECONDS)

    def on_response_complete(self) -> None:
        super().on_response_complete()  # which may find the next request waiting
        if not self.transport.is_closing():
            self._wait(ANSWER_SECONDS if self.busy else REQUEST_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._let_be()
        super().connection_lost(exc)

    @property
    def busy(self) -> bool:
        """Whether a request is being answered."""
        return self.cycle is not None and not self.cycle.response_complete

    def _make_room(self) -> None:
        # What was closed just now is still counted until the loop comes to it.
        here = [one for one in self.connections if not one.transport.is_closing()]
        waiting = [one for one in here if isinstance(one, Connection) and one is not self and not one.busy]
        if len(here) > MOST and waiting:
            min(waiting, key=lambda one: one.opened).transport.abort()

    def _wait(self, seconds: float) -> None:
        self._let_be()
        self._timer = self.loop.call_later(seconds, self._let_go)

    def _let_go(self) -> None:
        # Without it the system holds megabytes of an answer, for minutes, for a reader that takes none of it.
        if self.busy and (held := self.transport.get_extra_info("socket")) is not None:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NOTHING_KEPT)
        self.transport.abort()

    def _let_be(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
