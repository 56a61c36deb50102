"""Which comments of other people a look on Instagram or Threads is made beside."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract import AccountRef, Ask, RecordKind, RecordRef
from connectors.instagram import Instagram
from connectors.threads import Threads
from tests import effort
from tests.connectors.reading import answer

NUMBER = "17841406338772941"
_OF: dict[str, tuple[Any, AccountRef, str]] = {
    name: (made(), AccountRef("ac_1", name, site, NUMBER, "cityhall", f"{site}/{of}cityhall", authorised=True), kind)
    for name, made, site, of, kind in (
        ("instagram", Instagram, "https://www.instagram.com", "", "comment"),
        ("threads", Threads, "https://www.threads.com", "@", "media"),
    )
}
on_each = pytest.mark.parametrize("name", _OF)
_GONE = answer({"error": {"code": 100, "error_subcode": 33, "message": "No."}}, 400)


def _look(name: str, known: list[RecordRef]) -> Ask:
    """The look at one comment."""
    connector, account, kind = _OF[name]
    (ask,) = connector.look_beside(account, [RecordRef(f"{kind}/1", RecordKind.COMMENT, "media/9")], known)
    if ask.purpose == "allowed":
        (ask,) = connector.read(_stored(ask), answer({"id": "9", "is_comment_enabled": True})).asks
    return _stored(ask)


def _stored(ask: Ask) -> Ask:
    """With what it knows as it comes back from a store."""
    assert json.loads(json.dumps(dict(ask.context))) == ask.context
    return ask


def _chain(look: Ask) -> list[str]:
    """Ids that the controls of a look ask for, one control after the other; after them a list that names some."""
    found, control = [], look.control
    while control is not None and control.purpose == "beside":
        assert (control.access, control.authorise) == (look.access, look.authorise)
        assert look.url.partition("?")[0].rpartition("/")[0] == control.url.partition("?")[0].rpartition("/")[0]
        found.append(control.url.partition("?")[0].rpartition("/")[2])
        control = control.control
    assert control is not None
    assert (control.purpose, control.control) in (("others", None), ("witness", None))
    return found


_KNOWN = st.lists(
    st.tuples(
        st.integers(10, 40), st.sampled_from([NUMBER, "5", "6", None]), st.sampled_from(["media/1", "media/2", None]),
        st.sampled_from([RecordKind.COMMENT, RecordKind.POST, RecordKind.MENTION, RecordKind.MESSAGE]),
    ),
    unique_by=lambda one: one[0], max_size=12,
)  # fmt: skip


@on_each
@given(known=_KNOWN)
@settings(max_examples=effort.examples(60))
def test_only_what_other_people_said_under_the_accounts_posts_is_asked_for_beside(
    name: str, known: list[tuple[int, str | None, str | None, RecordKind]]
) -> None:
    kind = _OF[name][2]
    refs = [RecordRef(f"{kind}/{n}", what, thread, author=author) for n, author, thread, what in known]
    theirs = {
        str(n): thread for n, author, thread, what in known
        if what is RecordKind.COMMENT and author != NUMBER and thread is not None
    }  # fmt: skip
    look = _look(name, refs)
    asked = _chain(look)
    if not theirs:
        assert asked == []
        return
    assert len(set(asked)) == len(asked) == min(4, len(theirs))
    assert len({theirs[one] for one in asked}) == min(len(set(theirs.values())), len(asked)), "not all in one thread"


@on_each
@given(
    body=st.fixed_dictionaries(
        {},
        optional={
            "id": st.sampled_from(["2", "3", "", None, 2]),
            "username": st.sampled_from(["somebody", "cityhall", None, 7]),
            "from": st.sampled_from([{"id": "5"}, {"id": NUMBER}, {}, None, "5"]),
            "is_reply_owned_by_me": st.sampled_from([True, False, None, 0]),
        },
    )
)
@settings(max_examples=effort.examples(120))
def test_only_that_very_one_and_of_somebody_else_vouches(name: str, body: dict[str, Any]) -> None:
    connector, _, kind = _OF[name]
    control = _look(name, [RecordRef(f"{kind}/2", RecordKind.COMMENT, "media/1")]).control
    assert control is not None
    sender = body.get("from")
    named = isinstance(body.get("username"), str) or sender == {"id": "5"}
    ours = body.get("username") == "cityhall" or sender == {"id": NUMBER}
    theirs = {"instagram": named and not ours, "threads": body.get("is_reply_owned_by_me") is False}[name]
    present = connector.read(control, answer(body)).present
    assert not present or (present == (f"{kind}/2",) and theirs and body.get("id") == "2")
    if name == "threads" or {type(one) for one in body.values()} <= {str, bool}:
        assert bool(present) == (theirs and body.get("id") == "2")


@on_each
def test_where_it_is_gone_too_that_is_what_it_says(name: str) -> None:
    connector, _, kind = _OF[name]
    control = _look(name, [RecordRef(f"{kind}/2", RecordKind.COMMENT, "media/1")]).control
    assert control is not None
    problem = connector.read(control, _GONE).problem
    assert problem is not None
    assert problem.kind == "gone"


@on_each
def test_the_account_itself_is_looked_for_beside_other_posts_by_name(name: str) -> None:
    """What shows the very post that was said not to be there must be told from what shows another one."""
    connector, account, _ = _OF[name]
    (look,) = connector.look_beside(account, [RecordRef("media/1", RecordKind.POST)], [])
    assert look.control is not None
    assert connector.read(look.control, answer({"data": [{"id": "1"}, {"id": 5}, None]})).present == ("media/1",)
