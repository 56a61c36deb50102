"""Content projections in the types that are stored."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from archiver.records.contents import plain

_SCALARS = (str, int, float, type(None))


class _Word(StrEnum):
    ONE = "one"


class _Number(IntEnum):
    ONE = 1


def slowly(value: Any) -> Any:
    """The same without a short way for what is frequent."""
    if isinstance(value, _SCALARS):
        return value
    if isinstance(value, Mapping):
        return {str(key): slowly(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [slowly(child) for child in value]
    return value


def typed(value: Any) -> Any:
    """Tells ``1`` from ``True``, and a tuple from a list."""
    if isinstance(value, dict):
        return [(key, type(key), typed(child)) for key, child in value.items()]
    return [type(value), *map(typed, value)] if isinstance(value, list | tuple) else (type(value), repr(value))


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([*_Word, *_Number])
keys = st.text(max_size=3) | st.integers() | st.sampled_from([*_Word])
values = st.recursive(
    scalars | st.binary(max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(keys, inner, max_size=3)
        | st.dictionaries(keys, inner, max_size=3).map(MappingProxyType)
    ),
)


@given(values)
def test_the_short_way_gives_the_same(value: Any) -> None:
    assert typed(plain(value)) == typed(slowly(value))


@given(st.dictionaries(keys, values, max_size=3))
def test_a_projection_is_never_shared(content: dict[Any, Any]) -> None:
    assert plain(content) is not content
