"""Which accounts of the board and of the register somebody looks for: by name, and by whose and where they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from archiver.operations.master_list import Entry
from archiver.search.analyser import fold

NONE = " none"
"""In place of the name of an authority: accounts that have none. No name begins with a space
(:func:`archiver.accounts.register.checks.wrong_text`), so none can be this."""
NONE_IN_WORDS = "no authority"


def platform_of(entry: Entry) -> str:
    """The platform of an account; empty where nobody said it."""
    if entry.account is not None:
        return entry.account.platform
    return entry.listing.platform if entry.listing is not None else ""


@dataclass(frozen=True)
class Wanted:
    """What a list of accounts is narrowed to. None: not narrowed.

    ``name``: words each of which stands in the account's name, a handle (of now or before) or its address, without
    regard to case and diacritics; ``department`` and ``authority``: by their names.
    """

    platform: str | None = None
    authority: str | None = None
    department: str | None = None
    name: str | None = None

    def keeps_entry(self, entry: Entry) -> bool:
        """Whether an account of the list is among them."""
        return (
            self.platform in (None, platform_of(entry))
            and self.authority in (None, entry.authority or NONE)
            and self.department in (None, entry.department)
            and (self.name is None or _is_called(entry, self.name))
        )

    @property
    def given(self) -> Mapping[str, str]:
        """What it is narrowed by, as in an address."""
        return {name: str(value) for name, value in asdict(self).items() if value is not None}

    @property
    def narrows(self) -> bool:
        return bool(self.given)

    def address(self, **changed: str | int | None) -> str:
        """The query of the address of the list narrowed otherwise."""
        whole = {name: value for name, value in ({**self.given} | changed).items() if value is not None}
        return f"?{urlencode(whole)}" if whole else ""


def _is_called(entry: Entry, words: str) -> bool:
    account, listing = entry.account, entry.listing
    names = [entry.name, *(handle for handle, _ in entry.handles)]
    names += [account.name, account.handle, account.url] if account is not None else []
    names += [listing.name, listing.handle, listing.url] if listing is not None else []
    said = "\n".join(fold(one) for one in names if one)
    return all(word in said for word in fold(words).split())
