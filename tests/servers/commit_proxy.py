"""A TCP proxy before PostgreSQL that takes away what is said at the end of a transaction: its COMMIT, or the answer.

::

    with CommitProxy(url) as proxy:
        proxy.strike(2, Loss.ANSWER)  # the second commit of a transaction that writes is done, and nobody is told
        ...  # use proxy.url
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from enum import Enum
from types import TracebackType

from sqlalchemy.engine import make_url

_PIECE = 65536


class Loss(Enum):
    """What is lost of a commit. In each case the client's connection breaks and it knows nothing."""

    ASKING = "it never reaches the server"
    ANSWER = "it is done"
    LATE = "it reaches the server only after a while, when the client has long been told that the connection is gone"


class CommitProxy:
    """Listens on the loopback address, for one server. Counts commits of transactions that write."""

    def __init__(self, url: str, late: float = 0.5) -> None:
        given = make_url(url)
        assert given.host is not None
        self._server = (given.host, given.port or 5432)
        self._late = late
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._strikes: dict[int, Loss] = {}
        self.commits = 0
        # What is said is read here, so it must not be encrypted.
        through = {"sslmode": "disable", "gssencmode": "disable"}
        changed = given.set(host="127.0.0.1", port=self._listener.getsockname()[1]).update_query_dict(through)
        self.url = changed.render_as_string(hide_password=False)

    def strike(self, number: int, loss: Loss) -> None:
        """Lose the ``number``-th commit from now on, 1 being the next."""
        with self._lock:
            self._strikes[self.commits + number] = loss

    def __enter__(self) -> CommitProxy:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close(self._listener)
        for one in self._sockets:
            self._close(one)
        for thread in self._threads:
            thread.join(10)

    def _start(self, act: object, *args: object) -> None:
        thread = threading.Thread(target=act, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    @staticmethod
    def _close(one: socket.socket) -> None:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            there = socket.create_connection(self._server)
            self._sockets += [client, there]
            deaf = threading.Event()
            self._start(self._ask, client, there, deaf)
            self._start(self._answer, client, there, deaf)

    def _ask(self, client: socket.socket, there: socket.socket, deaf: threading.Event) -> None:
        """Pass on what the client says. A client of ours waits for each answer, so a piece is one command."""
        reads, loss = False, None
        with suppress(OSError):
            while said := client.recv(_PIECE):
                # The other BEGIN is soon a prepared statement, of which only a name is to be seen.
                reads = reads or b"READ ONLY" in said
                ends = b"COMMIT" in said or b"ROLLBACK" in said
                loss = self._loss() if b"COMMIT" in said and not reads else None
                reads = reads and not ends
                if loss is not None:
                    deaf.set()
                if loss in (Loss.ASKING, Loss.LATE):
                    self._close(client)
                if loss is Loss.LATE:
                    threading.Event().wait(self._late)
                if loss is Loss.ASKING:
                    break
                there.sendall(said)
        if not deaf.is_set() or loss is Loss.ASKING:
            self._close(there)

    def _loss(self) -> Loss | None:
        with self._lock:
            self.commits += 1
            return self._strikes.pop(self.commits, None)

    def _answer(self, client: socket.socket, there: socket.socket, deaf: threading.Event) -> None:
        with suppress(OSError):
            while said := there.recv(_PIECE):
                if deaf.is_set():
                    break
                client.sendall(said)
        self._close(client)
        self._close(there)
