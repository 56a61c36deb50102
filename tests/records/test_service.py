"""Reading records, their threads and what changed."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, insert, text

from archiver.accounts.models import Account
from archiver.errors import NotFound
from archiver.records.changes import Kind, Place, Wanted, place_of
from archiver.records.changes import recent as recent_changes
from archiver.records.differences import Segment
from archiver.records.service import record, record_at, thread
from archiver.records.views import RecordView, ThreadView
from archiver.viewing import Viewer
from connectors.contract import AccessClass, State
from tests.records.city import START, City, ask, at, author, comment, seen, told


def read(city: City, key: str, viewer: Viewer | None = None) -> RecordView:
    with city.database.read() as connection:
        return record(connection, city.id(key), viewer or Viewer())


def threaded(
    city: City, key: str, as_of: float | None = None, viewer: Viewer | None = None, most: int = 100
) -> ThreadView:
    with city.database.read() as connection:
        when = None if as_of is None else at(as_of)
        return thread(connection, city.id(key), when, viewer or Viewer(), most=most)


def shown(view: ThreadView) -> list[tuple[int, str]]:
    return [(line.depth, line.record.text if line.record else "?") for line in view.lines]


def test_a_record_shows_its_versions_with_their_differences_and_where_each_sight_is_stored(city: City) -> None:
    first = told(1, 1, seen("status/0"), seen("status/1", "Open today", as_of=1, author=author("City"), place="/1"))
    second = told(2, 2, seen("status/1", "Closed today", as_of=2, media=["a"]), ordinal=3)
    city.apply(first)
    city.apply(second)
    city.apply(same=[(second, [0], 8)])
    view = read(city, "status/1")
    assert (view.account.handle, view.author.name, view.state, view.text) == (
        "city",
        "City",
        "visible",
        "Closed today",
    )
    assert [one.text for one in view.versions] == ["Open today", "Closed today"]
    assert view.versions[0].changes == ()
    assert view.versions[1].changes == (
        Segment("removed", "Open"),
        Segment("added", "Closed"),
        Segment("same", " today"),
    )
    assert view.versions[1].changed == ("text",)
    latest, earliest = view.occurrences
    assert (earliest.exchange_id, earliest.position, earliest.place) == (first.id, 1, "/1")
    assert (latest.segment_key, latest.offset, latest.length) == ("segments/2", 300, 90)
    assert (latest.last_seen_at, view.last_seen_at, view.occurrence_count) == (at(8), at(8), 2)
    assert [one.key for one in view.media] == ["a"]
    assert view.states[0].evidence == (first.id,)


def test_a_record_that_is_not_there_is_not_found(city: City) -> None:
    with pytest.raises(NotFound, match="no such record"):
        read(city, "status/1")


def test_fields_only_one_version_has_are_not_called_changed(city: City) -> None:
    city.apply(told(1, 1, seen("status/1", "A", content={"text": "A", "language": "en"})))
    city.apply(told(2, 2, seen("status/1", "B", content={"text": "B", "poll": None})))
    assert read(city, "status/1").versions[1].changed == ("text",)


def test_a_thread_is_shown_in_order_with_what_is_gone_in_its_place(city: City) -> None:
    city.apply(
        told(
            1,
            1,
            seen("status/1", "post", created_at=at(-3)),
            comment("status/2", "status/1", "status/1", "first", created_at=at(-2)),
            comment("status/3", "status/2", "status/1", "answer", created_at=at(-1)),
            comment("status/4", "status/9", "status/1", "orphan", created_at=at(0)),
        )
    )
    city.apply(concluded=[("status/2", State.NOT_RETURNED, 5, ["ex_look"])])
    view = threaded(city, "status/3")
    assert view.id == city.id("status/1")
    assert shown(view) == [(0, "post"), (1, "first"), (2, "answer"), (0, "?"), (1, "orphan")]
    assert [line.record.state for line in view.lines if line.record] == [
        "visible",
        "not_returned",
        "visible",
        "visible",
    ]
    assert view.lines[3].id == city.id("status/9")
    assert (view.total, view.whole) == (4, True)
    cut = threaded(city, "status/1", most=2)
    assert (shown(cut), cut.total, cut.whole) == ([(0, "post"), (1, "first")], 4, False)


def test_a_thread_is_shown_as_it_stood_at_a_time(city: City) -> None:
    city.apply(told(1, 1, seen("status/1", "post")))
    city.apply(told(2, 2, comment("status/2", "status/1", "status/1", "one wording")))
    city.apply(told(3, 4, comment("status/2", "status/1", "status/1", "another wording", state=State.HIDDEN_BY_PAGE)))
    assert shown(threaded(city, "status/1", as_of=1)) == [(0, "post")]
    earlier, later = threaded(city, "status/1", as_of=3), threaded(city, "status/1", as_of=5)
    assert shown(earlier) == [(0, "post"), (1, "one wording")]
    assert shown(later) == [(0, "post"), (1, "another wording")]
    assert [line.record.state for line in earlier.lines if line.record] == ["visible", "visible"]
    assert [line.record.state for line in later.lines if line.record] == ["visible", "hidden_by_page"]


def test_what_a_viewer_may_not_see_does_not_exist_for_them(city: City) -> None:
    city.apply(
        told(1, 1, seen("status/1", "post")),
        told(
            1,
            1,
            comment("status/2", "status/1", "status/1", "secret"),
            ordinal=1,
            asked=ask(None, access=AccessClass.PRIVATE),
        ),
    )
    city.apply(
        told(
            2,
            2,
            comment("status/2", "status/1", "status/1", "secret, edited"),
            asked=ask(None, access=AccessClass.PRIVATE),
        )
    )
    public = Viewer(access=frozenset({"public"}))
    stranger = Viewer(accounts=frozenset({"ac_other"}))
    nobody = Viewer(accounts=frozenset())
    assert read(city, "status/1", public).text == "post"
    for key, viewer in (("status/2", public), ("status/1", stranger), ("status/1", nobody)):
        with pytest.raises(NotFound):
            read(city, key, viewer)
        with pytest.raises(NotFound):
            threaded(city, key, viewer=viewer)
    seen_by_public = threaded(city, "status/1", viewer=public)
    assert (shown(seen_by_public), seen_by_public.total) == ([(0, "post")], 1)
    with city.database.read() as connection:
        assert len(recent_changes(connection)) == 1
        assert recent_changes(connection, public) == []
        assert recent_changes(connection, stranger) == []
        assert len(recent_changes(connection, Viewer(accounts=frozenset({city.account})))) == 1


def test_recent_changes_are_edits_and_states_newest_first(city: City) -> None:
    city.apply(told(1, 1, seen("status/1", "A"), seen("status/2", "x"), seen("status/3", "never changes")))
    city.apply(told(2, 3, seen("status/1", "B")))
    city.apply(concluded=[("status/2", State.NOT_RETURNED, 4, ["ex_look"])])
    city.apply(told(3, 5, seen("status/1", "C")))
    with city.database.read() as connection:
        changes = recent_changes(connection)
        assert [(one.at, one.text, one.before, one.after) for one in changes] == [
            (at(5), "C", None, None),
            (at(4), "x", "visible", "not_returned"),
            (at(3), "B", None, None),
        ]
        assert changes[0].edit == (Segment("removed", "B"), Segment("added", "C"))
        assert [one.at for one in recent_changes(connection, limit=2)] == [at(5), at(4)]
        assert [one.at for one in recent_changes(connection, before=place_of(changes[1]))] == [at(3)]
        assert (changes[0].text_before, changes[1].evidence, changes[1].seen_before) == ("B", ("ex_look",), at(1))


def test_changes_of_one_moment_are_paged_without_loss_and_narrowed(city: City) -> None:
    keys = [f"status/{number}" for number in range(7)]
    city.apply(told(1, 1, *(seen(key, "A") for key in keys)))
    city.apply(told(2, 3, *(seen(key, "B") for key in keys)))
    city.apply(concluded=[(key, State.NOT_RETURNED, 3, ["ex_look"]) for key in keys])
    city.apply(told(3, 5, seen(keys[0], "C", state=State.HIDDEN_BY_PAGE)))
    with city.database.read() as connection:
        whole = recent_changes(connection, limit=100)
        assert len(whole) == 16, "seven edits and seven states at one moment, then one of each"
        for size in (1, 3, 5):
            paged, before = [], None
            while page := recent_changes(connection, limit=size, before=before):
                paged += page
                before = Place.read(str(place_of(page[-1])))
            assert paged == whole

        def of(**wanted: Any) -> int:
            return len(recent_changes(connection, wanted=Wanted(**wanted), limit=100))

        assert [of(kind=kind) for kind in (Kind.EDITED, Kind.GONE, Kind.HIDDEN, Kind.BACK)] == [8, 7, 1, 0]
        assert (of(since=at(3)), of(since=at(4)), of(since=at(6))) == (16, 2, 0)
        assert (of(account=city.account), of(account="ac_other")) == (16, 0)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-03-01T00:00:00Z,rc_1,2,1", "2026-03-01T00:00:00Z,rc_1,0,-1"])
def test_a_place_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Place.read(text)


def test_recent_changes_are_found_by_their_own_index(city: City) -> None:
    with city.database.read() as connection:
        statements: list[str] = []
        event.listen(connection, "before_cursor_execute", lambda *told: statements.append(told[2]))
        recent_changes(connection, limit=5)
        plans = " ".join(
            str(row)
            for statement in list(statements)
            for row in connection.execute(text("EXPLAIN QUERY PLAN " + statement.replace("?", "5")))
        )
    assert "ix_version_edited" in plans
    assert "ix_state_changed" in plans


def test_an_own_answer_is_read_with_what_it_answers_and_what_is_under_it(city: City) -> None:
    """The account's list tells its answer to a stranger without the thread; the conversation tells the rest."""
    city.apply(told(1, 1, comment("status/5", "status/4", None, "Our answer", created_at=at(5))))
    before = shown(threaded(city, "status/5"))
    city.apply(
        told(
            2,
            2,
            seen("status/3", "A stranger asks", created_at=at(3)),
            comment("status/4", "status/3", "status/3", "Another asks, too", created_at=at(4)),
            comment("status/6", "status/5", "status/3", "Thank you", created_at=at(6)),
            comment("status/7", "status/3", "status/3", "Beside it", created_at=at(7)),
        )
    )
    whole = [
        (0, "A stranger asks"),
        (1, "Another asks, too"),
        (2, "Our answer"),
        (3, "Thank you"),
        (1, "Beside it"),
    ]
    assert before == [(0, "Our answer")]
    for key in ("status/3", "status/4", "status/5", "status/6", "status/7"):
        view = threaded(city, key)
        assert shown(view) == whole, key
        assert (view.total, view.whole, view.id) == (5, True, city.id("status/3"))
    assert read(city, "status/5").thread_id == city.id("status/5"), "nothing that is stored moved"


