"""Recorded bodies and specifications of platforms, which are not part of this project; and bodies changed by chance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from connectors.hostile import places

_ABOVE = [above / "shared" / "payloads" for above in Path(__file__).resolve().parents[3:]]
_FOLDER = next((place for place in _ABOVE if place.is_dir()), _ABOVE[0])
#: What a program may find where it looks for something else.
ODD: tuple[Any, ...] = (None, True, 5, "", "5", [], {}, [{}], float(2**60), "\ud800\x00")


def every() -> list[str]:
    """Names of all of them, but for what describes them; whoever needs them where they are not is skipped."""
    if not _FOLDER.is_dir():
        pytest.skip("not here, beside this checkout: shared/payloads")
    found = (path.relative_to(_FOLDER).as_posix() for path in _FOLDER.rglob("*") if path.is_file())
    return sorted(name for name in found if name != "README.md")


def recorded(name: str) -> Path:
    """A file among them; whoever needs one that is not here is skipped."""
    path = _FOLDER / name
    if not path.exists():
        pytest.skip(f"not here, beside this checkout: shared/payloads/{name}")
    return path


def change(body: Any, data: st.DataObject) -> tuple[tuple[Any, ...], bool]:
    """Change a body in one place; which, and whether what stood there was taken out."""
    place = data.draw(st.sampled_from(list(places(body))))
    at = body
    for step in place[:-1]:
        at = at[step]
    removed = data.draw(st.booleans())
    if removed:
        del at[place[-1]]
    else:
        at[place[-1]] = data.draw(st.one_of(st.sampled_from(ODD), st.integers(), st.text(max_size=5)))
    return place, removed
