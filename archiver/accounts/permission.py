"""Who may do what to an account: the one place that decides. Pure.

There is no sign-in yet: whoever may run commands on this machine is the operator, a person. What a sign-in will know of
people (roles, offices) is decided here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from archiver.errors import Refused


class Deed(StrEnum):
    """What is done to an account that needs a permission."""

    DEPOSIT = "deposit"
    """Bring a file by hand, to be kept beside what was captured."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it, as events name them."""

    kind: str
    """``person`` or ``service``."""
    id: str


#: Whoever may run commands on this machine.
OPERATOR: Final = Actor("person", "operator")
#: Deeds that somebody has to answer for: never done by the service of its own accord.
_A_PERSONS: Final = frozenset({Deed.DEPOSIT})
_WORDS: Final = {Deed.DEPOSIT: "deposit a file"}


def may(actor: Actor, deed: Deed) -> bool:
    """Whether ``actor`` may do ``deed`` to any account of this archive."""
    return actor.kind == "person" or deed not in _A_PERSONS


def require(actor: Actor, deed: Deed) -> None:
    """Let nobody pass who may not.

    Raises:
        Refused: ``actor`` may not do ``deed``.
    """
    if not may(actor, deed):
        raise Refused(f"only a person may {_WORDS[deed]}: somebody has to answer for it")
