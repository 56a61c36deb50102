"""What an address says of the accounts that are looked for, on the board and in the register."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Annotated

from fastapi import Depends, Query

from archiver.operations.master_list import Entry
from archiver.operations.wanted import NONE, Wanted, platform_of

Platform = Annotated[str | None, Query(max_length=64, description="Only accounts of this platform.")]
Authority = Annotated[
    str | None,
    Query(
        max_length=500,
        description="Only accounts of this authority, by its name; *none* with a space before it, which no name has:"
        " those that have none.",
    ),
]
Department = Annotated[str | None, Query(max_length=500, description="Only accounts of this department, by its name.")]
Name = Annotated[
    str | None,
    Query(max_length=200, description="Only accounts with all these words in their name, handle or address."),
]


def wanted(
    platform: Platform = None, authority: Authority = None, department: Department = None, name: Name = None
) -> Wanted:
    return Wanted(platform or None, authority or None, department or None, (name or "").strip() or None)


Narrowed = Annotated[Wanted, Depends(wanted)]


def choices(entries: Iterable[Entry]) -> dict[str, list[str]]:
    """Of the fields that have more than one value, the values, by name."""
    found = {"platform": Counter[str](), "authority": Counter[str](), "department": Counter[str]()}
    for one in entries:
        found["platform"][platform_of(one)] += 1
        found["authority"][one.authority or NONE] += 1
        found["department"][one.department] += 1
    return {name: sorted(filter(None, counts), key=str.casefold) for name, counts in found.items()}
