"""Who may do what with what, and what they see: rules and SQL, on each database."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from archiver.archive import Archive
from archiver.clock import SetClock
from archiver.errors import NotFound, Refused, UsageError
from archiver.evidence.models import ActFile, Event
from archiver.people import permission, service
from archiver.people.acting import SERVICE, of_machine, of_person
from archiver.people.actions import ON_ARCHIVE, ON_RECORDS, Action
from archiver.people.permission import ACCOUNT, AUTHORITY, EVERYTHING, Resource
from archiver.people.roles import MAY, OPENS, Access, Role, complaint, roles_with, usual
from archiver.people.service import NewGrant
from archiver.records import changes
from archiver.records import service as records
from archiver.viewing import Viewer
from tests.people.scene import CANARIES, KINDS, OFFICES, account_of, record_of
from tests.signed_in import person

ALL = frozenset(Access)
WORDS = {word for words in CANARIES.values() for word in words.values()}


def sees(archive: Archive, person_id: str, action: Action = Action.RECORDS_SEARCH) -> set[str]:
    """Ids of records that somebody finds one by one; search, lists and counts have to agree with it."""
    with archive.database.read() as connection:
        viewer = permission.viewer(connection, person_id, action, archive.clock.now())
        found = set()
        for office in OFFICES:
            for kind in KINDS:
                try:
                    records.record(connection, record_of(office, kind), viewer)
                except NotFound:
                    continue
                found.add(record_of(office, kind))
        return found


def offices_of(record_ids: set[str]) -> set[str]:
    return {office for office in OFFICES if any(f"_{office}_" in one for one in record_ids)}


def searched(archive: Archive, person_id: str) -> dict[str, int]:
    """How many hits each word has, for somebody; facets and totals agree."""
    with archive.database.read() as connection:
        viewer = permission.viewer(connection, person_id, Action.RECORDS_SEARCH, archive.clock.now())
        hits = {}
        for word in WORDS:
            results = archive.search.search(connection, word, viewer=viewer, facets=True)
            assert results.facets is not None
            assert results.total.count == len(results.hits) == sum(count for _, count in results.facets.accounts)
            hits[word] = len(results.hits)
        return hits


@pytest.mark.law("R4", "R61", "R71")
def test_what_somebody_sees_is_what_their_grants_open_and_nothing_else(offices: Archive) -> None:
    public, private = {"public", "hidden"}, {"public", "hidden", "private"}
    police = {"scope": AUTHORITY, "scope_id": "police"}
    library = {"scope": ACCOUNT, "scope_id": account_of("library")}
    cases: list[tuple[service.PersonView, Collection[str], set[str]]] = [
        (person(offices, Role.RECORDS_OFFICER, access=usual(Role.RECORDS_OFFICER)), OFFICES, private),
        (person(offices, Role.RECORDS_OFFICER, access=ALL - {Access.LIBRARY_PATRON}), OFFICES, set(KINDS)),
        (person(offices, Role.CUSTODIAN, access=[Access.PUBLIC], **police), ["police"], public),
        (person(offices, Role.REVIEWER, access=ALL, **library), ["library"], set(KINDS)),
        (person(offices, Role.COMMUNICATIONS), OFFICES, public),
        (person(offices, Role.SYSTEM_ADMINISTRATOR, Role.AUDITOR, Role.CIO), (), set()),
        (person(offices), (), set()),
    ]
    for who, where, kinds in cases:
        expected = {record_of(office, kind) for office in where for kind in kinds}
        assert sees(offices, who.id) == expected, who
        hits = searched(offices, who.id)
        narrow = kinds <= public
        for office in OFFICES:
            for kind, word in CANARIES[office].items():
                found = office in where and ("hidden" if kind == "edit" else kind) in kinds
                # Who sees public things only does not find the record that said something while it was hidden.
                assert hits[word] == int(found and not (narrow and kind in ("hidden", "edit"))), (who, word)


def test_a_public_record_tells_a_public_reader_only_what_public_answers_said(offices: Archive) -> None:
    reader, custodian = person(offices, Role.COMMUNICATIONS), person(offices, Role.CUSTODIAN)
    record_id, words = record_of("police", "hidden"), CANARIES["police"]
    with offices.database.read() as connection:
        narrow = permission.viewer(connection, reader.id, Action.RECORDS_VIEW, offices.clock.now())
        wide = permission.viewer(connection, custodian.id, Action.RECORDS_VIEW, offices.clock.now())
        told = records.record(connection, record_id, narrow)
        whole = records.record(connection, record_id, wide)
        thread = records.thread(connection, record_id, viewer=narrow)
        changed = changes.recent(connection, narrow), changes.recent(connection, wide)
    assert [one.text for one in told.versions] == [words["hidden"]]
    assert (told.state, [one.state for one in told.states]) == ("visible", ["visible"])
    assert {one.exchange_id for one in told.occurrences} == {"ex_police_public"}
    assert (told.occurrence_count, told.media) == (1, ())
    assert [one.text for one in whole.versions] == [words["hidden"], words["edit"]]
    assert whole.state == "hidden_by_page"
    (line,) = thread.lines
    assert line.record is not None
    assert (line.record.text, line.record.state, line.record.version, line.record.versions) == (
        words["hidden"], "visible", 1, 1,
    )  # fmt: skip
    assert changed[0] == []
    assert {change.record_id for change in changed[1]} == {record_of(office, "hidden") for office in OFFICES}


@pytest.mark.law("R61")
def test_a_library_s_accounts_are_open_to_who_was_granted_its_patrons(offices: Archive) -> None:
    officer = person(offices, Role.RECORDS_OFFICER, access=ALL - {Access.LIBRARY_PATRON})
    librarian = person(offices, Role.CUSTODIAN, access=ALL)
    service.reserve(offices, SERVICE, account_of("library"), [Access.LIBRARY_PATRON])
    assert offices_of(sees(offices, officer.id)) == {"police"}
    assert offices_of(sees(offices, librarian.id)) == set(OFFICES)
    with offices.database.read() as connection:
        now = offices.clock.now()
        asked = Resource(account_of("library"), Access.PUBLIC)
        assert not permission.may(connection, officer.id, Action.RECORDS_VIEW, asked, now).allowed
        assert permission.may(connection, librarian.id, Action.RECORDS_VIEW, asked, now).allowed
        assert permission.may(connection, officer.id, Action.ACCOUNTS_CHANGE, asked, now).allowed, "it shows no record"
    service.reserve(offices, SERVICE, account_of("library"), [])
    assert offices_of(sees(offices, officer.id)) == set(OFFICES)


def test_a_role_counts_from_when_to_when_it_was_given(offices: Archive, hands: SetClock) -> None:
    who, now = person(offices), hands.now()
    given = NewGrant(Role.CUSTODIAN, from_at=now + timedelta(days=1), ends_at=now + timedelta(days=3), stand_in=True)
    grant = service.grant(offices, SERVICE, who.id, given)
    counted = []
    for _ in range(4):
        counted.append(bool(sees(offices, who.id)))
        hands.advance(timedelta(days=1))
    assert counted == [False, True, True, False]
    assert grant.stand_in
    lasting = service.grant(offices, SERVICE, who.id, NewGrant(Role.CUSTODIAN))
    assert sees(offices, who.id)
    service.revoke(offices, SERVICE, lasting.id, "left")
    assert not sees(offices, who.id)
    service.grant(offices, SERVICE, who.id, NewGrant(Role.CUSTODIAN))
    service.end(offices, SERVICE, who.id)
    assert not sees(offices, who.id)


@pytest.mark.law("R10", "R14", "R50")
def test_what_only_one_office_decides_nobody_else_does(offices: Archive) -> None:
    only = {
        Action.EXCEPTIONS_DECIDE: {Role.CIO},
        Action.LITIGATION_HOLDS_LIFT: {Role.CITY_ATTORNEY},
        Action.REGISTER_CHANGE: {Role.LEGAL_CUSTODIAN, Role.LEGAL_CUSTODIAN_DEPUTY, Role.RECORDS_OFFICER},
        Action.ACCESS_LOG_VIEW: {Role.AUDITOR},
        Action.PEOPLE_CHANGE: {Role.SYSTEM_ADMINISTRATOR},
    }
    people = {role: person(offices, role) for role in Role}
    with offices.database.read() as connection:
        for action, roles in only.items():
            for role, who in people.items():
                answer = permission.may(connection, who.id, action, None, offices.clock.now())
                assert answer.allowed is (role in roles), (action, role)
                assert (role.value.replace("_", " ") in answer.reason) or not answer.allowed


def test_the_answer_says_why(offices: Archive) -> None:
    custodian = person(offices, Role.CUSTODIAN, scope=AUTHORITY, scope_id="police", access=[Access.PUBLIC])
    with offices.database.read() as connection:

        def ask(action: Action, resource: Resource | None) -> str:
            answer = permission.may(connection, custodian.id, action, resource, offices.clock.now())
            return f"{answer.allowed}: {answer.reason}"

        assert ask(Action.RECORDS_VIEW, Resource(account_of("police"))).startswith(
            "True: custodian of authority police (gr_"
        )
        assert ask(Action.RECORDS_VIEW, Resource(account_of("library"))) == "False: your roles do not reach there"
        assert ask(Action.RECORDS_VIEW, Resource("ac_nowhere")) == "False: your roles do not reach there"
        message = ask(Action.RECORDS_VIEW, Resource(account_of("police"), Access.MESSAGE))
        assert message == "False: none of your roles opens the class message there"
        assert "system administrator" in ask(Action.PEOPLE_CHANGE, None)
        seen = permission.accounts_seen(connection, custodian.id, Action.RECORDS_VIEW, offices.clock.now())
        assert seen == {account_of("police")}


def test_who_holds_several_roles_sees_what_any_of_them_shows_and_no_mixture(offices: Archive) -> None:
    who = person(offices, Role.REVIEWER, scope=AUTHORITY, scope_id="police", access=ALL)
    service.grant(offices, SERVICE, who.id, NewGrant(Role.COMMUNICATIONS, AUTHORITY, "library"))
    expected = {record_of("police", kind) for kind in KINDS} | {
        record_of("library", one) for one in ("public", "hidden")
    }
    assert sees(offices, who.id) == expected
    assert searched(offices, who.id)[CANARIES["library"]["message"]] == 0
    assert searched(offices, who.id)[CANARIES["police"]["message"]] == 1


def test_an_administrator_of_one_authority_administers_nobody(offices: Archive) -> None:
    admin = person(offices, Role.SYSTEM_ADMINISTRATOR, scope=AUTHORITY, scope_id="police")
    with pytest.raises(Refused):
        service.add(offices, of_person(admin.id), "Somebody")


def test_nobody_changes_their_own_roles_or_ends_themselves(archive: Archive) -> None:
    admin = person(archive, Role.SYSTEM_ADMINISTRATOR)
    actor = of_person(admin.id)
    with archive.database.read() as connection:
        (own,) = service.grants(connection, admin.id)
    acts: list[Callable[[], object]] = [
        lambda: service.grant(archive, actor, admin.id, NewGrant(Role.RECORDS_OFFICER)),
        lambda: service.revoke(archive, actor, own.id),
        lambda: service.end(archive, actor, admin.id),
    ]
    for act in acts:
        with pytest.raises(Refused):
            act()
    with archive.database.read() as connection:
        assert service.grants(connection, admin.id) == [own]


def _written(archive: Archive) -> tuple[int, int]:
    with archive.database.read() as connection:
        acts = connection.execute(select(ActFile.number)).scalars().all()
        events = connection.execute(select(Event.id)).scalars().all()
    return len(acts), len(events)


def test_who_may_not_administer_changes_nothing_and_leaves_no_event(archive: Archive) -> None:
    who, other = person(archive, Role.RECORDS_OFFICER), person(archive, Role.CUSTODIAN)
    actor = of_person(who.id)
    with archive.database.read() as connection:
        (grant,) = service.grants(connection, other.id)
    acts: list[Callable[[], object]] = [
        lambda: service.add(archive, actor, "X"),
        lambda: service.change(archive, actor, other.id, name="Y"),
        lambda: service.grant(archive, actor, other.id, NewGrant(Role.AUDITOR)),
        lambda: service.revoke(archive, actor, grant.id),
        lambda: service.end(archive, actor, other.id),
        lambda: service.reserve(archive, actor, "ac_x", []),
        lambda: service.acknowledge(archive, actor, other.id),
    ]
    before = _written(archive)
    for act in acts:
        with pytest.raises(Refused):
            act()
    assert _written(archive) == before


@pytest.mark.parametrize(
    ("new", "why"),
    [
        (NewGrant(Role.COMMUNICATIONS, access=[Access.PRIVATE]), "never opens private"),
        (NewGrant(Role.CUSTODIAN, access=[Access.PUBLIC, Access.MESSAGE]), "needs the class private"),
        (NewGrant(Role.CUSTODIAN, "department", "parks"), "no such department"),
        (NewGrant(Role.CUSTODIAN, access=[Access.LIBRARY_PATRON]), "has to be named with it"),
        (NewGrant(Role.CUSTODIAN, "planet", "parks"), "a role reaches"),
        (NewGrant(Role.CUSTODIAN, AUTHORITY, "No Such!"), "short name"),
        (NewGrant(Role.CUSTODIAN, ACCOUNT, "ac_none"), "no such account"),
        (NewGrant(Role.CUSTODIAN, EVERYTHING, "ac_none"), "has no name"),
    ],
)
def test_a_role_that_cannot_be_is_not_given(archive: Archive, new: NewGrant, why: str) -> None:
    who = person(archive)
    before = _written(archive)
    with pytest.raises(UsageError, match=why):
        service.grant(archive, SERVICE, who.id, new)
    assert _written(archive) == before


def test_every_act_has_its_act_file_and_its_event(archive: Archive) -> None:
    machine = of_machine()
    assert machine.by
    who = service.add(archive, machine, "Jo", "Jo@City.example")
    assert who.mail == "jo@city.example"
    grant = service.grant(archive, machine, who.id, NewGrant(Role.CUSTODIAN, reason="new here"))
    service.change(archive, machine, who.id, trained_on="2026-11-01")
    service.acknowledge(archive, of_person(who.id), who.id)
    service.revoke(archive, machine, grant.id)
    service.end(archive, machine, who.id)
    service.end(archive, machine, who.id)  # (once is enough)
    with archive.database.read() as connection:
        kinds = connection.execute(select(ActFile.kind).order_by(ActFile.number)).scalars().all()
        types = set(connection.execute(select(Event.type)).scalars())
    assert kinds == ["person.stated", "role.granted", *["person.stated"] * 2, "role.revoked", "person.stated"]
    for one in ("person.added", "role.granted", "person.changed", "role.revoked", "person.ended"):
        assert one in types
    with pytest.raises(UsageError, match="may do nothing"):
        service.grant(archive, machine, who.id, NewGrant(Role.CUSTODIAN))


def test_two_people_cannot_have_one_address_and_names_must_be_some(archive: Archive) -> None:
    service.add(archive, SERVICE, "A", "a@city.example")
    for name, mail in (("B", "A@city.example"), ("", None), ("x" * 300, None), ("C", "no address"), ("C", "a@b c")):
        with pytest.raises(UsageError):
            service.add(archive, SERVICE, name, mail)


@given(st.sampled_from(Role), st.sets(st.sampled_from(Access)))
def test_no_role_opens_messages_or_patrons_by_itself(role: Role, access: set[Access]) -> None:
    assert not usual(role) & {Access.MESSAGE, Access.LIBRARY_PATRON}
    needs = {Access.MESSAGE: Access.PRIVATE, Access.PRIVATE: Access.PUBLIC, Access.LIBRARY_PATRON: Access.PUBLIC}
    allowed = access <= OPENS[role] and {needs[one] for one in access & needs.keys()} <= access
    assert (complaint(role, access) is None) is allowed
    assert bool(OPENS[role]) is bool(MAY[role] & ON_RECORDS)


def test_every_action_is_somebody_s_and_every_role_has_one() -> None:
    assert all(roles_with(action) for action in Action)
    assert all(MAY[role] for role in Role)
    assert frozenset(Action) > ON_ARCHIVE


@given(st.data())
def test_a_viewer_of_several_parts_sees_the_union(data: st.DataObject) -> None:
    ids, classes = st.sampled_from(["a", "b", "c"]), st.sampled_from(["public", "private"])
    part = st.builds(Viewer, st.none() | st.frozensets(ids), st.none() | st.frozensets(classes), st.booleans())
    first, *others = data.draw(st.lists(part, min_size=1, max_size=3))
    viewer = Viewer(first.accounts, first.access, first.messages, tuple(others))
    for account in "abc":
        assert viewer.sees(account) is any(one.sees(account) for one in (first, *others))
        assert viewer.sees_all_of(account) is any(one.sees_all_of(account) for one in (first, *others))
    assert not Viewer.NOTHING.sees("a")
    assert Viewer.EVERYTHING.sees_all_of("a")


def test_how_a_query_is_read_tells_of_no_account_that_is_not_seen(offices: Archive) -> None:
    jo = person(offices, Role.CUSTODIAN, scope="authority", scope_id="police", name="Jo")
    with offices.database.read() as connection:
        viewer = permission.viewer(connection, jo.id, Action.RECORDS_SEARCH, offices.clock.now())

        def read(query: str) -> tuple[str, int]:
            found = offices.search.search(connection, query, viewer=viewer)
            return found.reading, found.total.count

        for query in ("account:@{}", "department:{}", "-account:{}"):
            known, unknown = (read(query.format(name)) for name in ("library", "nothing"))
            assert known[0].replace("library", "nothing") == unknown[0]
            assert known[1] == unknown[1]
        assert read("account:" + account_of("library"))[0].endswith("(no such account)")
        assert read("account:@police")[0].endswith("(one account)")
