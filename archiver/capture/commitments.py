"""Commitments of exchanges, computed here or, on a long run, in a process beside this one. The result is the same: it
is one pure function of the same bytes (:func:`archiver.evidence.commitment.commit_exchange`)."""

from __future__ import annotations

from archiver import helper
from archiver.capture.to_commit import ToCommit, packed
from archiver.helper import Helper, Promise

_EARLIEST = 8
"""So many are computed here before a process is started, which takes longer than a few of them."""
_LARGEST = 1 << 20
"""Bytes of body above which it is computed here, so that several large ones never wait in memory."""


class Commitment:
    """One that is being computed."""

    def __init__(self, of: ToCommit, promise: Promise | None) -> None:
        self._of = of
        self._promise = promise

    @property
    def ready(self) -> bool:
        """Whether :meth:`get` need not wait for another process."""
        return self._promise is None or self._promise.look()

    def get(self) -> str:
        """The commitment, ``cra-tree/1:HEX``.

        Raises:
            ValueError: see :meth:`ToCommit.compute`.
        """
        answer = None if self._promise is None else self._promise.get()
        return self._of.compute() if answer is None else answer.decode("ascii")


class Commitments:
    """Computes those of one run. For one thread.

    Args:
        earliest: how many are computed here before a helper is asked for; None: all.
    """

    def __init__(self, earliest: int | None = _EARLIEST) -> None:
        self._left = earliest
        self.helper: Helper | None = None
        """The process beside this one, while the run has one."""

    def begin(self, of: ToCommit) -> Commitment:
        """Have one computed."""
        if of.body is None or len(of.body) > _LARGEST or not self._helped():
            return Commitment(of, None)
        assert self.helper is not None
        return Commitment(of, self.helper.ask("commitment", packed(of)))

    def close(self) -> None:
        """End the helper, where there is one."""
        if self.helper is not None:
            self.helper.close()

    def _helped(self) -> bool:
        if self._left is not None and self.helper is None:
            self._left -= 1
            if self._left < 0:
                self.helper, self._left = helper.start(), None
        return self.helper is not None
