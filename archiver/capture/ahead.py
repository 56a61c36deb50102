"""One question ahead: the next page of a long list is asked while the last one is taken in."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from archiver.capture.asking import Asked, Asker
from connectors.contract import Ask


class Ahead:
    """At most one question under way beside the one thread of a run. Everything asked is answered through here, so that
    nothing that was spooled is forgotten."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._executor: ThreadPoolExecutor | None = None
        self._begun: tuple[Ask, Future[Asked]] | None = None

    @property
    def under_way(self) -> bool:
        return self._begun is not None

    def has_begun(self, ask: Ask) -> bool:
        """Whether this very question is under way: its answer must be taken, whatever else is given up."""
        return self._begun is not None and self._begun[0] == ask

    def begin(self, ask: Ask) -> None:
        """Put a question; its answer is had by :meth:`answer`."""
        if self._executor is None:
            self._executor = ThreadPoolExecutor(1, thread_name_prefix="ask ahead")
        self._begun = (ask, self._executor.submit(self._asker.ask, ask))

    def answer(self, ask: Ask) -> Asked:
        """The answer to a question, begun before or put now.

        Raises:
            As :meth:`archiver.capture.asking.Asker.ask`.
        """
        if self._begun is None:
            return self._asker.ask(ask)
        begun, future = self._begun
        if begun != ask:
            raise RuntimeError("another question was begun")
        self._begun = None
        return future.result()

    def close(self) -> Iterator[Asked]:
        """Wait for what is under way and hand it out: it may be in the spool and must be taken."""
        if self._begun is not None:
            _, future = self._begun
            self._begun = None
            if future.exception() is None:
                yield future.result()
        if self._executor is not None:
            self._executor.shutdown()
            self._executor = None
