"""A process beside this one that computes pure functions, so that a long sweep uses a second processor
(``docs/decisions/0004-a-helping-process.md``).

It is given bytes and gives bytes back, and has neither database nor store nor network. Whatever does not come back from
it is computed here: nothing depends on it but time.
"""

from __future__ import annotations

import fcntl
import os
import select
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from archiver import logs
from archiver.helping import ANSWER, question

_log = logs.get(__name__)
_PIPE = 1 << 20
_READ = 1 << 16
_PATIENCE = 60.0
"""Seconds without a byte from it, while it is waited for, after which it counts as lost."""
_PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from archiver.helping import serve; serve()"


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # pragma: no cover - not every system says
        return os.cpu_count() or 1


#: How many may run at once: one processor is for this process itself.
_room = threading.Semaphore(_processors() - 1)


class Promise:
    """What the helper was asked."""

    def __init__(self, helper: Helper) -> None:
        self._helper = helper
        self.settled = False
        """Whether there is nothing to wait for any more."""
        self.answer: bytes | None = None

    def look(self) -> bool:
        """Whether :meth:`get` would return at once."""
        self._helper.exchange()
        return self.settled

    def get(self) -> bytes | None:
        """The answer; None where none will come, and whoever asked computes it."""
        while not self.settled:
            self._helper.exchange(_PATIENCE)
        return self.answer


class Helper:
    """One helping process. For one thread.

    Args:
        ended: called when the process has ended.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(self, ended: Callable[[], None] = lambda: None) -> None:
        self._ended = ended
        self._outgoing: deque[memoryview] = deque()
        self._incoming = bytearray()
        self._promises: deque[Promise] = deque()
        self._process = _start()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin.fileno(), self._process.stdout.fileno()
        _prepare_pipes(self._to, self._from)
        self._closed = False

    @property
    def pid(self) -> int:
        """Of the process, while it is not closed."""
        return self._process.pid

    def ask(self, task: str, content: bytes) -> Promise:
        """Have a task of :data:`archiver.helping.TASKS` done. Does not wait."""
        promise = Promise(self)
        promise.settled = self._closed
        if not self._closed:
            self._promises.append(promise)
            self._outgoing.append(memoryview(question(task, content)))
            self.exchange()
        return promise

    def exchange(self, patience: float = 0) -> None:
        """Send and receive what can be. With ``patience`` (seconds) waits for the next whole answer, and gives the
        process up where no byte moves for so long."""
        try:
            while self._promises:
                if not self._move(patience):
                    if patience:
                        raise TimeoutError("it does not answer")
                    return
                if self._settle() and patience:
                    return
        except OSError as error:
            _log.warning("helper.lost", reason=str(error))
            self.close()

    def close(self) -> None:
        """End the process; it has nothing to lose. What was not answered will not be."""
        if self._closed:
            return
        self._closed = True
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        while self._promises:
            self._promises.popleft().settled = True
        self._outgoing.clear()
        self._ended()

    def _move(self, patience: float) -> bool:
        """One read or write, as soon as it can be done. False: not within ``patience`` seconds."""
        poll = select.poll()
        poll.register(self._from, select.POLLIN)
        if self._outgoing:
            poll.register(self._to, select.POLLOUT)
        ready = [descriptor for descriptor, _ in poll.poll(patience * 1000)]
        if self._to in ready:
            rest = self._outgoing.popleft()
            rest = rest[os.write(self._to, rest) :]
            if rest:
                self._outgoing.appendleft(rest)
        if self._from in ready:
            piece = os.read(self._from, _READ)
            if not piece:
                raise BrokenPipeError("it ended")
            self._incoming += piece
        return bool(ready)

    def _settle(self) -> int:
        """Hand out what has come completely; how much."""
        count = 0
        while len(self._incoming) >= ANSWER.size:
            had, size = ANSWER.unpack_from(self._incoming)
            end = ANSWER.size + size
            if len(self._incoming) < end:
                break
            promise = self._promises.popleft()
            promise.answer = bytes(self._incoming[ANSWER.size : end]) if had else None
            promise.settled = True
            del self._incoming[:end]
            count += 1
        return count


class OnDemand:
    """A helper that is started when it is first wanted. For one thread."""

    def __init__(self) -> None:
        self._started = False
        self._helper: Helper | None = None

    def get(self) -> Helper | None:
        """The helper, where there can be one."""
        if not self._started:
            self._started, self._helper = True, start()
        return self._helper

    def close(self) -> None:
        """End it, where it was started."""
        if self._helper is not None:
            self._helper.close()


def start() -> Helper | None:
    """A helper, where a processor is free for it and it can be started."""
    if not _room.acquire(blocking=False):
        return None
    try:
        return Helper(_room.release)
    except OSError as error:
        _room.release()
        _log.warning("helper.not_started", reason=str(error))
        return None


def _start() -> subprocess.Popen[bytes]:
    """It gets no environment, since that may hold secrets; no descriptors but its two pipes; and a process group of its
    own, so that an interrupt from the keyboard is for this process alone."""
    paths = [str(Path(path).absolute()) for path in sys.path]
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-I", "-c", _PROGRAM, *paths],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        env={},
        process_group=0,
    )


def _prepare_pipes(to: int, back: int) -> None:
    for descriptor in (to, back):
        os.set_blocking(descriptor, False)
        with suppress(OSError, AttributeError):  # a smaller pipe is slower, and nothing else
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE)
