"""JSON as strangers write it: any escape, any literal, any white space, lone surrogates, repeated values."""

from __future__ import annotations

import json

from hypothesis import strategies as st

SEEDS = st.binary(min_size=32, max_size=32)
DIGEST = "ab" * 32

_ANY_CHARACTER = st.characters(exclude_categories=())
_TEXT = st.text(_ANY_CHARACTER, max_size=6)
_SPACE = st.sampled_from(["", "", "", " ", "\n\t"])
_NUMBERS = st.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,5})?([eE][+-]?[0-9]{1,4})?", fullmatch=True)


def _string(text: str, ascii_only: bool) -> str:
    """A lone surrogate can only be written as an escape."""
    plain = json.dumps(text, ensure_ascii=ascii_only)
    return plain if ascii_only or not any("\ud800" <= one <= "\udfff" for one in text) else json.dumps(text)


STRINGS = st.builds(_string, _TEXT, st.booleans())
SCALARS = st.one_of(STRINGS, _NUMBERS, st.sampled_from(["true", "false", "null", "{}", "[]", "{ }", "[\n]"]))


def _array(elements: list[str], space: str) -> str:
    return "[" + space + ("," + space).join(elements) + space + "]"


def _object(members: list[tuple[str, str]], space: str) -> str:
    return "{" + ",".join(f"{space}{key}{space}:{value}" for key, value in members) + space + "}"


def _containers(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    members = st.lists(st.tuples(STRINGS, inner), max_size=6, unique_by=lambda pair: json.loads(pair[0]))
    return st.one_of(
        st.builds(_array, st.lists(inner, max_size=9), _SPACE),
        st.builds(_object, members, _SPACE),
    )


JSON_TEXTS = st.recursive(SCALARS, _containers, max_leaves=25)
OBJECTS = st.builds(
    _object, st.lists(st.tuples(STRINGS, JSON_TEXTS), max_size=5, unique_by=lambda pair: json.loads(pair[0])), _SPACE
)
BODIES = st.one_of(
    JSON_TEXTS.map(str.encode),
    st.binary(max_size=40),
    st.text(alphabet='{}[]",:\\u01deE+-. NaInfity', max_size=25).map(str.encode),
)
CUTS = st.lists(st.integers(-3, 45), max_size=8)