def test_threads_that_answer_one_another_in_a_circle_are_read_all_the_same(city: City) -> None:
    city.apply(
        told(
            1,
            1,
            comment("status/1", "status/2", None, "One", created_at=at(1)),
            comment("status/2", "status/1", None, "Two", created_at=at(2)),
        )
    )
    for key in ("status/1", "status/2"):
        assert {text for _, text in shown(threaded(city, key))} == {"One", "Two"}


def test_when_something_was_seen_in_private_is_not_told_to_who_sees_what_is_public(city: City) -> None:
    private = ask(access=AccessClass.PRIVATE)
    held = seen("status/1", "Held", state=State.HELD_FOR_REVIEW)
    city.apply(told(1, 1, held, asked=private))
    city.apply(told(2, 5, seen("status/1", "Held")))
    city.apply(told(3, 9, seen("status/1", "Edited while hidden", state=State.HIDDEN_BY_PAGE), asked=private))
    public = Viewer(access=frozenset({"public"}), messages=False)
    one, line = read(city, "status/1", public), threaded(city, "status/1", viewer=public).lines[0].record
    assert line is not None
    assert [(each.text, each.first_seen_at, each.last_seen_at) for each in one.versions] == [("Held", at(5), at(5))]
    assert (one.first_seen_at, one.last_seen_at) == (line.first_seen_at, line.last_seen_at) == (at(5), at(5))
    whole = read(city, "status/1")
    assert (whole.first_seen_at, whole.last_seen_at) == (at(1), at(9))


