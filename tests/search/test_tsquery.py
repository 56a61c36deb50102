from __future__ import annotations

import pytest

from archiver.search.conditions import All, Always, Any, Not, Run
from archiver.search.tsquery import tsquery


def test_a_query_is_a_tree_of_little_depth() -> None:
    many = All(tuple(Run((f"x{number}",)) for number in range(5_000)))
    said = tsquery(many)
    deepest = depth = 0
    for sign in said:
        depth += (sign == "(") - (sign == ")")
        deepest = max(deepest, depth)
    assert (depth, deepest) == (0, 13)


def test_what_is_only_unwanted_stands_beside_what_every_document_has() -> None:
    assert tsquery(Not(Run(("xa",)))) == "('z' & !'xa')"
    assert tsquery(Any((Not(Run(("xa",))), Run(("xb", "xc"), prefix=True)))) == "(('z' & !'xa') | ('xb' <-> 'xc':*))"
    with pytest.raises(AssertionError):
        tsquery(Always())
