"""The outbox: in the transaction of what asks, sent once, tried again, given up with the reason, and then forgotten."""

from __future__ import annotations

import threading
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from archiver import ids, logs
from archiver.archive import Archive
from archiver.clock import SetClock
from archiver.errors import MissingKey
from archiver.evidence.entry import Entry, read_entry
from archiver.evidence.models import Event
from archiver.mail import service
from archiver.mail.message import Letter
from archiver.mail.models import Mail
from archiver.mail.transports import NotSent
from archiver.mail.trying import HOLDS, MOST, State
from archiver.operations import doctor
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