def test_what_a_reader_may_not_see_leads_nowhere(city: City) -> None:
    private = ask(access=AccessClass.PRIVATE)
    city.apply(told(1, 1, seen("status/1", "In private", created_at=at(1)), asked=private))
    city.apply(told(2, 2, comment("status/2", "status/1", None, "In public", created_at=at(2))))
    public = Viewer(access=frozenset({"public"}))
    assert shown(threaded(city, "status/2", viewer=public)) == [(0, "In public")]
    assert shown(threaded(city, "status/2")) == [(0, "In private"), (1, "In public")]
    city.apply(told(3, 3, seen("status/3", "A post", created_at=at(3))))
    hidden = comment("status/4", "status/3", "status/3", "Hidden", created_at=at(4))
    city.apply(told(4, 4, hidden, asked=private))
    city.apply(told(5, 5, comment("status/5", "status/4", None, "The answer", created_at=at(5))))
    assert shown(threaded(city, "status/3", viewer=public)) == [(0, "A post")], "nor across what is closed"
    assert shown(threaded(city, "status/3")) == [(0, "A post"), (1, "Hidden"), (2, "The answer")]


def test_records_of_another_account_are_not_mixed_into_a_thread(city: City) -> None:
    city.apply(told(1, 1, seen("status/1", "post")))
    with city.database.write() as connection:
        connection.execute(
            insert(Account).values(
                id="ac_other",
                platform="test",
                service="s",
                platform_id="2",
                handle="h",
                name="n",
                url="u",
                authority="a",
                provisional=True,
                state="active",
                state_since=START,
                settings={},
                added_at=START,
            )
        )
    other = City.__new__(City)
    other.database, other.account, other._runs = city.database, "ac_other", {"rn_1"}
    other.apply(told(1, 1, seen("status/1", "another city's post"), ordinal=5))
    assert shown(threaded(city, "status/1")) == [(0, "post")]
    assert shown(threaded(other, "status/1")) == [(0, "another city's post")]


