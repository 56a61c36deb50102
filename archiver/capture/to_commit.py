"""What the commitment of an exchange is computed from, and how that reaches the helping process. Since that process
loads this module, it imports next to nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from archiver.evidence.commitment import commit_exchange


@dataclass(frozen=True, slots=True)
class ToCommit:
    """Arguments of :func:`archiver.evidence.commitment.commit_exchange`."""

    seed: bytes
    facts: bytes
    request_sha256: str | None
    response_sha256: str
    body: bytes | None
    cuts: Sequence[int] = ()
    body_sha256: str | None = None

    def compute(self) -> str:
        """The commitment.

        Raises:
            ValueError: see there.
        """
        return commit_exchange(
            seed=self.seed,
            facts=self.facts,
            request_sha256=self.request_sha256,
            response_sha256=self.response_sha256,
            body=self.body,
            cuts=self.cuts,
            body_sha256=self.body_sha256,
        )


def packed(of: ToCommit) -> bytes:
    """As the helping process gets it."""
    body = of.body or b""
    line = [of.seed.hex(), of.request_sha256, of.response_sha256, list(of.cuts), len(of.facts)]
    return b"".join((json.dumps(line).encode(), b"\n", of.facts, body))


def compute(content: bytes) -> bytes:
    """What the helping process does with what :func:`packed` gave."""
    line, _, rest = content.partition(b"\n")
    seed, request_sha256, response_sha256, cuts, size = json.loads(line)
    of = ToCommit(bytes.fromhex(seed), rest[:size], request_sha256, response_sha256, rest[size:], cuts)
    return of.compute().encode("ascii")
