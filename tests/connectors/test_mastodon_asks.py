"""What is asked of a Mastodon server, and in which class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import conformance
from connectors.contract import AccessClass, AccountRef, Ask, Connector, RecordKind, RecordRef, Sweep, SweepKind
from connectors.mastodon import Mastodon, MastodonSettings
from tests import effort
from tests.connectors.reading import (
    AT,
    MASTODON_ACCOUNT,
    SERVER,
    answer,
    mastodon_asks,
    status,
    statuses_ask,
    stranger,
    sweep,
)

SIGNED_IN = replace(MASTODON_ACCOUNT, authorised=True)
POST = RecordRef("status/5", RecordKind.POST, url=f"{SERVER}/@city/5")


def test_it_is_a_connector() -> None:
    assert isinstance(Mastodon(), Connector)


@pytest.mark.parametrize(
    ("url", "service", "handle", "strength"),
    [
        ("https://mastodon.example/@city", "https://mastodon.example", "city", "possible"),
        ("https://Mastodon.Example:443/@City/", "https://mastodon.example", "City", "possible"),
        ("https://mastodon.example/@city/117440", "https://mastodon.example", "city", "possible"),
        ("https://mastodon.example/web/@city", "https://mastodon.example", "city", "possible"),
        ("https://mastodon.example/users/city", "https://mastodon.example", "city", "possible"),
        ("https://mastodon.example/@city@Other.example", "https://mastodon.example", "city@other.example", "certain"),
        ("@city@mastodon.example", "https://mastodon.example", "city", "certain"),
        ("acct:city@mastodon.example", "https://mastodon.example", "city", "certain"),
        ("http://127.0.0.1:8080/@parks.and_rec", "http://127.0.0.1:8080", "parks.and_rec", "possible"),
    ],
)
def test_an_address_is_recognised(url: str, service: str, handle: str, strength: str) -> None:
    claim = Mastodon().claim(url)
    assert claim is not None
    assert (claim.service, claim.handle, claim.strength) == (service, handle, strength)
    assert Mastodon().claim(claim.url) is not None
    ask = Mastodon().identify(claim)
    assert (ask.url, ask.parameters) == (f"{service}/api/v1/accounts/lookup", (("acct", handle),))


@pytest.mark.parametrize(
    "url",
    [
        "https://www.youtube.com/@city",
        "https://www.tiktok.com/@city",
        "https://mastodon.example/",
        "https://mastodon.example/about",
        "https://mastodon.example/@city.rss",
        "https://mastodon.example/@city/../x",
        "city@mastodon.example",
        "ftp://mastodon.example/@city",
        "https://name:secret@mastodon.example/@city",
        "https://[::1/@city",
        "",
    ],
)
def test_an_address_of_something_else_is_not(url: str) -> None:
    assert Mastodon().claim(url) is None


def test_a_public_account_is_asked_for_as_a_stranger() -> None:
    asks = mastodon_asks(SweepKind.FULL)
    assert [ask.purpose for ask in asks] == ["account", "statuses"]
    assert {(ask.access, ask.authorise) for ask in asks} == {(AccessClass.PUBLIC, "never")}


def test_private_lists_are_asked_signed_in_and_kept_apart() -> None:
    asks = mastodon_asks(SweepKind.FULL, SIGNED_IN)
    private = {ask.purpose for ask in asks if ask.access is AccessClass.PRIVATE}
    assert private == {"verify_credentials", "statuses_signed_in", "notifications", "conversations"}
    assert asks[0].purpose == "verify_credentials", "whose token it is comes before all that does not name the account"
    assert all((ask.authorise == "required") == (ask.access is not AccessClass.PUBLIC) for ask in asks)
    settings = {ask.purpose for ask in asks if ask.access is AccessClass.SETTINGS}
    assert settings == {"blocks", "mutes", "domain_blocks", "filters"}
    mentions = next(ask for ask in asks if ask.purpose == "notifications")
    assert ("types[]", "mention") in mentions.parameters


@pytest.mark.parametrize("account", [MASTODON_ACCOUNT, SIGNED_IN])
def test_it_keeps_to_the_contract(account: AccountRef) -> None:
    said, other = status(2, in_reply_to_id="1", in_reply_to_account_id="7"), status(3, account=stranger())
    thread = next(
        ask for ask in Mastodon().begin(account, sweep(SweepKind.WATCH, POST), None) if ask.purpose == "context"
    )
    examples = [
        conformance.Example(statuses_ask(SweepKind.FULL), [status(1, poll={"options": [{"title": "Yes"}]}), said]),
        conformance.Example(thread, {"ancestors": [], "descendants": [said, {**other, "in_reply_to_id": "1"}]}),
    ]
    filtered = {
        "id": "1", "title": "Insults", "context": ["home"], "expires_at": None, "filter_action": "hide",
        "keywords": [{"id": "2", "keyword": "fool", "whole_word": True}], "statuses": [{"id": "3", "status_id": "9"}],
    }  # fmt: skip
    bodies = {"blocks": [stranger()], "mutes": [], "domain_blocks": ["spam.example"], "filters": [filtered]}
    asked = {ask.purpose: ask for ask in mastodon_asks(SweepKind.FULL, SIGNED_IN)}
    examples += [conformance.Example(asked[purpose], body) for purpose, body in bodies.items()]
    refs = [
        RecordRef("status/1", RecordKind.POST),
        RecordRef("status/3", RecordKind.COMMENT, "status/1"),
        RecordRef("account/7", RecordKind.PROFILE),
        *([RecordRef("status/4", RecordKind.MESSAGE)] if account.authorised else []),
    ]
    addresses = [f"{SERVER}/@city", "@city@mastodon.example", f"{SERVER}/users/city", f"{SERVER}/@a@b.example"]
    conformance.check(Mastodon(), account, addresses, refs, examples)


def test_a_closed_server_is_asked_signed_in_for_everything_and_all_is_private() -> None:
    account = replace(SIGNED_IN, settings=MastodonSettings(closed_server=True))
    asks = mastodon_asks(SweepKind.FULL, account)
    assert "statuses_signed_in" not in {ask.purpose for ask in asks}
    assert {ask.authorise for ask in asks} == {"required"}
    assert {ask.access for ask in asks} == {AccessClass.PRIVATE, AccessClass.SETTINGS}


def test_a_poll_asks_only_for_what_is_newer_than_the_bookmark() -> None:
    known = {"statuses.newest": "117", "statuses.since": "2026-10-01T00:00:00+00:00"}
    (ask,) = mastodon_asks(SweepKind.NEW, known=known)
    assert ("min_id", "117") in ask.parameters


def test_an_unfinished_first_capture_goes_on_where_it_stopped() -> None:
    older = f"{SERVER}/api/v1/accounts/7/statuses?max_id=50"
    asks = mastodon_asks(SweepKind.NEW, known={"statuses.newest": "117", "statuses.older": older})
    assert [ask.url for ask in asks][1:] == [older]
    elsewhere = {"statuses.newest": "117", "statuses.older": "https://evil.example/api"}
    assert len(mastodon_asks(SweepKind.NEW, known=elsewhere)) == 1


def test_a_full_sweep_starts_at_the_top_whatever_the_bookmark_says() -> None:
    asks = mastodon_asks(SweepKind.FULL, known={"statuses.newest": "117", "statuses.older": f"{SERVER}/x"})
    lists = [ask for ask in asks if ask.purpose == "statuses"]
    assert len(lists) == 1
    assert all(name != "min_id" for name, _ in lists[0].parameters)


def test_watching_a_thread_asks_for_its_first_post_and_what_is_under_it() -> None:
    ref = replace(POST, seen_at=AT - timedelta(days=1))
    share = RecordRef("status/6", RecordKind.SHARE)
    asks = list(Mastodon().begin(MASTODON_ACCOUNT, _watch(ref, share), None))
    assert [ask.purpose for ask in asks] == ["account", "status", "context", "status"]
    assert asks[2].listing == "context:status/5"
    assert asks[2].context["edits_after"] == (AT - timedelta(days=1)).isoformat()


def test_a_full_sweep_looks_again_where_answers_are_known() -> None:
    asks = list(Mastodon().begin(MASTODON_ACCOUNT, sweep(SweepKind.FULL, POST), None))
    assert [ask.purpose for ask in asks] == ["account", "statuses", "status", "context"]


def test_a_direct_look_has_a_control_read_and_names_its_record() -> None:
    (ask,) = Mastodon().look(MASTODON_ACCOUNT, [POST])
    assert ask.url == f"{SERVER}/api/v1/statuses/5"
    assert ask.context["look"] == ["status/5"]
    assert (ask.access, ask.authorise) == (AccessClass.PUBLIC, "never")
    witness, emptied = _controls(ask)
    assert (witness.url, witness.purpose) == (f"{SERVER}/api/v1/accounts/7/statuses", "witness")
    assert (emptied.url, emptied.purpose) == (f"{SERVER}/api/v1/accounts/7", "emptied")


_KNOWN = st.builds(
    RecordRef,
    st.one_of(st.integers(10, 60).map(lambda number: f"status/{number}"), st.just("account/7")),
    st.sampled_from(RecordKind),
    thread=st.sampled_from([None, "status/1", "status/2"]),
    author=st.sampled_from(["7", "8", "9", None]),
)


@given(known=st.lists(_KNOWN, unique_by=lambda ref: ref.key), kind=st.sampled_from(RecordKind),
       author=st.sampled_from(["7", "8", None]))  # fmt: skip
@settings(max_examples=effort.examples(40))
def test_a_look_is_made_beside_other_known_statuses_asked_for_by_their_ids(
    known: list[RecordRef], kind: RecordKind, author: str | None
) -> None:
    asks = list(Mastodon().look_beside(SIGNED_IN, [RecordRef("status/5", kind, author=author)], known))
    if kind is RecordKind.PROFILE:
        return
    (ask,) = asks
    # The number on the profile is asked for beside what it counts alone: not beside what others say, or messages.
    counted = kind in (RecordKind.POST, RecordKind.SHARE) or (kind is RecordKind.COMMENT and author == "7")
    asked = list(_controls(ask))
    assert [one.purpose for one in asked].count("emptied") == counted
    *others, witness = asked[:-1] if counted else asked
    assert witness.purpose == "witness"
    private = kind is RecordKind.MESSAGE
    shown = [ref for ref in known if ref.kind is not RecordKind.MESSAGE and not private]
    may = {ref.key: ref for ref in shown if ref.key.startswith("status/")}
    if kind is RecordKind.POST:
        may = {key: ref for key, ref in may.items() if ref.author == "7"}
    keys = [str(one.context["beside"]) for one in others]
    assert len(keys) == min(len(may), 4) == len(set(keys))
    assert set(keys) <= set(may)
    assert [one.url for one in others] == [f"{SERVER}/api/v1/statuses/{key[7:]}" for key in keys]
    assert not any("look" in one.context for one in asked)
    assert {(one.access, one.authorise) for one in _controls(ask)} == {(ask.access, ask.authorise)}


def test_what_vouches_is_another_status_itself_and_no_list_and_no_profile_that_counts_any() -> None:
    (ask,) = Mastodon().look(MASTODON_ACCOUNT, [POST])
    witness, emptied = _controls(ask)
    read = Mastodon().read
    profile = status()["account"]
    for count, shown in ((0, ("account/7",)), (1, ()), (None, ())):
        reading = read(emptied, answer({**profile, "statuses_count": count}))
        assert (reading.present, reading.records, reading.account) == (shown, (), None)
    assert read(emptied, answer({**profile, "id": "8", "statuses_count": 0})).present == ()
    assert read(emptied, answer({**profile, "statuses_count": 0, "suspended": True})).present == ()

    listed = read(witness, answer([status(number) for number in range(1, 6)]))
    assert (listed.records, listed.present) == ((), ())
    (first,) = listed.asks
    assert [one.context["beside"] for one in (first, *_controls(first))] == [
        f"status/{number}" for number in range(1, 5)
    ]
    assert read(first, answer(status(1))).present == ("status/1",)
    assert read(first, answer(status(2))).present == ()
    assert read(witness, answer([])).asks == ()


def test_what_not_everybody_sees_is_looked_for_beside_what_not_everybody_sees() -> None:
    (ask,) = Mastodon().look(SIGNED_IN, [RecordRef("status/5", RecordKind.MESSAGE)])
    listed = [status(1), status(2, visibility="private"), status(3), status(4, visibility="direct")]
    (first,) = Mastodon().read(next(_controls(ask)), answer(listed)).asks
    asked = [first, *_controls(first)]
    assert [one.context["beside"] for one in asked] == [f"status/{number}" for number in (2, 4, 1, 3)]
    assert {one.authorise for one in asked} == {"required"}


def test_a_private_record_is_looked_for_only_signed_in() -> None:
    """As a stranger the server would say *not found* of a message that stands."""
    message = RecordRef("status/5", RecordKind.MESSAGE)
    assert list(Mastodon().look(MASTODON_ACCOUNT, [message])) == []
    (ask,) = Mastodon().look(SIGNED_IN, [message])
    assert (ask.access, ask.authorise) == (AccessClass.PRIVATE, "required")
    assert list(Mastodon().begin(MASTODON_ACCOUNT, _watch(message), None))[1:] == []


def test_the_profile_is_looked_for_beside_the_server_itself() -> None:
    (ask,) = Mastodon().look(MASTODON_ACCOUNT, [RecordRef("account/7", RecordKind.PROFILE)])
    assert ask.control is not None
    assert ask.control.url == f"{SERVER}/api/v1/instance"


def test_a_hostile_id_cannot_leave_its_place_in_the_path() -> None:
    (ask,) = Mastodon().look(MASTODON_ACCOUNT, [RecordRef("status/../../oauth?x=", RecordKind.POST)])
    assert ask.url == f"{SERVER}/api/v1/statuses/..%2F..%2Foauth%3Fx%3D"


def _controls(ask: Ask) -> Iterator[Ask]:
    while ask.control is not None:
        yield ask.control
        ask = ask.control


def _watch(*refs: RecordRef) -> Sweep:
    return sweep(SweepKind.WATCH, *refs)
