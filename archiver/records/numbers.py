"""How many records the platform says there are under a record. Pure."""

from __future__ import annotations

from connectors.contract import Reading

LARGEST = 2**31 - 1
"""Most that is kept; a platform may say anything."""


def told(reading: Reading) -> dict[str, int]:
    """What an answer says, by key: of the records it shows, and of others whose key, or the list of whose thread, it
    names. What a platform remembers of an earlier version says nothing of now."""
    shown = (one for one in reading.records if one.counted is not None and not one.retrospective)
    numbers = {one.key: one.counted or 0 for one in shown}
    for name, number in reading.counts.items():
        _, _, key = name.partition(":")
        numbers[key or name] = number
    return {key: number for key, number in numbers.items() if 0 <= number <= LARGEST}
