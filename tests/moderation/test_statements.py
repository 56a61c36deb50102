"""Saying what is known of acts of moderation: seen by whom, corrected, matched, and restored from the store alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select

from archiver import ids
from archiver.archive import Archive
from archiver.capture.models import Segment
from archiver.capture.rebuild import rebuild
from archiver.clock import SetClock, to_text
from archiver.errors import NotFound, Refused, SaidMeanwhile, UsageError
from archiver.evidence import service as evidence
from archiver.evidence.matter_facts import ModerationSays
from archiver.evidence.models import Event
from archiver.moderation import service, statements
from archiver.moderation.conditions import to_explain
from archiver.moderation.models import ModerationItem, ModerationStatement
from archiver.operations import changes as told
from archiver.operations.act_keys import renew_key
from archiver.people.acting import of_machine, of_person
from archiver.people.roles import Role
from archiver.records import changes, digests
from archiver.records.changes import Wanted
from archiver.records.stored import table
from archiver.viewing import Viewer
from tests.capture.house import House
from tests.moderation.saying import says
from tests.moderation.written import record
from tests.people.scene import NOW, account_of
from tests.signed_in import person

_TABLES = (table(ModerationStatement), table(ModerationItem))
_WORDS: dict[str, Any] = {"actor_name": "Kim Staff", "words": "wrote canaryword", "matter": "M-17", "decided_by": "Lee"}


def _said(archive: Archive, viewer: Viewer, record_id: str, who: str | None = None) -> list[statements.StatementView]:
    with archive.database.read() as connection:
        return statements.of_records(connection, viewer, who, [record_id]).get(record_id, [])


def _events(archive: Archive) -> int:
    with archive.database.read() as connection:
        query = select(func.count()).select_from(Event).where(Event.type == "moderation.stated")
        return int(connection.execute(query).scalar_one())


def _gone(archive: Archive, key: str = "c/1", *, kind: str = "comment", access: str = "public") -> str:
    with archive.database.write() as connection:
        states = [("visible", NOW), ("not_returned", NOW + timedelta(hours=2))]
        return record(connection, "police", key, states, kind=kind, access=access)


@pytest.mark.law("R16")
def test_of_two_who_correct_at_once_the_second_is_told_what_the_first_changed(offices: Archive) -> None:
    gone, account = _gone(offices), account_of("police")
    one, other = (of_person(person(offices, Role.CUSTODIAN, name=name).id) for name in ("Jo One", "Bo Other"))
    first = says(account, gone, seen=NOW + timedelta(hours=3), actor="staff", ground="spam", **_WORDS)
    (said,) = service.state(offices, one, [first])
    (read,) = _said(offices, Viewer.EVERYTHING, gone)
    quick = first.model_copy(update={"ground": "malware", "matter": "M-2"})
    service.correct(offices, one, said, quick, why="looked again", after=read.act_id)
    slow = first.model_copy(update={"words": "as it was read before"})
    for void in (False, True):
        with pytest.raises(SaidMeanwhile) as refused:
            service.correct(offices, other, said, slow, why="me too", void=void, after=read.act_id)
        assert set(refused.value.fields) == {"ground", "matter"}
    (now,) = _said(offices, Viewer.EVERYTHING, gone)
    assert (now.says, _events(offices)) == (quick, 2)
    service.correct(offices, other, said, quick, why="sent twice", after=read.act_id)
    assert _events(offices) == 2, "what holds already is nothing new"
    service.correct(offices, other, said, slow, why="having seen it", after=now.act_id)
    assert _said(offices, Viewer.EVERYTHING, gone)[0].says == slow


@pytest.mark.law("R16")
def test_a_statement_explains_a_change_and_is_corrected_by_a_later_one_only(offices: Archive, hands: SetClock) -> None:
    gone, account = _gone(offices), account_of("police")
    custodian = of_person(person(offices, Role.CUSTODIAN, name="Jo Custodian").id)
    first = says(account, gone, seen=NOW + timedelta(hours=3), actor="staff", ground="spam", **_WORDS)
    (said,) = service.state(offices, custodian, [first])
    assert _events(offices) == 1
    (view,) = _said(offices, Viewer.EVERYTHING, gone)
    assert (view.by, view.says, view.records[0].at) == ("Jo Custodian", first, NOW + timedelta(hours=2))
    hands.advance(timedelta(days=1))
    better = first.model_copy(update={"ground": "malware", "appeal_on": "2026-03-20", "outcome": "reversed"})
    service.correct(offices, custodian, said, better, why="looked again")
    service.correct(offices, custodian, said, better, why="the same again is nothing new")
    assert _events(offices) == 2
    with offices.database.read() as connection:
        history = statements.one(connection, Viewer.EVERYTHING, None, said)
    assert [one.says.ground for one in history] == ["malware", "spam"]
    assert history[0].why == "looked again"
    service.correct(offices, custodian, said, better, why="it was another one", void=True)
    assert _said(offices, Viewer.EVERYTHING, gone) == []
    service.correct(offices, custodian, said, better, why="the same again is nothing new", void=True)
    for void in (False, True):
        other = better.model_copy(update={"words": "after all"})
        with pytest.raises(UsageError, match="state it anew"):
            service.correct(offices, custodian, said, other, why="after all", void=void)
    with pytest.raises(UsageError, match="state it anew"):
        service.correct(offices, custodian, said, better, why="after all")
    assert (_said(offices, Viewer.EVERYTHING, gone), _events(offices)) == ([], 3)
    with offices.database.read() as connection:
        lacking = changes.recent(connection, wanted=Wanted(account, more=to_explain))
        assert gone in [one.record_id for one in lacking], "unexplained again"
        assert len(statements.one(connection, Viewer.EVERYTHING, None, said)) == 3, "nothing that was said is lost"


@pytest.mark.law("R16", "R22")
@pytest.mark.parametrize("stage", ["announced", "done"])
def test_a_correction_does_not_lose_the_change_that_was_seen_since(
    offices: Archive, hands: SetClock, stage: str
) -> None:
    removed, account = hands.now() + timedelta(hours=2), account_of("police")
    with offices.database.write() as connection:
        gone = record(connection, "police", "c/1", [("visible", NOW), ("not_returned", removed)])
    first = says(account, gone, stage=stage, ground="spam")
    (said,) = service.state(offices, of_machine(), [first])
    hands.advance(timedelta(days=3))
    service.correct(offices, of_machine(), said, first.model_copy(update={"words": "told its author"}), why="more")
    (view,) = _said(offices, Viewer.EVERYTHING, gone)
    assert [one.at for one in view.records] == [removed], "after it was said, before the rest was"
    with offices.database.read() as connection:
        lacking = changes.recent(connection, wanted=Wanted(account, more=to_explain))
    assert gone not in {one.record_id for one in lacking}


@pytest.mark.law("R4", "R16", "R71")
def test_words_are_for_whoever_sees_all_that_they_are_about(offices: Archive) -> None:
    public, hidden = _gone(offices), _gone(offices, "c/2", access="private")
    letter, account = _gone(offices, "m/1", kind="message", access="private"), account_of("police")
    service.state(offices, of_machine(), [says(account, public, hidden, letter, actor="staff", **_WORDS)])
    service.state(offices, of_machine(), [says(account, public, actor="staff", **_WORDS)])
    service.state(offices, of_machine(), [says(account, against="@canaryword", done="blocked")])
    only_public = Viewer(frozenset({account}), frozenset({"public"}), messages=False)
    no_messages = Viewer(frozenset({account}), None, messages=False)
    elsewhere = Viewer(frozenset({account_of("library")}))
    with offices.database.read() as connection:
        shown = {
            name: [one for _, one in statements.listed(connection, viewer, None)]
            for name, viewer in (("all", Viewer.EVERYTHING), ("no messages", no_messages), ("public", only_public),
                                 ("elsewhere", elsewhere), ("nothing", Viewer.NOTHING))
        }  # fmt: skip
    assert [len(one) for one in shown.values()] == [3, 3, 2, 0, 0]
    assert [len(one.records) for one in shown["no messages"]] == [0, 1, 2]
    assert [one.whole for one in shown["no messages"]] == [True, True, False], "part of the first is a message"
    for view in shown["public"]:
        assert {record.record_id for record in view.records} == {public}
        assert not view.whole
        assert view.by is None
        assert not [word for word in (*_WORDS.values(), "canaryword") if word in view.says.model_dump_json()]
        assert view.says.done == "deleted", "that it was, and by what kind of actor, stands"
    assert _said(offices, only_public, hidden) == []


@pytest.mark.law("R16", "R71")
def test_nobody_says_anything_of_what_they_may_not(offices: Archive) -> None:
    public, hidden, account = _gone(offices), _gone(offices, "c/2", access="private"), account_of("police")
    (said,) = service.state(offices, of_machine(), [says(account, public, **_WORDS)])
    reviewer = of_person(person(offices, Role.REVIEWER).id)
    communications = person(offices, Role.COMMUNICATIONS)
    library = of_person(person(offices, Role.CUSTODIAN, scope="authority", scope_id="library").id)
    before = _events(offices)
    with pytest.raises(Refused, match="custodian"):
        service.state(offices, reviewer, [says(account, public)])
    for actor, record_id in ((of_person(communications.id), hidden), (library, public), (library, "rc_" + "a" * 32)):
        with pytest.raises(NotFound):
            service.state(offices, actor, [says(account, record_id)])
    with pytest.raises(NotFound):
        service.state(offices, of_machine(), [says(account_of("library"), public)])
    with pytest.raises(NotFound):
        service.correct(offices, library, said, says(account, public), why=None)
    with pytest.raises(Refused, match="not open to you"):
        service.correct(offices, of_person(communications.id), said, says(account, public), why=None)
    assert _events(offices) == before
    (own,) = service.state(offices, of_person(communications.id), [says(account, public, **_WORDS)])
    service.correct(offices, of_person(communications.id), own, says(account, public, ground="spam"), why="more")
    only_public = Viewer(frozenset({account}), frozenset({"public"}), messages=False)
    mine = [one for one in _said(offices, only_public, public, communications.id) if one.mine]
    assert [one.whole for one in mine] == [True], "whoever wrote it reads it"


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"done": "vanished"}, "done"),
        ({"ground": "viewpoint"}, "ground"),
        ({"actor": "me"}, "actor"),
        ({"outcome": "upheld"}, "asked for"),
        ({"appeal_on": "2026-03-02", "notice_on": "2026-03-03"}, "earlier"),
        ({"at": "2027-01-01T00:00:00.000000Z"}, "before now"),
        ({"notice_on": "2026-02-30"}, "notice on"),
    ],
)
def test_what_contradicts_itself_is_refused(offices: Archive, fields: dict[str, Any], wrong: str) -> None:
    gone = _gone(offices)
    with pytest.raises(UsageError, match=wrong):
        service.state(offices, of_machine(), [says(account_of("police"), gone, **fields)])
    assert _events(offices) == 0


@pytest.mark.law("R22")
def test_a_removal_that_was_announced_is_matched_with_what_is_seen_later(house: House) -> None:
    account, city = house.office(), house.city
    post = city.say(house.cast.city, "The pool is closed.")
    stays, goes = (city.say(house.cast.residents[0], text, answering=post) for text in ("Why?", "Buy my watches"))
    house.run(account)
    stays_id, goes_id = (ids.record_id(account, f"status/{one}") for one in (stays, goes))
    house.later(minutes=5)
    for one in (stays_id, goes_id):
        announced = says(account, one, stage="announced", actor="staff", ground="spam")
        service.state(house.archive, of_machine(), [announced])
    assert [_said(house.archive, Viewer.EVERYTHING, one)[0].unseen for one in (stays_id, goes_id)] == [True, True]
    house.later(hours=1)
    city.delete(goes, by="page")
    house.run(account)
    assert _said(house.archive, Viewer.EVERYTHING, stays_id)[0].unseen, "announced, not seen"
    (view,) = _said(house.archive, Viewer.EVERYTHING, goes_id)
    with house.archive.database.read() as connection:
        (change,) = changes.recent(connection, wanted=Wanted(account))
        assert view.records[0].at == change.at
        assert not told.lacks(change, [view])
        assert changes.recent(connection, wanted=Wanted(account, more=to_explain)) == []


def _lived_in(house: House) -> tuple[str, ModerationSays]:
    account, city = house.office(), house.city
    post = city.say(house.cast.city, "The pool is closed.")
    made = [city.say(house.cast.residents[0], f"Comment {number}", answering=post) for number in range(3)]
    house.run(account)
    for one in made[:2]:
        city.delete(one, by="page")
    house.later(hours=1)
    house.run(account)
    some = [ids.record_id(account, f"status/{one}") for one in made]
    told_of = says(account, *some[:2], seen=house.clock.now(), words="“quoted” \u202e\n", ground="spam")
    (said,) = service.state(house.archive, of_machine(), [told_of])
    service.state(house.archive, of_machine(), [says(account, some[2], stage="announced", done="hidden")])
    service.state(house.archive, of_machine(), [says(account, against="@somebody", done="blocked", at=to_text(NOW))])
    house.later(hours=1)
    service.correct(house.archive, of_machine(), said, told_of.model_copy(update={"ground": "malware"}), why="so")
    house.capture.flush(all=True)
    evidence.sign(house.archive.signed_log)
    return account, told_of


@pytest.mark.law("R16", "R41")
def test_the_store_alone_gives_every_statement_back(house: House) -> None:
    _lived_in(house)

    def kept() -> dict[str, digests.TableDigest]:
        with house.archive.database.read() as connection:
            return digests.digests(connection, _TABLES)

    before = kept()
    assert [before[name].rows for name in ("moderation_statement", "moderation_item")] == [4, 5]
    assert rebuild(house.archive).damaged == []
    assert digests.differences(before, kept()) == [], "in place"
    house.empty_index()
    assert rebuild(house.archive).damaged == []
    assert digests.differences(before, kept()) == [], "into an empty index"


def test_said_anew_under_another_key_it_says_the_same(house: House) -> None:
    account, _ = _lived_in(house)
    with house.archive.database.read() as connection:
        before = [one for _, one in statements.listed(connection, Viewer.EVERYTHING, None)]
    house.archive.acts.key_file.path.unlink()
    renew_key(house.archive, lost=True)
    house.empty_index()
    rebuild(house.archive)
    with house.archive.database.read() as connection:
        after = [one for _, one in statements.listed(connection, Viewer.EVERYTHING, None)]
        assert len(statements.one(connection, Viewer.EVERYTHING, None, before[0].id)) > 0
    assert [(one.id, one.by, one.entered_at, one.says) for one in after] == [
        (one.id, one.by, one.entered_at, one.says) for one in before
    ]
    assert {one.account_id for one in after} == {account}


def test_what_somebody_looked_at_is_theirs_and_late_news_are_new_all_the_same(house: House) -> None:
    account, city = house.office(), house.city
    post = city.say(house.cast.city, "The pool is closed.")
    house.run(account)
    who = person(house.archive, Role.CUSTODIAN)
    mark = service.mark(house.archive, who.id, house.clock.now())
    assert service.mark(house.archive, who.id, mark - timedelta(days=1)) == mark, "never earlier"
    assert service.mark(house.archive, who.id, mark + timedelta(days=1)) == house.clock.now(), "nor in the future"
    house.later(minutes=10)
    city.edit(post, "The pool is open.")
    house.run(account)
    with house.archive.database.read() as connection:
        (change,) = changes.recent(connection, wanted=Wanted(since=told.new_since(connection, mark)))
        assert change.after is None
        assert told.new_since(connection, change.at + timedelta(seconds=1)) > mark
    house.later(minutes=10)
    later = service.mark(house.archive, who.id, house.clock.now())
    with house.archive.database.write() as connection:
        connection.execute(delete(Event).where(Event.id == "late"))
        run = house.runs()[-1]
        row = connection.execute(select(Event).where(Event.type == "run.finished").limit(1)).mappings().one()
        late = {**row, "id": "late", "position": None, "subject_id": run.id, "at": later, "arrival": None}
        connection.execute(insert(Event).values(**late))
        assert told.new_since(connection, later) == run.started_at, "archived since, though seen before"
        assert service.marked(connection, "pe_nobody") is None
        segment = connection.scalars(select(Segment.id)).first()
        adopted = {"id": "adopted", "type": "segment.adopted", "subject_id": segment, "at": later + timedelta(days=1)}
        connection.execute(insert(Event).values(**(late | adopted)))
        assert told.new_since(connection, later + timedelta(hours=1)) <= run.started_at, "adopted since"


@pytest.mark.law("R16")
def test_nothing_is_said_of_a_change_it_does_not_fit(offices: Archive) -> None:
    with offices.database.write() as connection:
        states = [("visible", NOW), ("not_returned", NOW + timedelta(hours=2))]
        made = record(connection, "police", "c/1", states)
    account, seen = account_of("police"), NOW + timedelta(hours=2)
    right = says(account, made, seen=seen, done="deleted")
    wrong = right.model_copy(update={"done": "edited"})
    with pytest.raises(UsageError, match="does not fit"):
        service.state(offices, of_machine(), [wrong])
    (said,) = service.state(offices, of_machine(), [right])
    with pytest.raises(UsageError, match="does not fit"):
        service.correct(offices, of_machine(), said, wrong, why="so")
    service.correct(offices, of_machine(), said, right.model_copy(update={"done": "other"}), why="so")


def test_a_ground_that_left_the_list_can_stay_where_it_was_said(offices: Archive) -> None:
    account = account_of("police")
    before = says(account, against="@somebody", done="blocked", ground="spam")
    (said,) = service.state(offices, of_machine(), [before])
    fewer = offices.settings.model_copy(update={"moderation_grounds": ("threat=threats",)})
    later = replace(offices, settings=fewer)
    service.correct(later, of_machine(), said, before.model_copy(update={"notice": "told them"}), why="notice")
    for ground in ("spam", "malware"):
        other = says(account, against="@another", done="blocked", ground=ground)
        with pytest.raises(UsageError, match="choose one of the list"):
            service.state(later, of_machine(), [other])
