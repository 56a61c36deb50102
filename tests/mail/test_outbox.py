"""The outbox: in the transaction of what asks, sent once, tried again, given up with the reason, and then forgotten."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from archiver import ids, logs
from archiver.archive import Archive
from archiver.clock import SetClock
from archiver.errors import IntegrityError, MissingKey, NotFound, Refused, SettingsError, Unreachable, UsageError
from archiver.evidence.deltas import read_entries, store_deltas
from archiver.evidence.entry import Entry, read_entry
from archiver.evidence.models import Event
from archiver.mail import service
from archiver.mail.lost import lost
from archiver.mail.message import Letter
from archiver.mail.models import Mail
from archiver.mail.transports import NotSent
from archiver.mail.trying import HOLDS, MOST, State
from archiver.operations import doctor, outbox
from tests.faults.inside import at_point
from tests.mail.conftest import LINK, Out, put, seen

LATER = NotSent("timed_out", "the server does not answer in time")
NEVER = NotSent("recipient", "the server does not take mail for this address", final=True)


def _row(archive: Archive, mail_id: str) -> Any:
    with archive.database.read() as connection:
        return connection.execute(select(*Mail.__table__.columns).where(Mail.id == mail_id)).one()


def _events(archive: Archive) -> list[Entry]:
    with archive.database.read() as connection:
        found = connection.execute(select(Event.body).where(Event.type.like("mail.%")).order_by(Event.position))
        return [read_entry(body) for body in found.scalars()]


def test_a_mail_is_sent_once_and_what_it_said_is_forgotten(
    archive: Archive, clock: SetClock, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.set_up("debug")
    mail_id, out = put(archive), Out()
    assert seen(archive, mail_id).state is State.WAITING
    assert LINK.encode() not in _row(archive, mail_id).sealed
    assert service.deliver(archive, out) == 1
    assert service.deliver(archive, out) == 0
    (one,) = out.sent
    assert LINK in one.get_content()
    row = _row(archive, mail_id)
    assert (row.state, row.sealed, row.key_id, row.claim, row.ended_at) == ("sent", None, None, None, clock.now())
    told = [(one.type, one.subject_id, one.data) for one in _events(archive)]
    asked, sent = told
    assert asked == ("mail.asked", mail_id, {"purpose": "connect", "connection": row.about})
    assert sent == ("mail.sent", mail_id, {"purpose": "connect", "attempts": 1})
    logs.set_up("warning")
    said = capsys.readouterr().err + "".join(str(one) for one in told)
    assert "mail.sent" in said
    for secret in (LINK, "s3cret", "ada@city.example", "Ada"):
        assert secret not in said


def test_what_is_taken_back_leaves_no_mail_and_no_event(archive: Archive) -> None:
    def act(connection: Connection) -> None:
        new = service.NewMail("connect", ids.new_id("cl"), Letter("a@b.example", "", "x", LINK), archive.clock.now())
        service.ask(connection, archive, new, ("person", "operator"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        archive.database.act(act)
    assert service.deliver(archive, Out()) == 0
    assert _events(archive) == []


def test_it_is_tried_again_ever_later_and_given_up_with_the_reason(archive: Archive, clock: SetClock) -> None:
    mail_id, out = put(archive), Out(failures=[LATER] * MOST)
    tries = 0
    while seen(archive, mail_id).state is State.WAITING:
        assert service.deliver(archive, out) == 0
        assert service.deliver(archive, out) == 0, "not before its time"
        tries += 1
        known = seen(archive, mail_id)
        assert known.attempts == tries
        assert known.reason == str(LATER)
        clock.advance(max(known.next_at - clock.now(), timedelta(0)))
    assert (tries, seen(archive, mail_id).state) == (MOST, State.DEAD)
    assert _row(archive, mail_id).sealed is None
    assert _events(archive)[-1].data == {"purpose": "connect", "attempts": MOST, "problem": "timed_out"}
    assert service.deliver(archive, Out()) == 0


def test_it_arrives_after_some_tries(archive: Archive, clock: SetClock) -> None:
    mail_id, out = put(archive), Out(failures=[LATER, LATER])
    for _ in range(3):
        service.deliver(archive, out)
        clock.advance(timedelta(minutes=3))
    known = seen(archive, mail_id)
    assert (known.state, known.attempts, known.reason) == (State.SENT, 3, None)
    assert len(out.sent) == 1


def test_one_that_cannot_be_delivered_is_given_up_at_once_and_keeps_no_other_waiting(
    archive: Archive, clock: SetClock
) -> None:
    bad, out = put(archive), Out(failures=[NEVER])
    clock.advance(timedelta(seconds=1))
    good = put(archive)
    assert service.deliver(archive, out) == 1
    assert (seen(archive, bad).state, seen(archive, good).state) == (State.DEAD, State.SENT)
    assert seen(archive, bad).reason == str(NEVER)


def test_two_workers_never_send_the_same(archive: Archive) -> None:
    mails = [put(archive) for _ in range(6)]
    out, sent = Out(), []
    workers = [threading.Thread(target=lambda: sent.append(service.deliver(archive, out))) for _ in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join(60)
    assert sum(sent) == len(out.sent) == len(mails)
    assert len({str(one["Message-ID"]) for one in out.sent}) == len(mails)


def test_what_another_worker_holds_is_left_to_it(archive: Archive, clock: SetClock) -> None:
    put(archive)
    both = threading.Barrier(2)
    slow, quick = Out(waits=both), Out()
    worker = threading.Thread(target=service.deliver, args=(archive, slow))
    worker.start()
    while both.n_waiting == 0:
        pass
    assert service.deliver(archive, quick) == 0
    clock.advance(HOLDS - timedelta(seconds=1))
    assert service.deliver(archive, quick) == 0
    both.wait(10)
    worker.join(10)
    assert (len(slow.sent), quick.sent) == (1, [])


class _Killed(BaseException):
    pass


def test_a_worker_that_dies_after_the_server_took_it_leaves_it_to_the_next_under_the_same_id(
    archive: Archive, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail_id, out = put(archive), Out()

    def die() -> None:
        raise _Killed

    at_point(monkeypatch, "archiver.mail.service", "mail.sent", die)
    with pytest.raises(_Killed):
        service.deliver(archive, out)
    assert service.deliver(archive, out) == 0
    clock.advance(HOLDS)
    assert service.deliver(archive, out) == 1
    first, second = out.sent
    assert first["Message-ID"] == second["Message-ID"]
    assert seen(archive, mail_id).state is State.SENT


def test_mail_about_what_has_ended_is_not_sent(archive: Archive, clock: SetClock) -> None:
    one, other, out = put(archive), put(archive, days=0.01), Out()
    about = _row(archive, one).about
    archive.database.act(lambda connection: service.drop(connection, archive, about, "a newer link took its place"))
    clock.advance(timedelta(hours=1))
    assert service.deliver(archive, out) == 0
    assert out.sent == []
    known = seen(archive, one)
    assert (known.state, known.reason) == (State.DROPPED, "a newer link took its place")
    assert seen(archive, other).state is State.DEAD
    assert {_row(archive, mail).sealed for mail in (one, other)} == {None}
    archive.database.act(lambda connection: service.drop(connection, archive, about, "again"))
    assert [one.type for one in _events(archive)] == ["mail.asked", "mail.asked", "mail.dropped", "mail.failed"]


def test_a_mail_that_is_dropped_while_the_server_takes_it_is_told_as_sent(archive: Archive) -> None:
    mail_id = put(archive)
    about = _row(archive, mail_id).about

    class Late(Out):
        def send(self, message: EmailMessage, to: str) -> None:
            archive.database.act(lambda connection: service.drop(connection, archive, about, "it was withdrawn"))
            super().send(message, to)

    assert service.deliver(archive, Late()) == 1
    known = seen(archive, mail_id)
    assert (known.state, known.reason, _row(archive, mail_id).sealed) == (State.SENT, None, None)
    assert [one.type for one in _events(archive)] == ["mail.asked", "mail.dropped", "mail.sent"]
    failing = put(archive)
    about = _row(archive, failing).about
    assert service.deliver(archive, Late(failures=[NotSent("refused", "no", final=True)])) == 0
    assert seen(archive, failing).state is State.DROPPED


def test_what_was_changed_or_moved_in_the_database_is_not_sent(archive: Archive, clock: SetClock) -> None:
    one, other, out = put(archive), put(archive), Out()
    with archive.database.write() as connection:
        moved = _row(archive, other).sealed
        connection.execute(update(Mail).where(Mail.id == one).values(sealed=moved))
    assert service.deliver(archive, out) == 1
    assert seen(archive, one).state is State.DEAD
    third, keys = put(archive), archive.settings.key_file.read_bytes()
    archive.settings.key_file.unlink()
    with pytest.raises(MissingKey):
        put(archive)
    archive.settings.key_file.write_text("")
    archive.settings.key_file.chmod(0o600)
    archive.settings.key_file.write_bytes(keys)
    assert service.deliver(archive, out) == 1
    assert seen(archive, third).state is State.SENT


def test_the_doctor_names_what_was_given_up_and_what_waits_long(archive: Archive, clock: SetClock) -> None:
    put(archive)
    service.deliver(archive, Out(failures=[NEVER]))
    waits = put(archive)
    with archive.database.read() as connection:
        assert [one.state for one in service.late(connection, clock.now())] == [State.DEAD]
        found = service.late(connection, clock.now() + timedelta(hours=2))
        assert [one.id for one in found if one.state is State.WAITING] == [waits]
        later = service.late(connection, clock.now() + timedelta(days=30))
        assert [one.id for one in later] == [waits], "what was given up long ago is let be"
    found_by = [one.found for one in doctor._mail(archive)]
    assert found_by == [f"to ada@city.example was given up: {NEVER}"]


def test_a_service_that_stops_begins_no_further_mail(archive: Archive) -> None:
    put(archive)
    stop = threading.Event()
    stop.set()
    assert service.deliver(archive, Out(), stop) == 0


def _limits(archive: Archive, **limits: int) -> Archive:
    return replace(archive, settings=archive.settings.model_copy(update=limits))


def test_no_more_mail_is_asked_for_in_a_day_than_is_allowed_and_who_asks_is_told(
    archive: Archive, clock: SetClock
) -> None:
    small = _limits(archive, mail_per_recipient=2, mail_per_day=3)
    first = put(small)
    clock.advance(timedelta(hours=1))
    put(small, to="Ada@City.example")
    with pytest.raises(Refused, match=r"2 mails to this address in 24 hours .*MAIL_PER_RECIPIENT.*nothing was sent"):
        put(small)
    put(small, to="bo@city.example")
    with pytest.raises(Refused, match=r"3 mails in 24 hours .*MAIL_PER_DAY"):
        put(small, to="cy@city.example")
    assert [one.type for one in _events(archive)] == ["mail.asked"] * 3, "what was refused leaves nothing"
    with archive.database.read() as connection:
        (about,) = connection.execute(select(Mail.about).where(Mail.id == first)).scalars()
    archive.database.act(lambda connection: service.drop(connection, archive, about, "a newer link took its place"))
    put(small)
    with pytest.raises(Refused):
        put(small)
    clock.advance(timedelta(hours=24, minutes=1))
    put(small)


def _set_back(archive: Archive) -> list[dict[str, Any]]:
    with archive.database.read() as connection:
        return [dict(row) for row in connection.execute(select(*Mail.__table__.columns)).mappings()]


def _as_before(archive: Archive, rows: list[dict[str, Any]]) -> None:
    with archive.database.write() as connection:
        connection.execute(delete(Mail))
        connection.execute(insert(Mail), rows)


def test_what_was_sent_is_not_sent_again_from_an_older_copy_of_the_database(archive: Archive, clock: SetClock) -> None:
    """The log was made anew from the store; the outbox is what it was."""
    sent, dead = put(archive), put(archive)
    clock.advance(timedelta(seconds=1))
    waits, copy = put(archive), _set_back(archive)
    clock.advance(timedelta(seconds=-1))
    out = Out(failures=[NEVER])
    first, second = sorted([sent, dead])
    assert service.deliver(archive, out) == 1
    assert (seen(archive, first).state, seen(archive, second).state) == (State.DEAD, State.SENT)
    told = len(_events(archive))
    clock.advance(timedelta(seconds=1))
    _as_before(archive, copy)
    later = Out()
    assert service.deliver(archive, later) == 1
    assert [str(one["Message-ID"]).strip("<>").partition("@")[0] for one in later.sent] == [waits]
    assert (seen(archive, first).state, seen(archive, second).state) == (State.DEAD, State.SENT)
    assert _row(archive, first).sealed is None
    assert "before the database was set back" in (seen(archive, first).reason or "")
    assert len(_events(archive)) == told + 1, "nothing is told again"


def test_nothing_leaves_a_database_that_is_behind_the_store(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set back, and its log not made anew: what waits here may have been sent long ago."""
    mail_id, out = put(archive), Out()

    def older(*_: object) -> int:
        raise IntegrityError("the store holds entries that this database knows nothing of")

    with monkeypatch.context() as set_back:
        set_back.setattr("archiver.mail.service.require_current", older)
        assert service.deliver(archive, out) == 0
    assert (out.sent, seen(archive, mail_id).state) == ([], State.WAITING)
    assert service.deliver(archive, out) == 1


