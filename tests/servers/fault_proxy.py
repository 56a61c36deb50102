"""A TCP proxy that does to one server what networks do: slows, cuts, resets, swallows and changes what is said.

::

    with FaultProxy("127.0.0.1", port) as proxy:
        proxy.add(Fault(b"PUT ", times=1, drop_reply=True))
        ...  # ask proxy.url; everything that no fault matches passes unchanged

It understands just enough HTTP/1.1 to know which request an answer belongs to.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
import threading
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any

_PIECE = 65536
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


@dataclass
class Fault:
    """What is done to requests whose first line matches, and to their answers."""

    match: bytes = b""
    """A regular expression; the empty one matches everything."""
    times: int = -1
    """How often it strikes; -1: always."""
    delay: float = 0.0
    """Seconds before the answer is passed on."""
    rate: int = 0
    """Bytes of the answer a second; 0: as fast as it comes."""
    blackhole: bool = False
    """The request is swallowed; no answer comes."""
    reset: bool = False
    """The connection is reset before the request is passed on."""
    instead: bytes = b""
    """This is answered, and the server is not asked."""
    drop_reply: bool = False
    """The server does what was asked, and its answer is lost with the connection."""
    cut_after: int = -1
    """The connection ends after so many bytes of the answer's body."""
    flip_at: int = -1
    """This byte of the answer's body is changed."""
    flip_sent_at: int = -1
    """This byte of the request's body is changed."""


class FaultProxy:
    """Listens on the loopback address; one server behind it."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._faults: list[Fault] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._tasks: set[asyncio.Task[None]] = set()
        self.port: int = self._listener.getsockname()[1]
        self.requests: list[bytes] = []
        """First lines, as they came."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def add(self, *faults: Fault) -> None:
        """Earlier ones come first."""
        self._faults += faults

    def clear(self) -> None:
        self._faults.clear()

    def __enter__(self) -> FaultProxy:
        self._thread.start()
        self._run(self._start())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _run(self, act: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(act, self._loop).result(30)

    async def _start(self) -> None:
        self._listening = await asyncio.start_server(self._accept, sock=self._listener)

    async def _stop(self) -> None:
        self._listening.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await _Connection(self, reader, writer).serve(*self._server)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # either side went away, which is what this is for
        finally:
            self._tasks.discard(task)
            writer.close()

    def choose(self, first_line: bytes) -> Fault:
        """The fault that strikes this request; one that does nothing where none does."""
        self.requests.append(first_line)
        for fault in self._faults:
            if fault.times != 0 and re.search(fault.match, first_line):
                fault.times -= fault.times > 0
                return fault
        return Fault()


class _Connection:
    """One connection of a client, and the one to the server that goes with it."""

    def __init__(self, proxy: FaultProxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._reader = reader
        self._writer = writer

    async def serve(self, host: str, port: int) -> None:
        there, to_server = await asyncio.open_connection(host, port)
        try:
            while head := await self._head(self._reader):
                fault = self._proxy.choose(head.split(b"\r\n", 1)[0])
                if not await self._exchange(head, fault, there, to_server):
                    return
        finally:
            to_server.close()

    async def _exchange(
        self, head: bytes, fault: Fault, there: asyncio.StreamReader, to_server: asyncio.StreamWriter
    ) -> bool:
        """One request and its answer; whether the connection goes on."""
        if fault.blackhole:
            await asyncio.sleep(3600)
        if fault.reset:
            return self._reset()
        if b"\r\nexpect: 100-continue" in head.lower():
            self._writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            head = re.sub(rb"(?i)\r\nexpect: 100-continue", b"", head)
        body = bytearray(await self._reader.readexactly(_length(head)))
        if fault.instead:
            self._writer.write(fault.instead)
            await self._writer.drain()
            return False
        if 0 <= fault.flip_sent_at < len(body):
            body[fault.flip_sent_at] ^= 1
        to_server.write(head + body)
        await to_server.drain()
        answer = await self._head(there)
        if fault.drop_reply:
            return self._reset()
        await asyncio.sleep(fault.delay)
        self._writer.write(answer)
        none = head.startswith(b"HEAD") or answer.split(b" ", 2)[1] in (b"204", b"304")
        return await self._pass_body(fault, there, 0 if none else _length(answer))

    async def _pass_body(self, fault: Fault, there: asyncio.StreamReader, length: int) -> bool:
        at = 0
        while at < length:
            piece = bytearray(await there.read(min(_PIECE, length - at, fault.rate or _PIECE)))
            if not piece:
                return False
            if at <= fault.flip_at < at + len(piece):
                piece[fault.flip_at - at] ^= 1
            if 0 <= fault.cut_after < at + len(piece):
                self._writer.write(piece[: fault.cut_after - at])
                await self._writer.drain()
                return False
            self._writer.write(piece)
            await self._writer.drain()
            at += len(piece)
            if fault.rate:
                await asyncio.sleep(len(piece) / fault.rate)
        return True

    async def _head(self, reader: asyncio.StreamReader) -> bytes:
        """A whole head, or nothing where the connection has ended."""
        with suppress(asyncio.IncompleteReadError):
            return await reader.readuntil(b"\r\n\r\n")
        return b""

    def _reset(self) -> bool:
        sock = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()
        return False


def _length(head: bytes) -> int:
    found = _LENGTH.search(head)
    return int(found[1]) if found else 0