def test_words_seen_in_private_are_not_shown_for_a_public_sight_without_them(city: City) -> None:
    """What stands in public without its words stands in the version that was edited in private; it shows none of it."""
    private = ask(access=AccessClass.PRIVATE)
    city.apply(told(1, 1, seen("status/1", "Said in public")))
    city.apply(told(2, 5, seen("status/1", "Edited while hidden", state=State.HIDDEN_BY_PAGE), asked=private))
    city.apply(told(3, 9, seen("status/1", content={}, state=State.DELETED_BY_AUTHOR)))
    public = Viewer(access=frozenset({"public"}), messages=False)
    one, line = read(city, "status/1", public), threaded(city, "status/1", viewer=public).lines[0].record
    assert line is not None
    assert [(each.text, each.first_seen_at, each.last_seen_at) for each in one.versions] == [
        ("Said in public", at(1), at(1))
    ]
    assert "hidden" not in line.text
    with city.database.read() as connection:
        then = record_at(connection, city.id("status/1"), at(10), public)
    assert [(each.text, each.last_seen_at) for each in then.versions] == [("Said in public", at(1))]


def test_what_was_only_named_in_public_is_shown_without_the_words_that_were_seen_in_private(city: City) -> None:
    private = ask(access=AccessClass.PRIVATE)
    city.apply(told(1, 1, seen("status/1", "", content={}, state=State.DELETED_BY_AUTHOR, created_at=at(1))))
    city.apply(told(2, 5, seen("status/1", "Held", state=State.DELETED_BY_AUTHOR), asked=private))
    public = Viewer(access=frozenset({"public"}), messages=False)
    one, line = read(city, "status/1", public), threaded(city, "status/1", viewer=public).lines[0].record
    assert line is not None
    assert "Held" not in repr(one) + repr(line)
    assert (one.captured, one.text, one.versions[0].first_seen_at) == (True, "", at(1))
    with city.database.read() as connection:
        assert "Held" not in repr(record_at(connection, city.id("status/1"), at(6), public))
    assert [each.text for each in read(city, "status/1").versions] == ["Held"]
