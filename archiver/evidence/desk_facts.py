"""What acts at the search desk say (``docs/acts.md``). Fields are never changed or taken away: what is new gets another
version of its act."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from archiver.evidence.register_facts import Facts, Time

#: Longest name and longest query of a saved search, in characters.
LONGEST_NAME: Final = 100
LONGEST_QUERY: Final = 2000


class SearchSaved(Facts):
    """A saved search, whole, whenever any of it changes.

    ``person``: whose it is. ``saved``: when it was first saved; null: by this act. ``removed``: its owner took it off
    the list.
    """

    person: Annotated[str, Field(pattern="^pe_[a-z2-7]{1,40}$")]
    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
    query: Annotated[str, Field(min_length=1, max_length=LONGEST_QUERY)]
    saved: Time | None
    removed: bool