def test_that_a_mail_was_sent_is_in_the_store_at_once(archive: Archive, tmp_path: Path) -> None:
    mail_id = put(archive)
    assert service.deliver(archive, Out()) == 1
    told = [(entry.type, entry.subject_id) for _, entry in read_entries(archive.store)]
    assert told[-1] == ("mail.sent", mail_id)


def test_the_store_says_of_each_mail_that_it_left_before_the_next_does(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever dies in the middle, and is put back to an older copy of the database, repeats none of those before."""

    class Looking(Out):
        told: list[int]

        def send(self, message: EmailMessage, to: str) -> None:
            self.told.append(sum(one.type == "mail.sent" for _, one in read_entries(archive.store)))
            super().send(message, to)

    for _ in range(3):
        put(archive)
    out = Looking()
    out.told = []

    def tell(*places: Any) -> int:
        if len(out.sent) == 1:
            raise Unreachable("the store does not answer")
        return store_deltas(*places)

    with monkeypatch.context() as away:
        away.setattr("archiver.mail.service.store_deltas", tell)
        assert service.deliver(archive, out) == 1, "where the store cannot be told, no more leave"
        assert service.deliver(archive, out) == 0
    assert service.deliver(archive, out) == 2
    assert out.told == [0, 1, 2]


def test_what_was_asked_for_after_the_copy_that_was_put_back_is_named_from_the_log(
    archive: Archive, clock: SetClock
) -> None:
    kept = put(archive)
    copy = _set_back(archive)
    clock.advance(timedelta(seconds=1))
    sent = put(archive)
    assert service.deliver(archive, Out()) == 2
    clock.advance(timedelta(seconds=1))
    unknown = put(archive)
    assert outbox.lost(archive) == []
    _as_before(archive, copy)
    (first, second) = outbox.lost(archive)
    assert [(one.id, one.state, one.purpose) for one in (first, second)] == [
        (unknown, None, "connect"),
        (sent, State.SENT, "connect"),
    ]
    assert first.about.startswith("cl_")
    assert first.made_at == clock.now()
    assert [one.id for one in outbox.outbox(archive)] == [kept]
    found = [one.found for one in doctor._mail(archive) if "log alone" in one.found]
    assert [one.partition(" ")[0] for one in found] == ["1"]
    clock.advance(timedelta(days=8))
    assert not [one for one in doctor._mail(archive) if "log alone" in one.found]


def test_what_is_unknown_is_found_behind_any_number_of_which_the_log_says_how_they_ended(
    archive: Archive, clock: SetClock
) -> None:
    put(archive)
    assert service.deliver(archive, Out()) == 1
    copy = _set_back(archive)
    unknown = put(archive)
    assert service.deliver(archive, Out(failures=[LATER])) == 0
    clock.advance(timedelta(seconds=1))
    put(archive)
    assert service.deliver(archive, Out()) == 1
    _as_before(archive, copy)
    with archive.database.read() as connection:
        assert [one.id for one in lost(connection, unknown=True, most=1)] == [unknown]
        assert len(lost(connection)) == 2


def test_the_outbox_is_listed_and_what_waits_is_tried_again(archive: Archive, clock: SetClock) -> None:
    one = put(archive)
    service.deliver(archive, Out(failures=[LATER]))
    assert service.deliver(archive, Out()) == 0, "not before its time"
    assert outbox.again(archive, one).next_at == clock.now()
    assert service.deliver(archive, Out()) == 1
    with pytest.raises(Refused, match="kept nowhere any more"):
        outbox.again(archive, one)
    with pytest.raises(NotFound):
        outbox.again(archive, "ml_none")
    clock.advance(timedelta(minutes=1))
    two = put(archive)
    assert [known.id for known in outbox.outbox(archive)] == [two, one]
    assert [known.id for known in outbox.outbox(archive, "sent")] == [one]
    assert [known.id for known in outbox.outbox(archive, most=1)] == [two]
    with pytest.raises(UsageError, match="waiting, sent, dead, dropped"):
        outbox.outbox(archive, "lost")
    assert LINK not in str(outbox.outbox(archive))


def test_a_test_mail_leaves_by_the_way_that_is_set_and_no_other(archive: Archive, tmp_path: Path) -> None:
    folder = archive.settings.model_copy(update={"mail_url": (tmp_path / "out").as_uri()})
    assert outbox.send_test(replace(archive, settings=folder), "it@city.example") == "written into the folder for mail"
    (file,) = (tmp_path / "out").glob("*.eml")
    assert b"This is a test" in file.read_bytes()
    with pytest.raises(UsageError, match="name@city"):
        outbox.send_test(archive, "nobody")
    with pytest.raises(SettingsError, match="no mail is set up"):
        outbox.send_test(replace(archive, settings=folder.model_copy(update={"mail_url": ""})), "it@city.example")
    with pytest.raises(Unreachable, match="did not leave"):
        outbox.send_test(archive, "it@city.example")
    assert outbox.outbox(archive) == []
