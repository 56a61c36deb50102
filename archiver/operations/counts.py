"""The numbers of a run, in words."""

from __future__ import annotations

from collections.abc import Mapping

#: Name → one, several; in the order in which they are said. A name without words here is said as it is.
_WORDS = {
    "asked": ("asked once", "asked {} times"),
    "stored": ("1 answer stored", "{} answers stored"),
    "deposited": ("1 file brought by hand", "{} files brought by hand"),
    "files": ("1 file kept", "{} files kept"),
    "imported": ("1 part of an export stored", "{} parts of an export stored"),
    "not_returned": ("1 record no longer returned", "{} records no longer returned"),
    "pictures": ("1 picture drawn", "{} pictures drawn"),
    "links": ("1 short link followed", "{} short links followed"),
    "links_shared": ("1 short link followed just before", "{} short links followed just before"),
    "files_postponed": ("1 file left for later", "{} files left for later"),
    "files_not_kept": ("1 file not kept", "{} files not kept"),
    "looks": ("1 record asked for by itself", "{} records asked for by themselves"),
    "looks_undecided": ("1 of them undecided", "{} of them undecided"),
    "looks_left": ("1 record left for the next look", "{} records left for the next look"),
}
#: Stored exchanges are the stored answers, counted once more.
_SAID_ALREADY = {"exchanges"}


def in_words(counts: Mapping[str, int]) -> str:
    """``asked 3 times, 1 answer stored``; *nothing* where nothing was counted."""
    if counts.get("deposited"):  # no answers: nobody asked for them
        counts = {name: count for name, count in counts.items() if name not in ("asked", "stored")}
    known = [
        one if counts[name] == 1 else several.format(f"{counts[name]:,}")
        for name, (one, several) in _WORDS.items()
        if counts.get(name)
    ]
    others = [
        f"{name.replace('_', ' ')} {count:,}"
        for name, count in sorted(counts.items())
        if count and name not in _WORDS and name not in _SAID_ALREADY
    ]
    return ", ".join([*known, *others]) or "nothing"
