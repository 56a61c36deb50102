"""Lists of fields that are checked in."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.specified.schema import Schema, written

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
FOLDER = Path(__file__).parent / "fields"


@cache
def read(name: str) -> Mapping[str, Any]:
    """One file of them."""
    found: Mapping[str, Any] = yaml.load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), _LOADER)
    return found


def things_of(name: str, more: Mapping[str, Schema] | None = None) -> Mapping[str, Schema]:
    """The things that a file describes, with kinds that are described elsewhere."""
    return {**{one: written(thing) for one, thing in read(name).items()}, **(more or {})}
