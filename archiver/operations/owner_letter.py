"""What the owner of an account is written who is to connect it. Pure. Names in it are strangers' words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from archiver.mail.message import Letter
from archiver.visible import one_line

_LONGEST: Final = 200
"""Characters of a name or an address of the account."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a letter is about."""

    owner: str
    to: str
    account: str
    platform: str
    """As people call it."""
    url: str
    asker: str
    """Whoever asks."""
    contact: str
    """Where somebody can ask back; empty: nowhere else."""
    before: bool
    """It was connected, and is no more."""


def letter(about: Wanted, address: str, until: str) -> Letter:
    """The mail with the link ``address``, which can be used ``until`` (words)."""
    account, platform, asker = (_line(one) for one in (about.account, about.platform, about.asker))
    again = "again " if about.before else ""
    why = (
        "The archive can no longer read it. What is written and deleted there until you agree again is lost."
        if about.before
        else "It is kept as a public record once you agree; until then nothing of it is captured."
    )
    back = f" or write to {_line(about.contact)}" if about.contact else ""
    lines = [
        f"Good day{f', {_line(about.owner)}' if about.owner else ''},",
        "",
        f"{asker} asks you to connect this account {again}to the city's records archive:",
        "",
        f"  {account} on {platform}",
        f"  {_line(about.url)}",
        "",
        why,
        "",
        "Please open this link, and agree. It takes a minute:",
        "",
        f"  {address}",
        "",
        f"You sign in at {platform} itself, which never tells us your password. You need no login of ours.",
        f"The link can be used once, until {until}, and for this account only. Do not pass it on, but to whoever",
        "looks after the account in your place.",
        "",
        "Only accounts of the city are connected. Nobody may ask you to connect a personal one (Wis. Stat. 995.55).",
        "",
        f"You do not know of this, or no longer look after the account? Tell {asker}{back}; do not open the link.",
        "",
    ]
    subject = f"Please connect {account} on {platform} {again}to the records archive"
    return Letter(about.to, about.owner, subject, "\n".join(lines))


def _line(text: str) -> str:
    return one_line(text, _LONGEST)
