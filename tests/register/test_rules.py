"""The register's rules, over many registers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from archiver import ids
from archiver.accounts.register import attestations, custody, handover, missing
from archiver.accounts.register.attestations import Attested
from archiver.accounts.register.candidacies import city_accounts, open_windows
from archiver.accounts.register.capacity import May, may_run
from archiver.accounts.register.custody import Basis
from archiver.accounts.register.handover import Step
from archiver.accounts.register.linking import Name, Names
from archiver.accounts.register.missing import Completeness, Lack
from archiver.accounts.register.statements import Register, Statement, Thing, said_on
from archiver.accounts.working_days import is_working_day
from archiver.evidence.register_facts import Capacity, Facts, HandoverSays, Role
from tests.register.town import says

DAY = date(2026, 3, 2)
AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
MAYOR, CLERK, LIBRARY = (ids.authority_id(one) for one in ("mayor", "city-clerk", "library"))
DAYS = st.dates(date(2015, 1, 1), date(2035, 12, 31))


def identity(prefix: str, name: str) -> str:
    return ids.derive(prefix, name)


def register(*told: tuple[Thing, str, Facts], day: date = DAY) -> Register:
    statements = [
        Statement(f"at_{number}", number, thing, thing_id, "0001-01-01", False, AT, "Jo", None, said)
        for number, (thing, thing_id, said) in enumerate(told)
    ]
    return Register(tuple(statements), day)


def authority(authority_id: str, short: str, kind: str, **more: object) -> tuple[Thing, str, Facts]:
    return Thing.AUTHORITY, authority_id, says(Thing.AUTHORITY, short=short, name=short, kind=kind, **more)


def person(authority_id: str, name: str, role: Role, **more: object) -> tuple[Thing, str, Facts]:
    said = says(Thing.CUSTODIANSHIP, authority=authority_id, person=name, role=role.value, **more)
    return Thing.CUSTODIANSHIP, identity("cu", f"{authority_id}{name}{role}{more}"), said


def listing(authority_id: str | None, **more: object) -> tuple[Thing, str, Facts]:
    said = says(Thing.LISTING, url="https://social.example/@a", authority=authority_id, **more)
    return Thing.LISTING, identity("li", "one"), said


LISTING = identity("li", "one")


# --- what holds on a day ---------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(DAYS, st.booleans()), max_size=8), DAYS)
def test_of_several_statements_the_last_of_the_latest_day_counts(said: list[tuple[date, bool]], day: date) -> None:
    statements = [
        Statement(f"at_{n}", n, Thing.AUTHORITY, MAYOR, start.isoformat(), void, AT, "Jo", None, says(
            Thing.AUTHORITY, short="mayor", name=str(n)))
        for n, (start, void) in enumerate(said)
    ]  # fmt: skip
    counts = said_on(statements, day.isoformat())
    begun = [one for one in statements if one.effective <= day.isoformat()]
    assert (counts is None) == (not begun)
    for one in begun:
        assert counts is not None
        assert (one.effective, one.number) <= (counts.effective, counts.number)
    assert said_on(reversed(statements), day.isoformat()) == counts, "the order of reading does not matter"


@given(DAYS, DAYS, DAYS)
def test_a_correction_leaves_days_before_and_what_was_known_then(first: date, fixed: date, day: date) -> None:
    later = AT + timedelta(days=1)
    old, new = (says(Thing.AUTHORITY, short="mayor", name=name) for name in ("old", "new"))
    both = Register(
        (
            Statement("at_1", 1, Thing.AUTHORITY, MAYOR, first.isoformat(), False, AT, "Jo", None, old),
            Statement("at_2", 2, Thing.AUTHORITY, MAYOR, fixed.isoformat(), False, later, "Jo", None, new),
        ),
        day,
    )
    begun = [(start, name) for start, name in ((first, "old"), (fixed, "new")) if start <= day]
    wanted = max(begun, key=lambda one: (one[0], one[1] == "new"))[1] if begun else None
    assert (both.authorities[MAYOR].name if MAYOR in both.authorities else None) == wanted
    then = Register(both.statements, day, known_at=AT)
    assert (MAYOR in then.authorities) == (first <= day)
    assert len(both.history(MAYOR)) == 2


# --- who is legal custodian ------------------------------------------------------------------------------------------

PEOPLE = st.lists(
    st.tuples(
        st.sampled_from(list(Role)),
        st.none() | DAYS,
        st.none() | DAYS,
        st.sampled_from(["whole", "department", "listing"]),
    ),
    max_size=6,
)
DEPARTMENT = ids.department_id(MAYOR, "press")


@pytest.mark.law("R10")
@given(st.sampled_from(["elected", "agency", "committee"]), PEOPLE, DAYS, st.booleans())
def test_custody_is_of_those_in_office_and_never_of_anybody_else(
    kind: str, people: list[tuple[Role, date | None, date | None, str]], day: date, clerk: bool
) -> None:
    told = [authority(MAYOR, "mayor", kind), listing(MAYOR, department=DEPARTMENT)]
    if clerk:
        told += [authority(CLERK, "city-clerk", "agency", clerk=True), person(CLERK, "Clerk", Role.LEGAL_CUSTODIAN)]
    for number, (role, since, until, scope) in enumerate(people):
        place = (
            {"department": DEPARTMENT} if scope == "department" else {"listing": LISTING} if scope == "listing" else {}
        )
        span = {"since": since and since.isoformat(), "until": until and until.isoformat()}
        told.append(person(MAYOR, f"P{number}", role, **place, **span))
    asked = register(*told, day=day)
    found = custody.of_account(asked, LISTING)
    everybody = [*found.custodians, *found.designees, *found.deputies]
    assert all((one.since or "") <= day.isoformat() <= (one.until or "9999") for one in everybody)
    holders = [r for r, since, until, scope in people if r is Role.HOLDER and scope == "whole"
               and (since is None or since <= day) and (until is None or day <= until)]  # fmt: skip
    if kind in ("elected", "committee"):
        assert found.is_vacant == (not holders)
        assert {one.role for one in found.custodians} <= ({"holder"} if holders else {"legal_custodian"})
        if not holders:
            assert found.basis is (Basis.CLERK if clerk else Basis.NOBODY)
            assert all(one.authority == CLERK for one in everybody)
    else:
        assert found.basis in (Basis.DESIGNATED, Basis.DEFAULT, Basis.NOBODY)
        assert (found.basis is Basis.NOBODY) == (not found.custodians)
        narrow = {(one.department, one.listing) for one in found.custodians}
        assert len(narrow) <= 1, "designated for the account, else its department, else the authority: never mixed"


@pytest.mark.law("R10")
def test_the_statute_s_order_is_kept() -> None:
    """19.33(1), (4) and (6) one after the other."""
    office = [authority(MAYOR, "mayor", "elected"), listing(MAYOR)]
    assert custody.of_account(register(*office), LISTING).basis is Basis.NOBODY
    clerks = [authority(CLERK, "city-clerk", "elected", clerk=True)]
    assert custody.of_account(register(*office, *clerks), LISTING).basis is Basis.NOBODY, (
        "the clerk's office is vacant too"
    )
    clerks.append(person(CLERK, "Jo", Role.HOLDER))
    vacant = custody.of_account(register(*office, *clerks), LISTING)
    assert (vacant.basis, vacant.names, vacant.is_vacant) == (Basis.CLERK, "Jo", True)
    held = [*office, *clerks, person(MAYOR, "Ada", Role.HOLDER, since="2024-04-16"), person(MAYOR, "Bo", Role.DESIGNEE),
            person(MAYOR, "Cy", Role.DEPUTY)]  # fmt: skip
    now = custody.of_account(register(*held), LISTING)
    assert (now.basis, now.names, [one.person for one in now.designees + now.deputies]) == (
        Basis.ELECTED, "Ada", ["Bo", "Cy"])  # fmt: skip
    agency = [authority(LIBRARY, "library", "agency"), listing(LIBRARY), person(LIBRARY, "Di", Role.HIGHEST_OFFICER),
              person(LIBRARY, "Ed", Role.CHIEF_ADMINISTRATOR)]  # fmt: skip
    default = custody.of_account(register(*agency), LISTING)
    assert (default.basis, default.names) == (Basis.DEFAULT, "Di, Ed")
    named = [*agency, person(LIBRARY, "Fay", Role.LEGAL_CUSTODIAN)]
    assert custody.of_account(register(*named), LISTING).names == "Fay"
    own = [*named, person(LIBRARY, "Gus", Role.LEGAL_CUSTODIAN, listing=LISTING)]
    assert custody.of_account(register(*own), LISTING).names == "Gus"
    assert custody.of_authority(register(*own), LIBRARY).names == "Fay"


@pytest.mark.law("R10")
def test_who_appoints_an_agency_or_administers_it_designates_instead() -> None:
    """19.33(5): may, where it appoints; shall, where the agency is attached to it."""
    fay, gus = (
        person(LIBRARY, name, Role.LEGAL_CUSTODIAN, designated_by=by) for name, by in (("Fay", None), ("Gus", MAYOR))
    )
    chief = person(LIBRARY, "Di", Role.HIGHEST_OFFICER)
    offices = [authority(MAYOR, "mayor", "elected"), listing(LIBRARY), chief]

    def found(*people: Any, **fields: Any) -> custody.Custody:
        return custody.of_account(
            register(*offices, authority(LIBRARY, "library", "agency", **fields), *people), LISTING
        )

    for field in ("appointed_by", "attached_to"):
        instead = found(fay, gus, **{field: MAYOR})
        assert (instead.basis, instead.names, instead.others_to_designate) == (Basis.BY_ANOTHER, "Gus", False)
        assert instead.because == "designated by mayor"
    assert found(fay, gus).names == "Fay", "nobody else may"
    assert (found(gus).names, found(gus).basis) == ("Di", Basis.DEFAULT)
    may, shall = found(fay, appointed_by=MAYOR), found(fay, attached_to=MAYOR)
    assert (may.names, may.basis, may.others_to_designate) == ("Fay", Basis.DESIGNATED, False)
    assert (shall.names, shall.others_to_designate) == ("Fay", True), "it has to, and has not: that is told"
    both = found(fay, gus, appointed_by=MAYOR, attached_to=CLERK)
    assert (both.names, both.others_to_designate) == ("Fay", True), "who administers it comes before who appoints it"


@pytest.mark.law("R10", "R11")
@given(DAYS, DAYS)
def test_records_of_a_merged_authority_are_its_successors_after_its_last_day(last: date, day: date) -> None:
    told = [authority(LIBRARY, "library", "agency", until=last.isoformat(), merged_into=MAYOR), listing(LIBRARY),
            person(LIBRARY, "Fay", Role.LEGAL_CUSTODIAN), authority(MAYOR, "mayor", "elected"),
            person(MAYOR, "Ada", Role.HOLDER)]  # fmt: skip
    found = custody.of_account(register(*told, day=day), LISTING)
    assert found.names == ("Fay" if day <= last else "Ada")
    assert found.because == ("" if day <= last else "of mayor, with which it was merged")


def test_authorities_that_are_said_to_be_merged_in_a_circle_are_nobodys() -> None:
    ended = {"until": "2020-01-01"}
    both = [authority(LIBRARY, "library", "agency", merged_into=MAYOR, **ended),
            authority(MAYOR, "mayor", "agency", merged_into=LIBRARY, **ended), listing(LIBRARY)]  # fmt: skip
    assert custody.of_account(register(*both), LISTING).basis is Basis.NOBODY


def test_two_vacant_clerks_ask_each_other_only_once() -> None:
    both = [authority(one, short, "elected", clerk=True) for one, short in ((MAYOR, "mayor"), (CLERK, "city-clerk"))]
    assert custody.of_authority(register(*both), MAYOR).basis is Basis.NOBODY


# --- attestations ----------------------------------------------------------------------------------------------------


@pytest.mark.law("R6")
@given(DAYS, st.none() | DAYS, DAYS)
def test_an_attestation_is_due_on_a_working_day_before_it_ends(on: date, until: date | None, day: date) -> None:
    assume(until is None or until >= on)
    said = says(Thing.ATTESTATION, listing=LISTING, person="Ada", on=on.isoformat(), until=until and until.isoformat())
    found, end = attestations.standing(said, day), attestations.ends_on(said)
    if day < on:
        assert found.state is Attested.NONE
        return
    assert found.due is not None
    assert found.warned is not None
    assert is_working_day(found.due)
    assert found.warned < found.due <= end
    assert sum(is_working_day(found.warned + timedelta(days=n)) for n in range((found.due - found.warned).days)) == 10
    wanted = Attested.LAPSED if day > end else Attested.DUE if day >= found.warned else Attested.GOOD
    assert found.state is wanted


def test_a_year_from_a_leap_day_ends_in_february() -> None:
    said = says(Thing.ATTESTATION, listing=LISTING, person="Ada", on="2024-02-29")
    assert attestations.ends_on(said) == date(2025, 2, 28)


# --- what is missing -------------------------------------------------------------------------------------------------


@pytest.mark.law("R13")
@given(DAYS, st.integers(-5, 60), st.booleans())
def test_thirty_days_are_amber_then_red_and_a_complete_entry_is_neither(added: date, after: int, whole: bool) -> None:
    day = added + timedelta(days=max(after, 0))
    told = [authority(LIBRARY, "library", "agency"), person(LIBRARY, "Fay", Role.LEGAL_CUSTODIAN)]
    told.append(listing(LIBRARY, owner="Sam", series="SM-01" if whole else None))
    told.append((Thing.ATTESTATION, identity("an", "1"), says(
        Thing.ATTESTATION, listing=LISTING, person="Ada", on=added.isoformat())))  # fmt: skip
    at = datetime(added.year, added.month, added.day, 23, 30, tzinfo=ZoneInfo("America/Chicago"))
    found = missing.standing(register(*told, day=day), LISTING, at, ZoneInfo("America/Chicago"))
    if whole:
        assert (found.state, found.tone) == (Completeness.COMPLETE, "good")
    else:
        assert found.lacks == (Lack.SERIES,)
        assert found.tone == ("bad" if after > 30 else "warn")
        assert found.state is (Completeness.OVERDUE if after > 30 else Completeness.PROVISIONAL)


@pytest.mark.law("R13", "R14")
def test_everything_that_is_missing_is_named_and_an_exception_waives_it() -> None:
    bare = [
        authority(LIBRARY, "library", "agency"),
        listing(None, capacity="unknown", owner="Sam", owner_until="2026-03-01"),
    ]
    found, waived = missing.lacks(register(*bare), LISTING)
    assert set(found) == {Lack.AUTHORITY, Lack.CAPACITY, Lack.CUSTODIAN, Lack.OWNER_LEFT, Lack.SERIES, Lack.ATTESTATION}
    assert waived == ()
    granted = says(Thing.EXEMPTION, listing=LISTING, rule="series", reason="not adopted yet", approver="CIO",
                   until="2026-03-02")  # fmt: skip
    excepted = register(*bare, (Thing.EXEMPTION, identity("xm", "1"), granted))
    assert missing.lacks(excepted, LISTING)[1] == (Lack.SERIES,)
    assert missing.lacks(excepted.on(date(2026, 3, 3)), LISTING)[1] == (), "an exception ends"
    other = (Thing.LISTING, identity("li", "other"), says(Thing.LISTING, url="https://a.example/o", authority=MAYOR))
    whole = says(Thing.EXEMPTION, authority=LIBRARY, rule="owner", reason="being named", approver="CIO")
    both = register(*bare, other, (Thing.EXEMPTION, identity("xm", "1"), granted),
                    (Thing.EXEMPTION, identity("xm", "2"), whole))  # fmt: skip
    assert missing.lacks(both, other[1])[1] == (), "it is for its own account, or the accounts of its own authority"
    assert missing.lacks(register(), None) == ((Lack.LISTING,), ())
    left = missing.standing(register(*bare), LISTING, AT, ZoneInfo("UTC"))
    assert left.tone == "bad", "an orphaned account is red at once"


@pytest.mark.law("R5")
@given(st.sampled_from(list(Capacity)), st.none() | st.text(min_size=1, max_size=5))
def test_personal_and_campaign_accounts_never_run(capacity: Capacity, decision: str | None) -> None:
    may, reason = may_run(says(Thing.LISTING, url="https://a.example/b", capacity=capacity.value, decision=decision))
    wanted = {
        Capacity.OFFICIAL: May.RUN,
        Capacity.MIXED: May.RUN if decision else May.NOT_BEGIN,
        Capacity.UNKNOWN: May.NOT_BEGIN,
    }
    assert may is wanted.get(capacity, May.NEVER)
    assert bool(reason) == (may is not May.RUN)
    assert may_run(None)[0] is May.RUN, "what somebody added was claimed as official"


@pytest.mark.law("R7")
@given(DAYS, DAYS, DAYS)
def test_a_candidacy_s_window_holds_its_first_and_last_day(since: date, until: date, day: date) -> None:
    assume(since <= until)
    said = says(
        Thing.CANDIDACY, authority=MAYOR, person="Ada", office="Mayor", since=since.isoformat(), until=until.isoformat()
    )
    told = [authority(MAYOR, "mayor", "elected"), listing(MAYOR), (Thing.CANDIDACY, identity("cy", "1"), said)]
    campaign = says(Thing.LISTING, url="https://a.example/campaign", authority=MAYOR, capacity="campaign")
    asked = register(*told, (Thing.LISTING, identity("li", "campaign"), campaign), day=day)
    assert (open_windows(asked) == [said]) == (since <= day <= until)
    assert city_accounts(asked, said) == [LISTING], "never those of the campaign"


# --- handing over ----------------------------------------------------------------------------------------------------


@pytest.mark.law("R11")
@given(st.sampled_from(list(Step)), st.sampled_from(list(Step)))
def test_a_hand_over_goes_one_step_at_a_time(now: Step, to: Step) -> None:
    said = _handover(now)
    order = [Step.BEGUN, Step.FROZEN, Step.SWEPT, Step.TRANSFERRED, Step.INVENTORIED, Step.RECEIPTED, Step.FILED]
    next_one = now in order[:-1] and to == order[order.index(now) + 1]
    withdrawn = to is Step.WITHDRAWN and now in order[:5]
    more = now is to is Step.RECEIPTED  # (another page of the receipt, until it is filed)
    assert (handover.refused(said, to) is None) == (next_one or withdrawn or more)


@pytest.mark.law("R11")
@given(st.booleans(), st.booleans(), st.timedeltas(timedelta(days=-1), timedelta(days=1)))
def test_only_a_whole_look_after_the_freeze_counts(full: bool, good: bool, after: timedelta) -> None:
    sweep = handover.Sweep("rn_1", full, good, AT + after)
    assert handover.suits(_handover(Step.FROZEN), sweep) == (full and good and after >= timedelta(0))


@pytest.mark.law("R11")
def test_what_a_step_still_lacks_is_named() -> None:
    account = identity("ac", "1")
    said = _handover(Step.FROZEN)
    assert handover.lacks(said, Step.SWEPT, {LISTING: account}) == [f"a full sweep of {account}"]
    assert handover.lacks(said.model_copy(update={"left_out": {LISTING: "gone"}}), Step.SWEPT, {LISTING: account}) == []
    for step in (Step.TRANSFERRED, Step.INVENTORIED, Step.RECEIPTED, Step.FILED):
        assert handover.lacks(said, step, {LISTING: account}), step


def _handover(step: Step) -> HandoverSays:
    return HandoverSays(
        authority=MAYOR, step=step.value, cause="term", outgoing="Ada", incoming="Bo", listings=[LISTING],
        frozen_at="2026-03-02T12:00:00.000000Z", sweeps={}, left_out={}, tokens={}, inventory=None, inventory_pdf=None,
        receipt=[], received_by=None, received_on=None, filed_on=None, filed_with=None,
    )  # fmt: skip


def test_a_handle_is_the_same_with_its_server_and_without() -> None:
    at = "https://city.example"
    listed = Name("mastodon", at, None, "clerk", f"{at}/users/clerk")
    known = Names()
    for number, (handle, url) in enumerate(
        (("Clerk@city.example", f"{at}/@clerk"), ("clerk@other.example", f"{at}/@x"))
    ):
        known.add(str(number), Name("mastodon", at, str(number), handle, url))
    assert known.find(listed) == ["0"]
